from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from tests.loop import TRAINING, Loop

from referral_hub.calendar.clock import FixedClock
from referral_hub.consent.actions import refuse_consent
from referral_hub.consent.errors import AskedTooSoon
from referral_hub.errors import HubError, NotFound
from referral_hub.referrals.actions import preview_release
from referral_hub.workflow.errors import (
    AlreadyReferred,
    ConsentMissing,
    KeyUsed,
    ModuleUnknown,
    OfferingClosed,
    RequiredNotAgreed,
    TransitionImpossible,
)


def test_a_send_releases_exactly_what_the_preview_showed(loop: Loop) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering)
    draft = loop.draft(case, offering)
    with loop.hub.transaction(case.worker) as session:
        preview = preview_release(session, draft.id)
    loop.send(draft.id)
    assert loop.disclosed(draft.id) == preview.fields
    assert preview.fields["need_summary"] == "想学一门手艺"
    assert preview.withheld["id_number"] == "not_agreed"
    assert preview.withheld["health_limits"] == "not_agreed"


def test_nothing_the_manifest_does_not_ask_for_is_released(loop: Loop) -> None:
    _, sent = loop.sent()
    service = loop.service()
    asked = {field.name for field in service.fields} | {field.key for field in service.intake}
    assert set(loop.disclosed(sent.id)) <= asked


def test_the_basic_release_names_neither_identity_nor_address(loop: Loop) -> None:
    _, sent = loop.sent()
    released = repr(loop.disclosed(sent.id))
    for secret in ("999999", "full_name", "id_number", "address", "王伟"):
        assert secret not in released


def test_a_send_without_a_consent_is_impossible(loop: Loop) -> None:
    offering, case = loop.offering(), loop.case()
    draft = loop.draft(case, offering)
    with pytest.raises(ConsentMissing):
        loop.send(draft.id)
    assert loop.referral(draft.id)["state"] == "draft"
    assert loop.one("SELECT count(*) FROM disclosure")[0] == 0


def test_a_consent_for_one_recipient_is_none_for_another(loop: Loop) -> None:
    asked = loop.offering()
    other = loop.offering(organisation_id=loop.world.other_partner_id)
    case = loop.case()
    loop.consent(case, asked)
    draft = loop.draft(case, other)
    with pytest.raises(ConsentMissing):
        loop.send(draft.id)


def test_a_withdrawn_or_expired_consent_sends_nothing(loop: Loop, clock: FixedClock) -> None:
    offering, case = loop.offering(), loop.case()
    consent = loop.consent(case, offering)
    draft = loop.draft(case, offering)
    loop.withdraw(consent.id)
    with pytest.raises(ConsentMissing):
        loop.send(draft.id)
    loop.consent(case, offering, valid_days=10)
    clock.advance(timedelta(days=11))
    with pytest.raises(ConsentMissing):
        loop.send(draft.id)


def test_a_refusal_is_kept_to_itself_and_not_asked_again_for_30_days(loop: Loop, clock: FixedClock) -> None:
    offering, case = loop.offering(), loop.case()
    with loop.hub.transaction(case.worker) as session:
        refuse_consent(session, loop.request(case, offering), by=case.worker, at=loop.at)
    with pytest.raises(AskedTooSoon):
        loop.consent(case, offering)
    with loop.hub.transaction(loop.world.partner) as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM consent").scalar() == 0
    loop.consent(case, offering, asked_by_client=True)
    clock.advance(timedelta(days=31))
    loop.consent(case, offering)


def test_a_required_field_that_was_not_agreed_is_named(loop: Loop) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering, categories=("basic",))
    draft = loop.draft(case, offering)
    with pytest.raises(RequiredNotAgreed) as refused:
        loop.send(draft.id)
    assert "需要的帮助" in refused.value.label.zh
    assert loop.referral(draft.id)["state"] == "draft"


def test_an_excluded_field_stays_inside(loop: Loop) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering, excluded_fields=("phone",))
    draft = loop.draft(case, offering)
    loop.send(draft.id)
    assert "phone" not in loop.disclosed(draft.id)


def test_the_same_key_sends_once_and_answers_the_same(loop: Loop) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering)
    draft = loop.draft(case, offering)
    first = loop.send(draft.id, key="one")
    assert loop.send(draft.id, key="one") == first
    assert loop.one("SELECT count(*) FROM disclosure")[0] == 1
    assert loop.one("SELECT count(*) FROM delivery")[0] == 1
    with pytest.raises(TransitionImpossible):
        loop.send(draft.id, key="two")
    other = loop.draft(case, loop.offering())
    with pytest.raises(KeyUsed):
        loop.send(other.id, key="one")


def test_two_sends_at_the_same_moment_make_one_disclosure(loop: Loop) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering)
    draft = loop.draft(case, offering)
    results = _together(lambda: loop.send(draft.id), lambda: loop.send(draft.id))
    assert sorted(isinstance(result, HubError) for result in results) == [False, True]
    assert loop.one("SELECT count(*) FROM disclosure")[0] == 1


