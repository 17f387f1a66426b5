"""The monthly tables over real entries, as each role may see them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from tests.factories import client
from tests.loop import Loop
from tests.world import World

from referral_hub import api
from referral_hub.actor import Actor, system_actor
from referral_hub.assistance.actions import correct_entry, grant
from referral_hub.assistance.errors import TableNotYours, TableUnusable
from referral_hub.assistance.values import Decision
from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_hub.outcomes.actions import give_outcome
from referral_hub.tables.referrals import Referral
from referral_hub.views.civil.aid import assistance_table, this_month_beside_last
from referral_hub.views.civil.figures import Figure, Table
from referral_hub.views.civil.periods import Period, months_from
from referral_hub.views.civil.referred import referral_table
from referral_hub.views.civil.statistics import (
    ROWS_OF,
    capacity_table,
    delivered_table,
    follow_up_table,
    measured_table,
    outcome_table,
)

MARCH = months_from(date(2026, 3, 1), 1)
QUARTER = months_from(date(2026, 1, 1), 3)


class Aid:
    """Grants to so many clients of the office, one each, by the partner's organisation unless told otherwise."""

    def __init__(self, hub: Hub, world: World) -> None:
        self.hub, self.world, self.serial = hub, world, 0

    def give(
        self,
        persons: int,
        type_: str = "medical",
        *,
        fen: int = 10_000,
        organisation_id: UUID | None = None,
        decided_on: date = date(2026, 3, 2),
        granted: bool = True,
        worker: Actor | None = None,
        area_code: str = "999999001",
    ) -> list[UUID]:
        return [
            self.again(self._case(worker or self.world.worker, area_code), type_, fen=fen, granted=granted,
                       organisation_id=organisation_id, decided_on=decided_on)
            for _ in range(persons)
        ]  # fmt: skip

    def again(
        self,
        case: tuple[UUID, UUID],
        type_: str = "medical",
        *,
        fen: int = 10_000,
        granted: bool = True,
        organisation_id: UUID | None = None,
        decided_on: date = date(2026, 3, 2),
    ) -> UUID:
        by = system_actor()
        with self.hub.transaction(by) as session:
            return grant(
                session,
                organisation_id=organisation_id or self.world.partner_id,
                office_id=case[1],
                case_id=case[0],
                assistance=api.Assistance(type=type_, unit="yuan", amount_fen=fen if granted else 0),
                decision=Decision(
                    result="granted" if granted else "refused",
                    reason=None if granted else "other",
                    decided_on=decided_on,
                    applied_on=decided_on.replace(day=1),
                ),
                by=by,
                at=self.hub.clock.now(),
            )

    def _case(self, worker: Actor, area_code: str) -> tuple[UUID, UUID]:
        self.serial += 1
        assert worker.organisation_id is not None
        opened = client(self.hub, worker, serial=self.serial, area_code=area_code)
        return opened.id, worker.organisation_id


@pytest.fixture
def aid(hub: Hub, world: World) -> Aid:
    return Aid(hub, world)


def table_a(hub: Hub, by: Actor, rows: str = "type", period: Period = MARCH) -> Table:
    with hub.transaction(by) as session:
        return assistance_table(session, rows=rows, period=period, at=hub.clock.now())


def texts(table: Table, *measures: str) -> dict[str, list[str]]:
    units = {measure.key: measure.unit for measure in table.measures}
    return {line.key: [line.figures[key].text(units[key]) for key in measures] for line in (*table.lines, table.total)}


def test_assistance_is_counted_by_type_with_persons_times_and_money_kept_apart(
    hub: Hub, world: World, aid: Aid
) -> None:
    first, *_ = aid.give(6)
    aid.give(8, "education", fen=20_050)
    with hub.transaction(system_actor()) as session:
        row = (
            session.connection()
            .exec_driver_sql("SELECT case_id, office_id FROM assistance_entry WHERE id = %s", (first,))
            .one()
        )
    aid.again((row[0], row[1]))
    table = table_a(hub, world.civil)
    assert texts(table, "persons", "granted", "refused", "applied", "amount", "average") == {
        "education": ["8", "8", "0", "8", "1,604.00", "200.50"],
        "medical": ["6", "7", "0", "7", "700.00", "100.00"],
        "*": ["14", "15", "0", "15", "2,304.00", "153.60"],
    }
    assert table.total.figures["days"].text("day") == "1.0"
    assert not table.hides_something


