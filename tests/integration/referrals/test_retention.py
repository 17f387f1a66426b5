"""What the notice says about the last day comes true: past it, and once nobody is served, the recipient has nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.loop import Loop

from referral_hub.actor import system_actor
from referral_hub.calendar.clock import FixedClock, local_date
from referral_hub.consent import rules
from referral_hub.consent.notice import build_notice
from referral_hub.referrals.messages import withdrawal_message
from referral_hub.referrals.overdue import end_expired_consents
from referral_hub.referrals.retention import end_access, erase_for_absent_modules
from referral_hub.tables.referrals import Referral
from referral_hub.views.partner.referral import referral_for_partner
from referral_hub.views.worker.referral import referral_for_office


def served(loop: Loop, **consent: Any) -> UUID:
    """A referral in service, about which the module keeps a document."""
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering, **consent)
    sent = loop.send(loop.draft(case, offering).id)
    loop.deliver()
    loop.accept(sent.id)
    loop.fill(sent.id, "first_meeting", {"way": "in_person", "notes": "按时到"})
    loop.deliver()
    return sent.id


def end(loop: Loop, referral_id: UUID) -> None:
    """It ends as the recipient's form would end it."""
    loop.owner.execute("UPDATE referral SET state = 'completed', ended_at = %s WHERE id = %s", [loop.at, referral_id])


def readable(loop: Loop) -> int:
    """How many disclosures the recipient can read, by the database's own rules."""
    with loop.hub.transaction(loop.world.partner) as session:
        return int(session.connection().exec_driver_sql("SELECT count(*) FROM disclosure").scalar() or 0)


def tasks(loop: Loop) -> list[tuple[Any, ...]]:
    return loop.owner.execute(
        "SELECT kind, organisation_id FROM task WHERE NOT next_step AND done_at IS NULL ORDER BY kind"
    ).fetchall()


def test_after_the_last_day_the_recipient_has_nothing_and_the_office_keeps_its_history(
    loop: Loop, clock: FixedClock
) -> None:
    referral_id = served(loop, valid_days=30)
    end(loop, referral_id)
    clock.advance(timedelta(days=30))
    assert end_access(loop.hub) == 0
    assert readable(loop) == 1
    clock.advance(timedelta(days=1))
    assert end_access(loop.hub) == 1
    assert end_access(loop.hub) == 0
    assert readable(loop) == 0
    assert tasks(loop) == [("retention_ended", loop.world.partner_id)]
    assert loop.one("SELECT count(*) FROM module_document") == (1,)
    assert loop.deliver() == 1
    assert loop.one("SELECT count(*) FROM module_document") == (0,)
    until, recipient = loop.one(
        "SELECT details->>'kept_until', recipient_id FROM audit_entry WHERE action = 'referral.end_access'"
    )
    assert (until, recipient) == ((local_date(loop.at) - timedelta(days=1)).isoformat(), loop.world.partner_id)
    with loop.hub.transaction(loop.world.worker) as session:
        shown = referral_for_office(session, referral_id)
    assert shown.attempt.state == "completed"
    assert shown.access_ended_at == loop.at
    assert shown.released
    with loop.hub.transaction(loop.world.partner) as session:
        left = referral_for_partner(session, referral_id)
    assert (left.released, left.taken_back_at, left.actions) == (None, loop.at, [])


def test_who_is_served_past_the_last_day_is_spared_until_the_service_ends(loop: Loop, clock: FixedClock) -> None:
    referral_id = served(loop, valid_days=30)
    clock.advance(timedelta(days=45))
    end_expired_consents(loop.hub)
    assert end_access(loop.hub) == 0
    assert readable(loop) == 1
    end(loop, referral_id)
    assert end_access(loop.hub) == 1
    assert readable(loop) == 0


def test_a_consent_given_again_while_it_was_open_moves_the_day_and_one_given_later_does_not(
    loop: Loop, clock: FixedClock
) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering, valid_days=30)
    sent = loop.send(loop.draft(case, offering).id)
    clock.advance(timedelta(days=20))
    loop.consent(case, offering, valid_days=30)
    end(loop, sent.id)
    clock.advance(timedelta(days=20))
    loop.consent(case, offering, valid_days=100)
    assert end_access(loop.hub) == 0
    clock.advance(timedelta(days=11))
    assert end_access(loop.hub) == 1


def test_the_module_learns_why_and_one_out_of_use_keeps_nothing_either(loop: Loop, clock: FixedClock) -> None:
    referral_id = served(loop, valid_days=30)
    end(loop, referral_id)
    clock.advance(timedelta(days=31))
    loop.owner.execute("UPDATE module SET state = 'disabled'")
    assert end_access(loop.hub) == 1
    with loop.hub.transaction(system_actor()) as session:
        assert withdrawal_message(session, session.get_one(Referral, referral_id)).reason == "retention_ended"
    assert loop.deliver() == 0
    assert erase_for_absent_modules(loop.hub) == 1
    assert loop.one("SELECT count(*) FROM module_document") == (0,)


def test_what_was_taken_back_before_is_not_taken_back_again(loop: Loop, clock: FixedClock) -> None:
    _, sent = loop.sent()
    loop.withdraw(loop.referral(sent.id)["consent_id"])
    clock.advance(timedelta(days=400))
    assert end_access(loop.hub) == 0
    assert tasks(loop) == [("delete_or_return", loop.world.partner_id)]


def test_a_shorter_consent_given_while_it_was_open_brings_the_day_nearer(loop: Loop, clock: FixedClock) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering, valid_days=100)
    sent = loop.send(loop.draft(case, offering).id)
    loop.consent(case, offering, valid_days=5)
    end(loop, sent.id)
    clock.advance(timedelta(days=6))
    assert end_access(loop.hub) == 1


@pytest.mark.parametrize(("wished", "days"), [(None, 40), (20, 20), (300, 40)])
def test_a_field_needed_for_less_time_ends_the_consent_and_the_notice_names_that_day(
    loop: Loop, wished: int | None, days: int
) -> None:
    service = loop.service()
    shorter = [msgspec.structs.replace(service.fields[0], retention_days=40), *service.fields[1:]]
    service = msgspec.structs.replace(service, fields=shorter)
    today = local_date(loop.at)
    given = loop.consent(loop.case(), loop.offering(), service=service, valid_days=wished)
    assert given.valid_until == today + timedelta(days=days)
    assert loop.one("SELECT keep_until FROM notice") == (given.valid_until,)
    told = build_notice(
        service,
        recipient="机构",
        recipient_phone=None,
        office="单位",
        office_phone=None,
        keep_until=rules.valid_until(today, None, service),
    )
    assert (today + timedelta(days=40)).isoformat() in told.kept.zh
    assert "一结束就删除" in told.kept.zh
