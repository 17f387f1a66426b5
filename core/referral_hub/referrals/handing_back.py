"""Giving referrals back to the people who sent them, when the module that should serve them goes out of use.

The referral stays where it is and nothing about the client moves: what changes is that a person has it on their list,
in words, and takes it elsewhere, or agrees the end with the organisation. Whether to wait instead may be said as well.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from sqlalchemy import update
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.hub import Transaction, as_system
from referral_hub.i18n import Label
from referral_hub.modules.breaker import is_serving
from referral_hub.referrals.duties import GONE_KINDS, open_duty, settle_duties
from referral_hub.referrals.transitions import OPEN
from referral_hub.tables.referrals import Delivery, Duty, Referral

Ask = Literal["redirect", "close", "wait"]
ASKS: dict[Ask, Label] = {
    "redirect": Label(zh="请转出社工改派", en="Ask the sender to redirect it"),
    "close": Label(zh="请转出社工结束", en="Ask the sender to end it"),
    "wait": Label(zh="继续等", en="Wait"),
}
"""What an administrator may ask about an open referral. The office that sent it decides."""
_KINDS: dict[Ask, str] = {"redirect": "module_gone", "close": "module_close"}
_WORKING_DAYS = 2


def ask_of_duty(kind: str | None) -> Ask | None:
    """What a duty of this kind asks."""
    return next((ask for ask, asked in _KINDS.items() if asked == kind), None)


def hand_back_referrals(
    session: Transaction,
    module_key: str,
    *,
    numbers: Collection[str] | None = None,
    ask: Ask = "redirect",
    by: Actor,
    at: datetime,
) -> int:
    """Put the module's open referrals (those of these public numbers) on their senders' lists, asking for this.

    What was asked before about one of them is replaced; the same asked twice stays as it was. `wait` only takes back
    what was asked. Returns how many changed.
    """
    with as_system(session):
        query = select(Referral).where(Referral.module_key == module_key, col(Referral.state).in_(OPEN))
        if numbers is not None:
            query = query.where(col(Referral.number).in_(numbers))
        referrals = session.exec(query.order_by(col(Referral.id))).all()
        asked = _asked(session, [referral.id for referral in referrals])
        changed = [referral for referral in referrals if asked.get(referral.id) != _KINDS.get(ask)]
        settle_duties(session, [one.id for one in changed], GONE_KINDS, how=ASKS[ask].zh, by=by, at=at)
        if ask == "wait":
            return len(changed)
        out_of_use = not is_serving(session, module_key)
        for referral in changed:
            if out_of_use and referral.waiting_since is None:
                referral.waiting_since = at
                session.add(referral)
            open_duty(
                session,
                _KINDS[ask],
                organisation_id=referral.office_id,
                office_id=referral.office_id,
                referral_id=referral.id,
                account_id=referral.sender_id,
                case_id=referral.case_id,
                working_days=_WORKING_DAYS,
                by=by,
                at=at,
            )
    return len(changed)


def call_off_handing_back(session: Transaction, module_key: str, *, by: Actor, at: datetime) -> int:
    """The module is in use again: nobody has to take its referrals elsewhere, and only what failed to be delivered
    still waits. Returns how many duties were finished.
    """
    with as_system(session):
        open_here = select(Referral.id).where(Referral.module_key == module_key, col(Referral.state).in_(OPEN))
        settled = settle_duties(session, session.exec(open_here).all(), GONE_KINDS, how="模块恢复使用", by=by, at=at)
        failing = select(col(Delivery.referral_id)).where(
            col(Delivery.state) == "due", col(Delivery.failed_since).is_not(None)
        )
        session.execute(
            update(Referral)
            .where(
                col(Referral.module_key) == module_key,
                col(Referral.waiting_since).is_not(None),
                col(Referral.id).not_in(failing),
            )
            .values(waiting_since=None)
        )
    return settled


def _asked(session: Transaction, referral_ids: Collection[object]) -> dict[object, str]:
    """What is asked of the senders now, by referral."""
    rows = session.execute(
        select(col(Duty.referral_id), col(Duty.kind)).where(
            col(Duty.referral_id).in_(referral_ids), col(Duty.kind).in_(GONE_KINDS), col(Duty.done_at).is_(None)
        )
    )
    return {row.referral_id: row.kind for row in rows}