def test_one_to_four_people_are_shown_as_below_five_and_cannot_be_subtracted(hub: Hub, world: World, aid: Aid) -> None:
    aid.give(3)
    aid.give(7, "education")
    aid.give(9, "housing")
    shown = texts(table_a(hub, world.civil), "persons", "granted", "amount")
    assert shown["medical"] == ["<5", "<5", "—"]
    # The next smallest goes with it, or the total would give it away.
    assert shown["education"] == ["—", "—", "—"]
    assert shown["housing"] == ["9", "9", "900.00"]
    assert shown["*"] == ["19", "19", "1,900.00"]


def test_an_amount_that_one_person_dominates_is_withheld_and_so_is_what_would_tell_it(
    hub: Hub, world: World, aid: Aid
) -> None:
    aid.give(5, fen=1_000)
    aid.give(1, fen=990_000)
    aid.give(6, "education")
    aid.give(20, "housing", fen=100_000)
    shown = texts(table_a(hub, world.civil), "persons", "amount")
    assert shown["medical"] == ["6", "—"]
    assert shown["education"] == ["6", "—"]
    assert shown["housing"][1] in ("—", "20,000.00")
    total = shown["*"][1]
    hidden_fen = 995_000 + 60_000 + (2_000_000 if shown["housing"][1] == "—" else 0)
    assert total == "—" or hidden_fen * 0.8 >= 990_000


def test_figures_of_a_kind_below_five_never_leave_the_database(
    hub: Hub, world: World, aid: Aid, owner: psycopg.Connection
) -> None:
    aid.give(2)
    aid.give(3, "education", granted=False)
    with hub.transaction(world.civil) as session:
        rows = (
            session.connection()
            .exec_driver_sql(
                "SELECT persons, households, times, amount, days_a FROM"
                " hub_statistics('assistance', 'type', 'decision', '2026-03-01', '2026-03-31') WHERE mark <> ''"
            )
            .all()
        )
        assert rows
        assert all(value is None for row in rows for value in row)
        with pytest.raises(Exception, match="permission denied"):
            session.connection().exec_driver_sql("SELECT hub_protected('SELECT 1', NULL, NULL, NULL, NULL, NULL, NULL)")


def test_refusals_count_as_applications_and_carry_no_money(hub: Hub, world: World, aid: Aid) -> None:
    aid.give(6)
    aid.give(5, granted=False)
    shown = texts(table_a(hub, world.civil), "applied", "granted", "refused", "amount")
    assert shown["medical"] == ["11", "6", "5", "600.00"]


def test_a_grant_taken_back_no_longer_counts_and_a_corrected_one_counts_as_it_stands(
    hub: Hub, world: World, aid: Aid
) -> None:
    taken_back, corrected, *_ = aid.give(7)
    for entry, fen in ((taken_back, 0), (corrected, 4_000)):
        with hub.transaction(system_actor()) as session:
            correct_entry(
                session, entry_id=entry, quantity=Decimal(), amount_fen=fen, reason="更正", by=system_actor(),
                at=hub.clock.now(),
            )  # fmt: skip
    assert texts(table_a(hub, world.civil), "granted", "amount")["medical"] == ["6", "540.00"]


def test_a_household_is_counted_once(hub: Hub, world: World, aid: Aid) -> None:
    for _ in range(5):
        aid.serial += 1
        opened = client(hub, world.worker, serial=aid.serial, household_number="H-7")
        aid.again((opened.id, world.office_id))
    aid.give(5)
    shown = texts(table_a(hub, world.civil), "persons", "households", "granted")
    assert shown["medical"] == ["10", "6", "10"]


