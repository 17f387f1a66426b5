"""Living assistance through the whole loop: the fund's balance, earlier aid and the ledger are the hub's own."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from tests.factories import client_case
from tests.loop import Loop

from referral_hub.assistance.actions import add_fund
from referral_hub.assistance.queries import funds_for_organisation
from referral_hub.calendar.clock import FixedClock

AID = "living.assistance"


@pytest.fixture
def fund(loop: Loop) -> UUID:
    """1,500 yuan of the partner's, for this year."""
    with loop.hub.transaction(loop.world.partner) as session:
        return add_fund(session, organisation_id=loop.world.partner_id, name="备用金", source="petty", year=2026,
                        budget_fen=150_000, by=loop.world.partner, at=loop.at)  # fmt: skip


def test_a_grant_is_paid_from_the_fund_and_stands_in_the_ledger(loop: Loop, fund: UUID) -> None:
    referral_id = apply_for_aid(loop, serial=1)
    grant(loop, referral_id, yuan="1000")
    amount, kind, decision = loop.one("SELECT amount_fen, type, decision FROM assistance_entry")
    assert (amount, kind, decision) == (100_000, "temporary_emergency", "granted")
    with loop.hub.transaction(loop.world.partner) as session:
        (found,) = funds_for_organisation(session, loop.world.partner_id)
    assert (found.id, found.balance.left) == (fund, 50_000)


def test_more_than_the_fund_has_is_sent_back_with_the_balance(loop: Loop, fund: UUID) -> None:
    grant(loop, apply_for_aid(loop, serial=1), yuan="1000")
    second = apply_for_aid(loop, serial=2)
    loop.fill(second, "decide", decision(loop, "1000"))
    assert loop.deliver() == 1
    state, problems = loop.one(
        "SELECT state, problems FROM form_entry WHERE form = 'decide' AND referral_id = %s", second
    )
    assert state == "returned"
    assert "500" in problems[0]["message"]["zh"]
    assert loop.one("SELECT count(*) FROM assistance_entry") == (1,)


def test_the_same_aid_to_the_same_person_in_the_same_month_asks_for_a_reason(
    loop: Loop, fund: UUID, clock: FixedClock
) -> None:
    first = apply_for_aid(loop, serial=1)
    grant(loop, first, yuan="500")
    (case_id,) = loop.one("SELECT case_id FROM referral WHERE id = %s", first)
    clock.advance(timedelta(days=1))
    again = apply_for_aid(loop, case_id=case_id)
    loop.fill(again, "decide", decision(loop, "500"))
    loop.deliver()
    entry = "SELECT state FROM form_entry WHERE form = 'decide' AND referral_id = %s ORDER BY id DESC LIMIT 1"
    assert loop.one(entry, again) == ("returned",)
    loop.fill(again, "decide", {**decision(loop, "500"), "double_reason": "当月又遇意外"})
    loop.deliver()
    assert loop.one(entry, again) == ("applied",)


def apply_for_aid(loop: Loop, *, serial: int = 1, case_id: UUID | None = None) -> UUID:
    """A referral for aid that has come as far as the decision."""
    offering = loop.offering(AID, settings={"fund": "petty"})
    if case_id is None:
        case = client_case(loop.hub, loop.world.worker, serial=serial, kind="living")
    else:
        case = loop.second_need(case_id)
    loop.consent(case, offering)
    sent = loop.send(loop.draft(case, offering).id)
    loop.deliver()
    loop.accept(sent.id)
    for form, values in (
        ("take_up", {"kind": "emergency"}),
        ("inquiry", {"ways": ["visit"], "finding": "proceed"}),
        ("review", {"opinion": "submit"}),
    ):
        loop.fill(sent.id, form, values)
        assert loop.deliver() == 1, form
    return sent.id


def decision(loop: Loop, yuan: str) -> dict[str, object]:
    day = loop.at.date().isoformat()
    return {"result": "granted", "type": "temporary_emergency", "amount": yuan, "period_from": day, "period_to": day}


def grant(loop: Loop, referral_id: UUID, *, yuan: str) -> None:
    day = loop.at.date().isoformat()
    loop.fill(referral_id, "decide", decision(loop, yuan))
    assert loop.deliver() == 1
    loop.fill(referral_id, "pay", {"amount": yuan, "pay_way": "bank", "paid_on": day, "voucher": "1", "last": "yes"})
    assert loop.deliver() == 1
