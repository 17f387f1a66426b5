"""What stands still in spite of everything: counted for `hub doctor`, and always nothing."""

from __future__ import annotations

import psycopg

from referral_hub.i18n import Label

FIX = Label(
    zh="数据不是由本系统写入的，或系统有缺陷：请联系维护者",
    en="Data was not written by the hub, or the hub has a defect: contact its maintainers",
)


def standing_still(connection: psycopg.Connection) -> Label | None:
    """How many open referrals, needs and cases have no next step with a date; None where all have one."""
    with connection.transaction():
        connection.execute("SELECT set_config('hub.role', 'system', true)")
        rows: dict[str, int] = dict(connection.execute("SELECT subject, standing FROM hub_standing_still()").fetchall())
    if not rows:
        return None
    referrals, needs, cases = (rows.get(name, 0) for name in ("referral", "need", "case"))
    return Label(
        zh=f"没有下一步的：转介 {referrals}、需求 {needs}、个案 {cases}",
        en=f"without a next step: {referrals} referrals, {needs} needs, {cases} cases",
    )