def test_a_supervisor_sees_the_own_office_and_a_provider_its_own_work(hub: Hub, world: World, aid: Aid) -> None:
    aid.give(6)
    aid.give(5, organisation_id=world.other_partner_id)
    aid.give(7, worker=world.stranger)
    assert texts(table_a(hub, world.civil), "granted")["*"] == ["18"]
    assert texts(table_a(hub, world.supervisor), "granted")["*"] == ["11"]
    assert texts(table_a(hub, world.partner), "granted")["*"] == ["13"]
    assert texts(table_a(hub, world.civil, "organisation"), "granted") == {
        str(world.partner_id): ["13"], str(world.other_partner_id): ["5"], "*": ["18"],
    }  # fmt: skip


@pytest.mark.parametrize("role", ["worker", "admin", "auditor"])
def test_statistics_are_refused_to_other_roles_by_page_and_by_database(hub: Hub, world: World, role: str) -> None:
    by: Actor = getattr(world, role)
    with pytest.raises(TableNotYours):
        table_a(hub, by)
    for question in (
        "hub_statistics('assistance', 'type', 'decision', '2026-03-01', '2026-03-31')",
        "hub_capacity('2026-03-01', now())",
    ):
        with hub.transaction(by) as session, pytest.raises(Exception, match="not for this role"):
            session.connection().exec_driver_sql(f"SELECT * FROM {question}")


@pytest.mark.parametrize(
    ("rows", "period"),
    [
        ("type", Period(date(2026, 3, 2), date(2026, 3, 31))),
        ("type", Period(date(2026, 3, 1), date(2026, 3, 30))),
        ("type", Period(date(2026, 3, 1), date(2026, 2, 28))),
        ("name", MARCH),
        ("decision", MARCH),
        ("e.applicant::text", MARCH),
    ],
)
def test_only_whole_months_and_known_breakdowns_are_answered(hub: Hub, world: World, rows: str, period: Period) -> None:
    with pytest.raises(TableUnusable):
        table_a(hub, world.civil, rows, period)


def test_months_without_any_entry_are_nought_and_every_month_has_its_line(hub: Hub, world: World, aid: Aid) -> None:
    aid.give(6, decided_on=date(2026, 1, 31))
    table = table_a(hub, world.civil, "month", QUARTER)
    assert texts(table, "granted") == {"2026-01": ["6"], "2026-02": ["0"], "2026-03": ["0"], "*": ["6"]}
    assert table.series("granted") == [6.0, 0.0, 0.0]
    assert [line.label.zh for line in table.lines] == ["2026年1月", "2026年2月", "2026年3月"]
    with hub.transaction(world.civil) as session:
        this, last = this_month_beside_last(session, at=hub.clock.now())
    assert (this.since, last.since, last.until) == (date(2026, 3, 1), date(2026, 2, 1), date(2026, 2, 28))


def test_a_township_is_named_only_where_thirty_cases_live(hub: Hub, world: World, aid: Aid) -> None:
    aid.give(30, area_code="999999001")
    aid.give(8, area_code="999999002")
    assert texts(table_a(hub, world.civil, "area"), "granted") == {"999999": ["8"], "999999001": ["30"], "*": ["38"]}


def test_every_breakdown_of_every_table_answers_even_where_there_is_nothing(hub: Hub, world: World) -> None:
    at = hub.clock.now()
    with hub.transaction(world.civil) as session:
        tables = [
            *(assistance_table(session, rows=rows, period=QUARTER, at=at) for rows in ROWS_OF["assistance"]),
            *(referral_table(session, rows=rows, period=QUARTER, at=at) for rows in ROWS_OF["referrals"]),
            *(outcome_table(session, rows=rows, period=QUARTER, at=at) for rows in ROWS_OF["outcomes"]),
            *(follow_up_table(session, months=3, rows=rows, period=QUARTER, at=at) for rows in ROWS_OF["follow_ups"]),
            *(delivered_table(session, unit="time", rows=rows, period=QUARTER, at=at) for rows in ROWS_OF["services"]),
            capacity_table(session, at=at),
        ]
    assert all(table.total.figures[table.measures[0].key] == Figure("shown", Decimal()) for table in tables)
    assert all(indicator.percent.state == "none" for table in tables for indicator in table.indicators)


