"""The ledger and its funds, under the database's own rules."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.chance import SHARED, examples
from tests.factories import client
from tests.loop import Loop
from tests.world import World

from referral_hub import api
from referral_hub.actor import Actor, system_actor
from referral_hub.assistance.actions import add_fund, change_fund, correct_entry, grant, record_payment
from referral_hub.assistance.errors import BelowPaid, BudgetBelowDecided, EntryUnusable, FundShort, NothingToCorrect
from referral_hub.assistance.queries import (
    duplicate_facts,
    earlier_aid_for_case,
    entries_for_referral,
    funds_for_organisation,
)
from referral_hub.assistance.values import Applicant, Balance, Decision
from referral_hub.errors import NotAllowed, NotFound
from referral_hub.hub import Hub
from referral_hub.views.civil.ledger import LedgerFilter, read_ledger

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def money(fen: int, **values: object) -> api.Assistance:
    return api.Assistance(type="temporary_emergency", unit="yuan", amount_fen=fen, **values)  # type: ignore[arg-type]


def open_fund(hub: Hub, by: Actor, budget_fen: int = 100_000) -> UUID:
    assert by.organisation_id is not None
    with hub.transaction(by) as session:
        return add_fund(
            session, organisation_id=by.organisation_id, name="临时救助备用金", source="petty", year=2026,
            budget_fen=budget_fen, by=by, at=hub.clock.now(),
        )  # fmt: skip


def give(hub: Hub, by: Actor, fen: int, **values: object) -> UUID:
    assert by.organisation_id is not None
    with hub.transaction(by) as session:
        return grant(
            session, organisation_id=by.organisation_id, assistance=money(fen, fund="petty"), by=by,
            at=hub.clock.now(), **values,  # type: ignore[arg-type]
        )  # fmt: skip


def balance(hub: Hub, by: Actor, fund: UUID) -> Balance:
    with hub.transaction(by) as session:
        assert by.organisation_id is not None
        (found,) = [one for one in funds_for_organisation(session, by.organisation_id) if one.id == fund]
    return found.balance


def everything() -> LedgerFilter:
    return LedgerFilter(since=YEAR[0], until=YEAR[1])


def test_a_grant_draws_on_its_fund_and_payment_turns_reserved_into_spent(hub: Hub, world: World) -> None:
    fund = open_fund(hub, world.civil)
    entry = give(hub, world.civil, 30_000)
    assert balance(hub, world.civil, fund) == Balance(budget=100_000, spent=0, reserved=30_000)
    with hub.transaction(world.civil) as session:
        record_payment(
            session, decision_id=entry, paid_on=date(2026, 3, 2), pay_way="bank", by=world.civil, at=hub.clock.now()
        )
    after = balance(hub, world.civil, fund)
    assert after == Balance(budget=100_000, spent=30_000, reserved=0)
    assert after.left == 70_000


def test_more_than_is_left_cannot_be_granted_and_the_message_says_how_much_is(hub: Hub, world: World) -> None:
    open_fund(hub, world.civil)
    give(hub, world.civil, 90_000)
    with pytest.raises(FundShort) as refused:
        give(hub, world.civil, 10_001)
    assert "100.00" in refused.value.label.zh


def test_forty_grants_at_once_never_pass_the_budget(hub: Hub, world: World) -> None:
    fund = open_fund(hub, world.civil)
    refused: list[FundShort] = []

    def try_one() -> None:
        for _ in range(5):
            try:
                give(hub, world.civil, 7_000)
            except FundShort as short:
                refused.append(short)

    threads = [threading.Thread(target=try_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert balance(hub, world.civil, fund).left == 100_000 - 14 * 7_000
    assert len(refused) == 40 - 14


def test_a_correction_is_a_new_line_and_the_first_one_stays(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    fund = open_fund(hub, world.civil)
    entry = give(hub, world.civil, 50_000)
    with hub.transaction(world.civil) as session:
        line = correct_entry(
            session, entry_id=entry, quantity=Decimal(200), amount_fen=20_000, reason="录入多一位", by=world.civil,
            at=hub.clock.now(),
        )  # fmt: skip
        # Correcting a correction corrects what it belongs to.
        correct_entry(
            session, entry_id=line, quantity=Decimal(), amount_fen=25_000, reason="再核对", by=world.civil,
            at=hub.clock.now(),
        )  # fmt: skip
        with pytest.raises(NothingToCorrect):
            correct_entry(
                session, entry_id=entry, quantity=Decimal(250), amount_fen=25_000, reason="-", by=world.civil,
                at=hub.clock.now(),
            )  # fmt: skip
    lines = owner.execute(
        "SELECT amount_fen, corrects_id FROM assistance_entry WHERE kind <> 'application' ORDER BY id"
    ).fetchall()
    assert lines == [(50_000, None), (-30_000, entry), (5_000, entry)]
    assert balance(hub, world.civil, fund).reserved == 25_000


def test_the_ledger_takes_no_update_and_no_delete(hub: Hub, world: World) -> None:
    open_fund(hub, world.civil)
    give(hub, world.civil, 100)
    for statement in ("UPDATE assistance_entry SET amount_fen = 1", "DELETE FROM assistance_entry"):
        with hub.transaction(world.civil) as session, pytest.raises(Exception, match="permission denied"):
            session.connection().exec_driver_sql(statement)


@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["grant", "correct", "pay", "budget"]), st.integers(0, 60_000), st.integers(0, 9)),
        max_size=12,
    )
)
@settings(max_examples=examples(25), suppress_health_check=SHARED)
def test_whatever_is_done_the_ledger_sums_to_what_the_fund_says_and_stays_within_it(
    hub: Hub, world: World, owner: psycopg.Connection, acts: list[tuple[str, int, int]]
) -> None:
    owner.execute("DELETE FROM assistance_entry")
    owner.execute("DELETE FROM fund")
    fund = open_fund(hub, world.civil)
    entries: list[UUID] = []
    for act, fen, which in acts:
        try:
            if act == "grant":
                entries.append(give(hub, world.civil, fen))
            elif act == "budget":
                with hub.transaction(world.civil) as session:
                    change_fund(session, fund_id=fund, budget_fen=fen * 2, by=world.civil, at=hub.clock.now())
            elif entries:
                entry = entries[which % len(entries)]
                with hub.transaction(world.civil) as session:
                    if act == "correct":
                        correct_entry(
                            session, entry_id=entry, quantity=Decimal(), amount_fen=fen, reason="更正",
                            by=world.civil, at=hub.clock.now(),
                        )  # fmt: skip
                    else:
                        record_payment(
                            session, decision_id=entry, paid_on=date(2026, 3, 2), by=world.civil, at=hub.clock.now()
                        )
        except (FundShort, BudgetBelowDecided, BelowPaid, EntryUnusable, NothingToCorrect):
            pass
        now = balance(hub, world.civil, fund)
        total = owner.execute(
            "SELECT coalesce(sum(amount_fen), 0) FROM assistance_entry WHERE decision_id IS NULL"
        ).fetchone()
        assert total == (now.spent + now.reserved,)
        assert now.left >= 0
        assert min(now.spent, now.reserved) >= 0


def test_the_named_ledger_is_read_by_the_deciding_organisation_alone_and_reading_is_recorded(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    open_fund(hub, world.civil)
    give(
        hub, world.civil, 30_000,
        applicant=Applicant(name="张秀英", phone="13800000001", household_number="H20260001"),
        decision=Decision(hardship="illness", applied_on=date(2026, 2, 20)),
    )  # fmt: skip
    with hub.transaction(world.civil) as session:
        page = read_ledger(session, wanted=everything(), by=world.civil, at=hub.clock.now())
    (line,) = page.lines
    assert (line.applicant, line.phone, line.fund, line.entered_by) == ("张**", "138****0001", "临时救助备用金", "孙丽")
    assert "H20260001" not in line.household
    assert (page.total_lines, page.total_fen, page.next) == (1, 30_000, None)
    with hub.transaction(world.partner) as session:
        assert read_ledger(session, wanted=everything(), by=world.partner, at=hub.clock.now()).lines == []
    for actor in (world.worker, world.supervisor, world.admin, world.auditor):
        with hub.transaction(actor) as session, pytest.raises(NotAllowed):
            read_ledger(session, wanted=everything(), by=actor, at=hub.clock.now())
    # Who was shown no line has read nothing of anyone.
    read = owner.execute("SELECT account_id, case_ids FROM audit_entry WHERE action = 'assistance.read'").fetchall()
    assert read == [(world.civil.account_id, None)]


def test_pages_of_the_ledger_show_every_line_once(hub: Hub, world: World) -> None:
    open_fund(hub, world.civil)
    entries = {give(hub, world.civil, 100 * number) for number in range(1, 8)}
    seen: list[UUID] = []
    after: str | None = None
    for _ in range(3):
        with hub.transaction(world.civil) as session:
            page = read_ledger(session, wanted=everything(), after=after, limit=3, by=world.civil, at=hub.clock.now())
        seen += [line.id for line in page.lines]
        after = page.next
    assert after is None
    assert len(seen) == 7
    assert set(seen) == entries


def test_earlier_aid_of_others_is_reported_by_month_and_type_and_never_by_amount(hub: Hub, world: World) -> None:
    first = client(hub, world.worker, serial=1, household_number="H-1")
    second = client(hub, world.worker, serial=2, household_number="H-1")
    open_fund(hub, world.civil)
    with hub.transaction(system_actor()) as session:
        for organisation_id, fen in ((world.partner_id, 5_000), (world.other_partner_id, 6_000)):
            grant(
                session, organisation_id=organisation_id, office_id=world.office_id, case_id=first.id,
                assistance=money(fen), by=system_actor(), at=hub.clock.now(),
            )  # fmt: skip
    with hub.transaction(world.civil) as session:
        assert earlier_aid_for_case(session, first.id, type="medical", period=YEAR) == []
    with hub.transaction(system_actor()) as session:
        of_person = earlier_aid_for_case(session, first.id, type="temporary_emergency", period=YEAR)
        of_household = earlier_aid_for_case(session, second.id, type="medical", period=YEAR)
        before = earlier_aid_for_case(session, first.id, type="medical", period=(date(2025, 1, 1), date(2025, 12, 31)))
        index = session.connection().exec_driver_sql("SELECT person_index FROM assistance_entry LIMIT 1").scalar_one()
    assert [(aid.month, aid.same_type, aid.same_household_only, aid.amount_fen) for aid in of_person] == [
        (date(2026, 3, 1), True, False, None)
    ] * 2
    assert [(aid.same_type, aid.same_household_only) for aid in of_household] == [(False, True)] * 2
    assert before == []
    with hub.transaction(world.partner) as session:
        told = duplicate_facts(session, household_index=None, person_index=index, type="medical", period=YEAR)
    assert sorted((aid.ours, aid.amount_fen) for aid in told if aid.ours) == [(True, 5_000)]
    assert [aid.amount_fen for aid in told if not aid.ours] == [None]
    with hub.transaction(world.worker) as session:
        assert duplicate_facts(session, household_index=None, person_index=index, type="medical", period=YEAR) == []


def test_a_strangers_funds_and_entries_are_out_of_reach(hub: Hub, world: World) -> None:
    fund = open_fund(hub, world.civil)
    entry = give(hub, world.civil, 100)
    owner_id = world.civil.organisation_id
    assert owner_id is not None
    with hub.transaction(world.partner) as session:
        with pytest.raises(NotAllowed):
            funds_for_organisation(session, owner_id)
        with pytest.raises(NotFound):
            correct_entry(
                session, entry_id=entry, quantity=Decimal(), amount_fen=0, reason="-", by=world.partner,
                at=hub.clock.now(),
            )  # fmt: skip
        with pytest.raises(NotAllowed):
            grant(
                session, organisation_id=world.civil.organisation_id or fund, assistance=money(1), by=world.partner,
                at=hub.clock.now(),
            )  # fmt: skip
    with hub.transaction(world.civil) as session:
        assert [view.id for view in funds_for_organisation(session, world.civil.organisation_id or fund)] == [fund]


@pytest.mark.parametrize(
    ("assistance", "decision", "field"),
    [
        (api.Assistance(type="gift", unit="yuan", amount_fen=1), Decision(), "type"),
        (api.Assistance(type="charity", unit="pile", amount_fen=1), Decision(), "unit"),
        (money(-1), Decision(), "amount_fen"),
        (money(1), Decision(result="refused", reason="other"), "amount_fen"),
        (money(1, paid_on=date(2026, 3, 3)), Decision(), "paid_on"),
        (money(1), Decision(decided_on=date(2026, 3, 3)), "decided_on"),
        (money(1), Decision(applied_on=date(2026, 3, 3)), "applied_on"),
        (money(1, period_end=date(2026, 3, 3)), Decision(), "period_end"),
        (money(1, fund="nobody's"), Decision(), "fund"),
        (money(1), Decision(hardship="fate"), "hardship"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_at_its_field(
    hub: Hub, world: World, assistance: api.Assistance, decision: Decision, field: str
) -> None:
    with hub.transaction(world.civil) as session, pytest.raises(EntryUnusable) as refused:
        grant(
            session, organisation_id=world.civil.organisation_id or UUID(int=0), assistance=assistance,
            decision=decision, by=world.civil, at=hub.clock.now(),
        )  # fmt: skip
    assert refused.value.field == field


def test_goods_keep_their_own_unit_and_money_is_counted_in_yuan(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    with hub.transaction(world.civil) as session:
        for assistance in (
            api.Assistance(type="charity", unit="set", quantity=Decimal(3), amount_fen=15_000),
            money(12_345),
        ):
            grant(
                session, organisation_id=world.civil.organisation_id or UUID(int=0), assistance=assistance,
                by=world.civil, at=hub.clock.now(),
            )  # fmt: skip
        assert entries_for_referral(session, UUID(int=0)) == []
    lines = owner.execute(
        "SELECT unit, quantity, amount_fen FROM assistance_entry WHERE kind = 'granted' ORDER BY id"
    ).fetchall()
    assert lines == [("set", Decimal("3.00"), 15_000), ("yuan", Decimal("123.45"), 12_345)]


def test_a_line_takes_applicant_and_day_from_its_referral(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    loop = Loop(hub, owner, world)
    offering = loop.offering()
    case = loop.case()
    loop.consent(case, offering)
    sent = loop.send(loop.draft(case, offering, urgency="urgent").id)
    loop.deliver()
    with hub.transaction(system_actor()) as session:
        grant(
            session, organisation_id=world.partner_id, assistance=money(1_000), referral_id=sent.id, case_id=case.id,
            office_id=world.office_id, by=system_actor(), at=hub.clock.now(),
        )  # fmt: skip
    with hub.transaction(world.partner) as session:
        (line,) = read_ledger(session, wanted=everything(), by=world.partner, at=hub.clock.now()).lines
    assert line.applicant.endswith("*")
    assert line.phone.startswith("138****")
    assert (line.applied_on, line.advance) == (date(2026, 3, 2), False)