def test_a_withdrawal_at_the_moment_of_a_send_stops_or_recalls_it(loop: Loop) -> None:
    offering = loop.offering()
    for serial in range(1, 9):
        case = loop.case(serial=serial)
        consent = loop.consent(case, offering)
        draft = loop.draft(case, offering)
        _together(lambda: loop.send(draft.id), lambda: loop.withdraw(consent.id))  # noqa: B023
        state = loop.referral(draft.id)["state"]
        open_to_recipient = loop.one(
            "SELECT count(*) FROM disclosure WHERE referral_id = %s AND access_ended_at IS NULL", draft.id
        )[0]
        assert state in ("draft", "consent_withdrawn")
        assert open_to_recipient == 0


def test_a_closed_offering_and_a_module_that_is_off_take_nothing(loop: Loop) -> None:
    offering, case = loop.offering(status="paused"), loop.case()
    loop.consent(case, offering)
    with pytest.raises(OfferingClosed):
        loop.draft(case, offering)
    loop.owner.execute("UPDATE offering SET status = 'open'")
    draft = loop.draft(case, offering)
    loop.owner.execute("UPDATE offering SET status = 'paused'")
    with pytest.raises(OfferingClosed):
        loop.send(draft.id)
    loop.owner.execute("UPDATE offering SET status = 'open'")
    loop.owner.execute("UPDATE module SET state = 'disabled'")
    with pytest.raises(ModuleUnknown):
        loop.send(draft.id)


def test_a_need_is_not_sent_twice_to_the_same_service(loop: Loop) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering)
    loop.send(loop.draft(case, offering).id)
    with pytest.raises(AlreadyReferred):
        loop.send(loop.draft(case, offering).id)


def test_an_urgent_referral_is_due_in_a_day_and_another_in_three_working_days(loop: Loop) -> None:
    offering = loop.offering()
    urgent, normal = loop.case(serial=1), loop.case(serial=2)
    for case in (urgent, normal):
        loop.consent(case, offering)
    soon = loop.send(loop.draft(urgent, offering, urgency="urgent").id)
    later = loop.send(loop.draft(normal, offering).id)
    assert soon.answer_due_at - loop.at == timedelta(hours=24)
    # Monday 2 March: three working days end with Thursday.
    assert later.answer_due_at.astimezone().isoformat().startswith("2026-03-05T16:00")


def test_a_stranger_can_neither_see_nor_send_a_draft(loop: Loop) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering)
    draft = loop.draft(case, offering)
    for actor in (loop.world.stranger, loop.world.partner):
        with pytest.raises(NotFound):
            loop.send(draft.id, by=actor)


def test_a_free_place_is_held_until_the_answer_is_due(loop: Loop) -> None:
    _, sent = loop.sent(places=1)
    state, until = loop.one("SELECT state, hold_until FROM reservation WHERE referral_id = %s", sent.id)
    assert (state, until) == ("held", sent.answer_due_at)
    assert sent.held_place is not None
    _, second = loop.sent(serial=2, offering_id=loop.one("SELECT offering_id FROM place")[0])
    assert second.held_place is None


def _together(*acts: Any) -> list[Any]:
    """Run the actions at once; each result, or the HubError it raised."""
    results: list[Any] = []
    gate = threading.Barrier(len(acts))

    def run(act: Any) -> None:
        gate.wait()
        try:
            results.append(act())
        except HubError as refusal:
            results.append(refusal)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_the_service_of_these_tests_is_really_installed(loop: Loop) -> None:
    assert loop.service(TRAINING).capacity == "places"


def test_agreeing_to_less_closes_what_was_taken_back_and_keeps_the_rest(loop: Loop) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering)
    sent = loop.send(loop.draft(case, offering).id)
    assert "phone" in loop.disclosed(sent.id)
    loop.consent(case, offering, categories=("basic", "need"))
    with loop.hub.transaction(loop.world.partner) as session:
        readable = session.connection().exec_driver_sql("SELECT fields FROM disclosure").scalars().all()
    assert len(readable) == 1
    assert "phone" not in readable[0]
    assert "need_summary" in readable[0]
    assert loop.referral(sent.id)["state"] == "sent"
    assert loop.one("SELECT kind, organisation_id FROM task WHERE NOT next_step") == (
        "delete_or_return",
        loop.world.partner_id,
    )


def test_withdrawing_a_renewed_consent_recalls_what_went_out_under_the_first(loop: Loop) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering)
    sent = loop.send(loop.draft(case, offering).id)
    renewed = loop.consent(case, offering)
    receipt = loop.withdraw(renewed.id)
    assert receipt.stopped == [sent.number]
    assert loop.one("SELECT count(*) FROM disclosure WHERE access_ended_at IS NULL") == (0,)