def test_capacity_shows_places_as_they_are_and_hides_how_few_wait(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    loop = Loop(hub, owner, world)
    wide = loop.offering(places=6)
    loop.offering(places=9, organisation_id=world.other_partner_id)
    for serial in range(1, 4):
        _, sent = loop.sent(serial=serial, offering_id=wide)
        loop.deliver()
        loop.accept(sent.id)
    with hub.transaction(world.civil) as session:
        table = capacity_table(session, at=hub.clock.now())
    lines = {line.key.split(":")[0]: line.figures for line in table.lines}
    partner = lines[str(world.partner_id)]
    assert [partner[key].text() for key in ("places", "used", "free", "waiting")] == ["6", "3", "3", "0"]
    assert table.total.figures["places"].text() == "15"
    with hub.transaction(world.other_partner) as session:
        own = capacity_table(session, at=hub.clock.now())
    assert [line.figures["free"].text() for line in own.lines] == ["9"]


def test_referrals_are_counted_by_where_they_stand_and_the_rate_says_what_it_is_made_of(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    loop = Loop(hub, owner, world)
    offering = loop.offering()
    for serial in range(1, 12):
        _, sent = loop.sent(serial=serial, offering_id=offering)
        loop.deliver()
        if serial > 5:
            loop.accept(sent.id)
        else:
            loop.decline(sent.id)
    with hub.transaction(world.civil) as session:
        table = referral_table(session, period=MARCH, at=hub.clock.now())
    measures = ("sent", "persons", "waiting", "accepted", "declined", "days")
    assert texts(table, *measures)["employment.training"] == ["11", "11", "0", "6", "5", "0.0"]
    (rate,) = table.indicators
    assert (rate.numerator.text(), rate.denominator.text(), rate.percent.text("percent")) == ("6", "11", "54.5")


def test_measures_are_counted_by_code_and_never_by_what_someone_typed(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    loop = Loop(hub, owner, world)
    offering = loop.offering()
    measures: list[dict[str, object]] = [
        *({"employed": True, "wage": 3_500, "kind": "contract"} for _ in range(6)),
        *({"employed": False, "wage": 0, "kind": "contract"} for _ in range(5)),
        {"employed": True, "wage": 9_999, "kind": "张伟的堂兄介绍"},
        {"kind": "flexible"},
    ]
    for serial, values in enumerate(measures, start=1):
        _, sent = loop.sent(serial=serial, offering_id=offering)
        with hub.transaction(system_actor()) as session:
            give_outcome(
                session, referral=session.get_one(Referral, sent.id),
                outcome=api.Outcome(code="goal_met", measures=values), no_event_reason="one_talk", by=system_actor(),
                at=hub.clock.now(),
            )  # fmt: skip

    def counted(measure: str, *codes: str) -> list[tuple[str, str]]:
        with hub.transaction(world.civil) as session:
            table = measured_table(
                session, service_key="employment.training", measure=measure, label=Label(zh="x", en="x"),
                values={code: Label(zh=code, en=code) for code in codes}, period=MARCH, at=hub.clock.now(),
            )  # fmt: skip
        return [(measure.key, table.total.figures[measure.key].text()) for measure in table.measures]

    assert counted("employed", "true", "false") == [("ended", "13"), ("true", "7"), ("false", "—"), ("?", "<5")]
    assert counted("wage") == [("ended", "13"), ("?", "13")]
    # What few have is below five under its own name, never among what was left empty.
    assert counted("kind", "contract", "flexible", "other") == [
        ("ended", "13"), ("contract", "—"), ("flexible", "<5"), ("other", "0"), ("?", "<5"),
    ]  # fmt: skip
