"""A recipient reads what it was given while there is a ground for it: the database asks whenever something is read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.integration.referrals.test_delivering import finish
from tests.loop import Loop

from referral_hub.actor import Actor
from referral_hub.calendar.clock import FixedClock, local_date
from referral_hub.errors import NotFound
from referral_hub.referrals.answers import reveal_released
from referral_hub.referrals.reopening import reopen_referral
from referral_hub.referrals.retention import end_access
from referral_hub.views.partner.inbox import inbox_for_partner
from referral_hub.views.partner.referral import referral_for_partner
from referral_hub.views.worker.disclosures import received_for_case
from referral_hub.workflow.erasure import Grounds, lost_ground
from referral_hub.workflow.errors import AccessClosed

SUSPENDED = "UPDATE organisation SET status = 'suspended' WHERE id = %s"
NO_CONTRACT = "UPDATE contract SET ends_on = '2026-01-31' WHERE provider_id = %s"


def reads(loop: Loop, referral_id: UUID) -> bool:
    """Whether the recipient reads anything: on the page, in its inbox, or straight from the table."""
    with loop.hub.transaction(loop.world.partner) as session:
        page = referral_for_partner(session, referral_id)
        lines = [
            line
            for view in ("answer", "serving", "waiting", "ended")
            for line in inbox_for_partner(session, view=view).lines
            if line.id == referral_id and line.called
        ]
        rows = session.connection().exec_driver_sql("SELECT count(*) FROM disclosure").scalar()
    found = {page.released is not None, bool(rows)}
    assert len(found) == 1
    assert page.released is not None or not lines
    return found.pop()


def tasks(loop: Loop, referral_id: UUID) -> set[str]:
    rows = loop.owner.execute(
        "SELECT kind FROM task WHERE NOT next_step AND referral_id = %s AND done_at IS NULL", [referral_id]
    )
    return {kind for (kind,) in rows.fetchall()}


def closed(loop: Loop, case_id: UUID) -> list[bool]:
    """What the client's own sheet says of each disclosure, newest first."""
    with loop.hub.transaction(loop.world.worker) as session:
        return [line.closed for line in received_for_case(session, case_id)]


def test_who_declines_reads_nothing_from_that_moment(loop: Loop) -> None:
    case, sent = loop.sent()
    loop.deliver()
    assert reads(loop, sent.id)
    loop.decline(sent.id)
    assert not reads(loop, sent.id)
    assert {"delete_or_return", "find_next"} <= tasks(loop, sent.id)
    assert closed(loop, case.id) == [True]
    loop.deliver()
    assert loop.one("SELECT count(*) FROM audit_entry WHERE action = 'module.erase'") == (1,)


def test_a_module_that_erased_what_was_declined_is_asked_again_when_it_is_reopened(loop: Loop) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.decline(sent.id)
    loop.deliver()
    supervisor = loop.world.supervisor
    with loop.hub.transaction(supervisor) as session:
        reopen_referral(session, referral_id=sent.id, reason_code="mistake", by=supervisor, at=loop.at)
    assert reads(loop, sent.id)
    assert "delete_or_return" not in tasks(loop, sent.id)
    assert loop.one("SELECT kind, state FROM delivery ORDER BY id DESC LIMIT 1") == ("receive", "due")
    assert loop.deliver() == 1


@pytest.mark.parametrize(("change", "ground"), [(SUSPENDED, "organisation_suspended"), (NO_CONTRACT, "contract_ended")])
def test_a_recipient_without_contract_or_suspended_reads_nothing_though_no_job_has_run(
    loop: Loop, change: str, ground: str
) -> None:
    case, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    loop.owner.execute(change, [loop.world.partner_id])
    assert not reads(loop, sent.id)
    assert closed(loop, case.id) == [True]
    assert tasks(loop, sent.id) == {"tell_accepted"}
    with pytest.raises(AccessClosed):
        loop.fill(sent.id, "first_meeting", {"way": "in_person", "notes": "按时到"})
    partner = loop.world.partner
    with pytest.raises(NotFound), loop.hub.transaction(partner) as session:
        reveal_released(session, referral_id=sent.id, name="phone", reason="联系", by=partner, at=loop.at)
    assert end_access(loop.hub) == 1
    assert end_access(loop.hub) == 0
    assert tasks(loop, sent.id) == {ground, "recipient_gone", "tell_accepted"}
    loop.deliver()
    assert loop.one("SELECT count(*) FROM audit_entry WHERE action = 'module.erase'") == (1,)


