from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.api import Field, ServiceEvent, denied_words
from referral_hub.assistance.actions import add_fund
from referral_hub.calendar.clock import FixedClock, local_date
from referral_hub.isolation.errors import ModuleTimedOut
from referral_hub.outcomes.actions import add_service_event
from referral_hub.referrals.actions import draft_referral
from referral_hub.referrals.retention import end_access
from referral_hub.tables.referrals import Referral

MEETING = {"way": "in_person", "notes": "说话轻声，喜欢动手"}


def today(loop: Loop) -> str:
    return local_date(loop.at).isoformat()


def fill(partner: Browser, loop: Loop, referral_id: Any, form: str, values: dict[str, Any]) -> Any:
    page = partner.follow(f"/inbox/{referral_id}/forms/{form}")
    key = re.search(r'name="_once" value="([^"]+)"', page.text)
    assert key, page.text[:500]
    return partner.post(f"/inbox/{referral_id}/forms/{form}", {"_once": key[1], "_on": today(loop), **values})


def test_opening_a_referral_signs_for_it_and_is_recorded(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    assert loop.referral(sent.id)["state"] == "sent"
    assert partner.follow(f"/inbox/{sent.id}").status_code == 200
    assert loop.referral(sent.id)["state"] == "received"
    who, fields = loop.one(
        "SELECT account_id, details->'fields' FROM audit_entry WHERE action = 'referral.read' AND referral_id = %s",
        sent.id,
    )
    assert who == loop.world.partner.account_id
    assert "display_name" in fields


def test_the_page_shows_what_was_released_under_which_consent_and_nothing_else(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    text = partner.follow(f"/inbox/{sent.id}").text
    number, valid_until = loop.one(
        "SELECT number, valid_until FROM consent WHERE id = (SELECT consent_id FROM referral WHERE id = %s)", sent.id
    )
    assert number in text
    assert valid_until.isoformat() in text
    for value in loop.disclosed(sent.id).values():
        if isinstance(value, str) and not value.isascii():
            assert value in text
    assert "青禾工作站" in text
    assert "社区" not in text


def test_accepting_names_the_owner_and_takes_a_place(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent(places=2)
    partner.follow(f"/inbox/{sent.id}")
    answer = partner.post(
        f"/inbox/{sent.id}/accept", {"owner_id": str(loop.world.partner.account_id), "note": "周一上午九点报到"}
    )
    assert answer.status_code == 303
    referral = loop.referral(sent.id)
    assert (referral["state"], referral["owner_id"]) == ("accepted", loop.world.partner.account_id)
    text = partner.follow(f"/inbox/{sent.id}").text
    assert "周一上午九点报到" in text
    assert "占用" in text
    assert loop.one("SELECT state FROM reservation WHERE referral_id = %s", sent.id) == ("taken",)


def test_wait_listing_says_when_a_place_is_expected(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    partner.follow(f"/inbox/{sent.id}")
    assert partner.post(f"/inbox/{sent.id}/waitlist", {"expected_on": "2026-04-01"}).status_code == 303
    assert loop.referral(sent.id)["state"] == "waitlisted"
    assert "2026-04-01" in partner.follow("/inbox?view=waiting").text


def test_a_decline_without_a_reason_comes_back_with_what_was_typed(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    partner.follow(f"/inbox/{sent.id}")
    again = partner.post(f"/inbox/{sent.id}/decline", {"note": "本月已满班"})
    assert again.status_code == 422
    assert "本月已满班" in again.text
    assert 'href="#field-reason_code"' in again.text
    assert loop.referral(sent.id)["state"] == "received"
    assert partner.post(f"/inbox/{sent.id}/decline", {"reason_code": "no_capacity"}).status_code == 303
    assert loop.referral(sent.id)["state"] == "declined"


def test_a_second_answer_is_refused_in_words(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.decline(sent.id)
    late = partner.post(f"/inbox/{sent.id}/waitlist", {})
    assert late.status_code == 409
    assert "不受理" in late.text


def test_a_stage_form_is_answered_by_its_module_in_the_same_response(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    answer = fill(partner, loop, sent.id, "first_meeting", MEETING)
    assert answer.status_code == 303
    referral = loop.referral(sent.id)
    assert (referral["state"], referral["stage"]) == ("in_service", "guidance")
    text = partner.follow(f"/inbox/{sent.id}").text
    assert "说话轻声，喜欢动手" in text
    assert "已登记" in text


def test_the_same_form_sent_twice_counts_once(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    values = {"_once": "one-key", "_on": today(loop), **MEETING}
    for _ in range(2):
        assert partner.post(f"/inbox/{sent.id}/forms/first_meeting", values).status_code in (303, 409)
    assert loop.one("SELECT count(*) FROM form_entry WHERE referral_id = %s", sent.id) == (1,)
    assert loop.one("SELECT count(*) FROM service_event WHERE referral_id = %s", sent.id) == (1,)


def test_a_service_entered_by_error_is_crossed_out_by_a_second_entry_with_its_reason(
    loop: Loop, partner: Browser
) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    with loop.hub.transaction(loop.world.partner) as session:
        event_id = add_service_event(
            session,
            referral=session.get_one(Referral, sent.id),
            event=ServiceEvent(on=local_date(loop.at), unit="class_hour", quantity=Decimal(30)),
            by=loop.world.partner,
            at=loop.at,
        )
    cancel = f"/inbox/{sent.id}/events/{event_id}/cancel"

    def said(reason: str) -> str:
        answer = partner.post(cancel, {"reason": reason})
        return partner.follow(answer.headers["location"]).text if answer.status_code == 303 else answer.text

    assert f'action="{cancel}"' in partner.follow(f"/inbox/{sent.id}").text
    assert "“原因”请填写" in said(" ")
    assert "已作废" in said("应为3课时")
    text = partner.follow(f"/inbox/{sent.id}").text
    assert "已更正" in text
    assert cancel not in text
    assert loop.one("SELECT sum(quantity), count(*) FROM service_event WHERE referral_id = %s", sent.id) == (0, 2)
    assert loop.one("SELECT reason FROM audit_entry WHERE action = 'service.cancel'") == ("应为3课时",)
    assert "已经更正过" in said("再来")


def test_a_form_with_gaps_names_each_field_and_keeps_the_rest(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    again = fill(partner, loop, sent.id, "first_meeting", {"notes": "写到一半"})
    assert again.status_code == 422
    assert "写到一半" in again.text
    assert 'href="#field-way"' in again.text
    tomorrow = (loop.at + timedelta(days=1)).date().isoformat()
    future = fill(partner, loop, sent.id, "first_meeting", {**MEETING, "_on": tomorrow})
    assert future.status_code == 422
    assert 'href="#field-_on"' in future.text


def test_a_form_that_its_module_sends_back_is_shown_again_until_it_is_fixed(
    loop: Loop, partner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from referral_hub.api import Changes, Label, Problem

    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    problem = Problem(field="way", message=Label(zh="这天没有开放接待。", en="Nobody was there that day."))
    with monkeypatch.context() as patched:
        patched.setattr(loop.hub.modules, "call", lambda *_a, **_k: Changes(problems=[problem]))
        again = fill(partner, loop, sent.id, "first_meeting", MEETING)
    assert again.status_code == 422
    assert "这天没有开放接待。" in again.text
    assert "说话轻声，喜欢动手" in again.text
    assert "还没有登记成功" in partner.follow(f"/inbox/{sent.id}").text
    assert "有一张表要修改" in partner.follow("/inbox?view=serving").text
    reopened = partner.follow(f"/inbox/{sent.id}/forms/first_meeting").text
    assert "这天没有开放接待。" in reopened
    assert "说话轻声，喜欢动手" in reopened
    assert fill(partner, loop, sent.id, "first_meeting", MEETING).status_code == 303
    assert "还没有登记成功" not in partner.follow(f"/inbox/{sent.id}").text


def test_while_the_module_is_away_the_form_is_kept_and_the_page_says_since_when(
    loop: Loop, clock: FixedClock, partner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)

    def away(*_arguments: Any, **_named: Any) -> None:
        raise ModuleTimedOut(module="employment", detail="no answer")

    with monkeypatch.context() as patched:
        patched.setattr(loop.hub.modules, "call", away)
        answer = fill(partner, loop, sent.id, "first_meeting", MEETING)
    assert answer.status_code == 303
    text = partner.follow(f"/inbox/{sent.id}").text
    assert "自 2026-03-02 10:00 起等待" in text
    assert loop.referral(sent.id)["stage"] == "registered"
    clock.advance(timedelta(minutes=1))
    assert loop.deliver() == 1
    assert loop.referral(sent.id)["stage"] == "guidance"
    assert "起等待" not in partner.follow(f"/inbox/{sent.id}").text


def test_the_office_reads_no_form_of_the_recipient(loop: Loop, partner: Browser, owner: Any) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    fill(partner, loop, sent.id, "first_meeting", MEETING)
    from referral_hub.views.partner.form_entries import entries_for_partner

    with loop.hub.transaction(loop.world.worker) as session:
        assert entries_for_partner(session, sent.id) == []
    with loop.hub.transaction(loop.world.partner) as session:
        assert len(entries_for_partner(session, sent.id)) == 1


def test_after_a_withdrawal_only_the_number_is_left_and_the_deletion_is_reported_once(
    loop: Loop, partner: Browser
) -> None:
    _, sent = loop.sent()
    partner.follow(f"/inbox/{sent.id}")
    fields = loop.disclosed(sent.id)
    loop.withdraw(loop.referral(sent.id)["consent_id"])
    text = partner.follow(f"/inbox/{sent.id}").text
    assert sent.number in text
    assert not [name for name in ("display_name", "phone", "need_summary") if str(fields[name]) in text]
    assert partner.get(f"/inbox/{sent.id}/feedback").status_code == 404
    assert "请删除或退回的信息" in partner.follow("/inbox").text
    task = loop.one(
        "SELECT id FROM task WHERE NOT next_step AND kind = 'delete_or_return' AND referral_id = %s", sent.id
    )[0]
    assert partner.post(f"/inbox/{sent.id}/task/{task}", {"how": "returned"}).status_code == 303
    assert loop.one("SELECT done_how FROM task WHERE NOT next_step AND id = %s", task) == ("已退回",)
    assert "请删除或退回的信息" not in partner.follow("/inbox").text
    partner.post(f"/inbox/{sent.id}/task/{task}", {"how": "deleted"})
    assert loop.one("SELECT done_how FROM task WHERE NOT next_step AND id = %s", task) == ("已退回",)


def test_when_its_time_is_over_the_page_says_so_with_the_day_and_holds_nothing(
    loop: Loop, partner: Browser, clock: FixedClock
) -> None:
    _, sent = loop.sent()
    fields = loop.disclosed(sent.id)
    loop.deliver()
    loop.owner.execute("UPDATE referral SET state = 'completed', ended_at = now() WHERE id = %s", [sent.id])
    clock.advance(timedelta(days=181))
    assert end_access(loop.hub) == 1
    partner.sign_in("partner")
    text = partner.follow(f"/inbox/{sent.id}").text
    assert f"保存期已满，资料已于 {today(loop)} 收回" in text
    assert not [name for name in ("display_name", "phone", "need_summary") if str(fields[name]) in text]
    assert "请删除或退回收到的信息" in text
    tasks = partner.follow("/inbox").text
    assert "保存期已满：删除或退回服务对象的信息，并回报" in tasks
    task = loop.one("SELECT id FROM task WHERE NOT next_step AND kind = 'retention_ended'")[0]
    assert partner.post(f"/inbox/{sent.id}/task/{task}", {"how": "deleted"}).status_code == 303
    assert "已于" in partner.follow(f"/inbox/{sent.id}").text


def test_reads_after_access_ended_are_no_reads(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    loop.withdraw(loop.referral(sent.id)["consent_id"])
    partner.follow(f"/inbox/{sent.id}")
    assert loop.one("SELECT count(*) FROM audit_entry WHERE action = 'referral.read'") == (0,)


def test_contact_owner_and_hold_are_one_press_each(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    assert partner.post(f"/inbox/{sent.id}/contact", {"on": today(loop)}).status_code == 303
    assert loop.referral(sent.id)["first_contact_at"] is not None
    loop.fill(sent.id, "first_meeting", MEETING)
    loop.deliver()
    assert partner.post(f"/inbox/{sent.id}/hold").status_code == 303
    assert loop.referral(sent.id)["state"] == "on_hold"
    assert partner.post(f"/inbox/{sent.id}/resume").status_code == 303
    assert loop.referral(sent.id)["state"] == "in_service"
    stranger = loop.world.other_partner.account_id
    partner.post(f"/inbox/{sent.id}/owner", {"owner_id": str(stranger)})
    assert loop.referral(sent.id)["owner_id"] == loop.world.partner.account_id


def test_the_printed_sheets_carry_a_number_and_no_name(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    loop.fill(sent.id, "first_meeting", MEETING)
    loop.deliver()
    called = loop.disclosed(sent.id)["display_name"]
    for sheet in ("slip", "feedback"):
        text = partner.follow(f"/inbox/{sent.id}/{sheet}").text
        assert sent.number in text
        assert called not in text


def test_the_page_costs_few_statements(loop: Loop, partner: Browser, count_statements: Callable[[], Any]) -> None:
    _, sent = loop.sent(places=1)
    loop.deliver()
    loop.accept(sent.id)
    for _ in range(3):
        loop.fill(sent.id, "first_meeting", MEETING)
    loop.deliver()
    with count_statements() as seen:
        partner.follow(f"/inbox/{sent.id}")
    assert len(seen) <= 14, "\n".join(seen)


def test_a_sign_of_danger_is_reported_calmly_and_the_sender_gets_a_task(loop: Loop, partner: Browser) -> None:
    """Counselling, where a talk shows that someone may be in danger: no alarm, but nobody overlooks it."""
    service = loop.service("counselling.sessions")
    offering = loop.offering(service.key)
    case = loop.case(serial=8)
    loop.consent(case, offering, categories=tuple(sorted(service.categories())))
    first = {field.key: _any(field) for field in service.intake if field.required}
    with loop.hub.transaction(case.worker) as session:
        drafted = draft_referral(
            session,
            need_id=case.need_id,
            offering_id=offering,
            details={"need_summary": "想找人谈谈", "intake": first},
            by=case.worker,
            at=loop.at,
        )
    sent = loop.send(drafted.id)
    loop.deliver()
    if loop.referral(sent.id)["state"] == "received":
        loop.accept(sent.id)
    fill(
        partner, loop, sent.id, "book", {"limits_explained": "yes", "appointment_on": today(loop), "mode": "in_person"}
    )
    talk = {"attended": "yes", "risk": "self", "safety_steps": ["asked", "plan"], "notes": "夜里睡不着"}
    answer = fill(partner, loop, sent.id, "first_session", talk)
    assert answer.status_code == 303, answer.text
    text = partner.follow(f"/inbox/{sent.id}").text
    assert "请留意：请今天联系本人" in text
    assert "有提示请留意" in partner.follow("/inbox?view=serving").text
    task = loop.one(
        "SELECT organisation_id FROM task WHERE NOT next_step AND kind = 'call_client' AND referral_id = %s", sent.id
    )
    assert task == (loop.world.office_id,)


def test_a_giver_of_aid_sees_what_is_left_and_what_was_given_before(loop: Loop, partner: Browser) -> None:
    world = loop.world
    with loop.hub.transaction(world.partner) as session:
        add_fund(
            session,
            organisation_id=world.partner_id,
            name="街道备用金",
            source="petty",
            year=2026,
            budget_fen=5_000_000,
            by=world.partner,
            at=loop.at,
        )
    offering = loop.offering("living.assistance")
    case = loop.case(serial=7)
    loop.consent(case, offering, categories=tuple(sorted(loop.service("living.assistance").categories())))
    sent = loop.send(loop.draft(case, offering).id)
    loop.deliver()
    text = partner.follow(f"/inbox/{sent.id}").text
    assert "街道备用金" in text
    assert "50,000.00 元" in text
    assert "近一年已有的救助" in text


def test_an_id_number_is_masked_until_a_reason_is_given_and_kept(loop: Loop, partner: Browser) -> None:
    offering = loop.offering()
    case = loop.case(serial=9)
    loop.consent(case, offering, categories=("basic", "contact", "identity", "need", "work"))
    sent = loop.send(loop.draft(case, offering).id)
    number = str(loop.disclosed(sent.id)["id_number"])
    text = partner.follow(f"/inbox/{sent.id}").text
    assert number not in text
    assert number[-4:] in text
    assert partner.post(f"/inbox/{sent.id}/reveal/id_number", {"reason": " "}).status_code == 422
    assert number in partner.post(f"/inbox/{sent.id}/reveal/id_number", {"reason": "办理补贴登记"}).text
    assert loop.one("SELECT reason FROM audit_entry WHERE action = 'person.reveal'") == ("办理补贴登记",)
    assert number not in partner.follow(f"/inbox/{sent.id}/masked/id_number").text
    assert partner.post(f"/inbox/{sent.id}/reveal/bank_account", {"reason": "发放"}).status_code == 404
    loop.withdraw(loop.referral(sent.id)["consent_id"])
    assert partner.post(f"/inbox/{sent.id}/reveal/id_number", {"reason": "再看"}).status_code == 404


def test_no_page_of_a_recipient_says_a_word_that_harms(loop: Loop, partner: Browser) -> None:
    """R20, on the pages themselves: with data of every state, in both languages."""
    offering = loop.offering(places=3)
    sent = [loop.sent(serial=serial, offering_id=offering)[1] for serial in range(1, 6)]
    loop.deliver()
    loop.accept(sent[0].id)
    loop.fill(sent[0].id, "first_meeting", MEETING)
    loop.deliver()
    loop.waitlist(sent[1].id)
    loop.decline(sent[2].id)
    loop.withdraw(loop.referral(sent[3].id)["consent_id"])
    pages = ["/inbox", *(f"/inbox?view={view}" for view in ("serving", "waiting", "ended")), "/places", "/figures"]
    pages += [f"/places/{offering}", *(f"/inbox/{one.id}" for one in sent)]
    pages += [f"/inbox/{sent[0].id}/{part}" for part in ("slip", "feedback")]
    pages += [f"/inbox/{sent[4].id}/{part}" for part in ("accept", "waitlist", "decline")]
    service = loop.service()
    stage = loop.referral(sent[0].id)["stage"]
    pages += [f"/inbox/{sent[0].id}/forms/{form.key}" for form in service.forms_at(stage)]
    for path in pages:
        for language in ("zh", "en"):
            page = partner.follow(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert page.status_code == 200, path
            assert not denied_words(page.text), path


def _any(field: Field) -> object:
    """Some answer that fits a question."""
    if field.type == "choice":
        return field.choices[0].code
    return True if field.type == "yes_no" else "说明"
