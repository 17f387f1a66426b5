"""No day of a client's lies before the client was born, whoever writes it down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from uuid import UUID

import msgspec
import pytest
from tests.factories import id_number
from tests.loop import Loop
from tests.world import World

from referral_hub.actor import Actor
from referral_hub.assistance.actions import decide, record_application
from referral_hub.assistance.values import Application, Decision
from referral_hub.cases.actions import add_note, add_plan_item, change_case, finish_plan_item
from referral_hub.errors import Invalid
from referral_hub.hub import Transaction

EARLY = date(2023, 12, 31)
BORN = 2024
AID = "temporary_emergency"


@pytest.fixture
def case_id(loop: Loop) -> UUID:
    """A case of someone of whom it is found out that they were born later than was thought."""
    case, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    loop.owner.execute("UPDATE person SET birth_year = %s", [BORN])
    return case.id


def refused(loop: Loop, by: Actor, act: Callable[[Transaction], object], field: str) -> None:
    with pytest.raises(Invalid) as raised, loop.hub.transaction(by) as session:
        act(session)
    assert raised.value.field == field
    assert "出生以前" in raised.value.label.zh


def test_a_note_a_plan_item_and_a_planned_return(loop: Loop, case_id: UUID) -> None:
    worker, at = loop.world.worker, loop.at
    with loop.hub.transaction(worker) as session:
        item = add_plan_item(session, case_id=case_id, goal="办证", due_on=date(2026, 3, 5), by=worker, at=at)
        add_note(session, case_id=case_id, words="走访", happened_on=date(BORN, 1, 1), by=worker, at=at)
    refused(
        loop,
        worker,
        lambda s: add_note(s, case_id=case_id, words="走访", happened_on=EARLY, by=worker, at=at),
        "happened_on",
    )
    refused(loop, worker, lambda s: finish_plan_item(s, item_id=item, done_on=EARLY, by=worker, at=at), "done_on")
    refused(
        loop,
        worker,
        lambda s: change_case(s, case_id=case_id, values={"planned_release_on": EARLY}, by=worker, at=at),
        "planned_release_on",
    )


def test_an_application_under_a_case_and_the_inquiry_for_it(loop: Loop, case_id: UUID) -> None:
    partner, at = loop.world.partner, loop.at
    assert partner.organisation_id is not None

    def apply(session: Transaction, applied_on: date) -> UUID:
        assert partner.organisation_id is not None
        return record_application(
            session,
            organisation_id=partner.organisation_id,
            application=Application(type=AID, applied_on=applied_on),
            case_id=case_id,
            by=partner,
            at=at,
        )

    refused(loop, partner, lambda s: apply(s, EARLY), "applied_on")
    with loop.hub.transaction(partner) as session:
        key = apply(session, date(BORN, 1, 1))
    for field in ("investigated_on", "notice_from", "period_start"):
        early = msgspec.structs.replace(Decision(result="withdrawn"), **{field: EARLY})
        refused(loop, partner, partial(decide, application_id=key, decision=early, by=partner, at=at), field)


def test_an_application_of_whom_only_the_id_number_is_known(loop: Loop, world: World) -> None:
    civil = world.civil
    number = id_number(born=date(BORN, 5, 17))

    def apply(session: Transaction) -> UUID:
        assert civil.organisation_id is not None
        return record_application(
            session,
            organisation_id=civil.organisation_id,
            application=Application(type=AID, applied_on=EARLY, id_number=number, source="application"),
            by=civil,
            at=loop.at,
        )

    refused(loop, civil, apply, "applied_on")


def test_a_stranger_learns_nothing_of_the_birth_by_asking(loop: Loop, case_id: UUID) -> None:
    civil = loop.world.civil
    with loop.hub.transaction(civil) as session:
        asked = session.connection().exec_driver_sql("SELECT hub_before_birth(%s, %s)", (case_id, EARLY)).scalar()
    assert asked is False