def test_a_suspension_taken_back_before_the_job_ran_changes_nothing(loop: Loop) -> None:
    _, sent = loop.sent()
    loop.owner.execute(SUSPENDED, [loop.world.partner_id])
    assert not reads(loop, sent.id)
    loop.owner.execute("UPDATE organisation SET status = 'active' WHERE id = %s", [loop.world.partner_id])
    assert reads(loop, sent.id)
    assert end_access(loop.hub) == 0


def test_an_expired_consent_closes_the_view_of_who_has_not_accepted_at_once(loop: Loop, clock: FixedClock) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering, valid_days=10)
    sent = loop.send(loop.draft(case, offering).id)
    clock.advance(timedelta(days=10))
    assert reads(loop, sent.id)
    clock.advance(timedelta(days=1))
    assert not reads(loop, sent.id)
    assert closed(loop, case.id) == [True]


def test_some_days_after_a_service_the_view_closes(loop: Loop, clock: FixedClock) -> None:
    _, sent = loop.sent()
    finish(loop, sent.id)
    clock.advance(timedelta(days=30))
    assert reads(loop, sent.id)
    assert end_access(loop.hub) == 0
    clock.advance(timedelta(days=1))
    assert not reads(loop, sent.id)
    assert end_access(loop.hub) == 1
    assert tasks(loop, sent.id) & {"service_over", "delete_or_return", "retention_ended"} == {"service_over"}


def test_a_newer_referral_for_the_same_service_replaces_what_an_ended_one_gave(loop: Loop, clock: FixedClock) -> None:
    offering = loop.offering()
    case, first = loop.sent(offering_id=offering)
    finish(loop, first.id)
    assert closed(loop, case.id) == [False]
    loop.owner.execute("UPDATE need SET state = 'open', ended_on = NULL WHERE id = %s", [case.need_id])
    clock.advance(timedelta(days=1))
    loop.send(loop.draft(case, offering).id)
    assert closed(loop, case.id) == [False, True]
    assert end_access(loop.hub) == 1
    assert "superseded" in tasks(loop, first.id)


@pytest.mark.parametrize("state", ["sent", "waitlisted", "accepted", "in_service", "completed", "discontinued"])
@pytest.mark.parametrize("barred", [None, "contract_ended", "organisation_suspended"])
@pytest.mark.parametrize("kept", [-1, 0])
@pytest.mark.parametrize("ended", [-31, -30])
def test_the_database_and_the_rules_give_the_same_answer(
    loop: Loop, state: str, barred: Any, kept: int, ended: int
) -> None:
    _, sent = loop.sent()
    today = local_date(loop.at)
    ended_at = loop.at + timedelta(days=ended) if state in ("completed", "discontinued") else None
    answered = loop.at + timedelta(days=ended - 1)
    loop.owner.execute("UPDATE referral SET state = %s, ended_at = %s WHERE id = %s", [state, ended_at, sent.id])
    kept_until = today + timedelta(days=kept)
    loop.owner.execute(
        "UPDATE consent SET valid_until = %s, valid_from = %s, answered_at = %s",
        [kept_until, kept_until, answered],
    )
    changes = {"contract_ended": NO_CONTRACT, "organisation_suspended": SUSPENDED}
    if barred:
        loop.owner.execute(changes[barred], [loop.world.partner_id])
    grounds = Grounds(kept_until=kept_until, access_days=loop.hub.settings.access_days, barred=barred)
    said = lost_ground(state, grounds, ended_on=local_date(ended_at) if ended_at else None, today=today)
    assert asked(loop, loop.world.partner, sent.id) == said


def asked(loop: Loop, by: Actor, referral_id: UUID) -> str | None:
    with loop.hub.transaction(by) as session:
        found: str | None = (
            session.connection().exec_driver_sql("SELECT hub_lost_ground(%s)", (referral_id,)).scalar_one()
        )
    return found
