"""The session ends in the middle of a form: signing in again returns to it with everything typed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest
from tests.integration.docs.visitor import Found, PageReader
from tests.integration.pages.test_admin_pages import PROVIDER
from tests.integration.ui.conftest import PASSWORD, Browser
from tests.loop import Loop

from referral_hub.calendar.clock import FixedClock

NOTE = '上门谈了一个小时：\n愿意参加周三的面试，要人陪同。<b>&amp;"'


class Writer:
    """One person who fills in a form of a page, and whose session ends before it is sent."""

    def __init__(self, browser: Browser, login: str, page: str, action: str) -> None:
        self.browser, self.login = browser, login
        self.form = form_of(browser.get(page), action)

    def sends(self, **values: Any) -> httpx.Response:
        return self.browser.post_bare(self.form.action, self.form.values | values)

    def signs_in(self, answer: httpx.Response, login: str = "", **values: Any) -> httpx.Response:
        door = form_of(answer, "/sign-in")
        return self.browser.post_bare(
            "/sign-in", door.values | {"login": login or self.login, "password": PASSWORD} | values
        )

    def goes_back(self, answer: httpx.Response) -> httpx.Response:
        back = form_of(answer, self.form.action)
        return self.browser.post_bare(back.action, back.values)


def form_of(answer: httpx.Response, action: str) -> Found:
    reader = PageReader()
    reader.feed(answer.text)
    form = next((form for form in reader.forms if form.action == action), None)
    assert form is not None, (answer.status_code, [form.action for form in reader.forms], answer.text[:2000])
    return form


def session_ends(how: str, writer: Writer, clock: FixedClock, signed_in_as: Callable[[str], Browser]) -> None:
    if how == "idle":
        clock.advance(timedelta(minutes=31))
    else:
        signed_in_as(writer.login).post("/sign-out", {"everywhere": "1"})


def note_on(loop: Loop, worker: Browser) -> Writer:
    case = loop.case()
    return Writer(worker, "worker", f"/cases/{case.id}", f"/cases/{case.id}/notes")


@pytest.fixture
def worker(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("worker")


@pytest.mark.parametrize("how", ["idle", "signed out everywhere"])
def test_a_note_is_there_again_and_is_kept_once_it_is_sent_again(
    how: str, loop: Loop, worker: Browser, clock: FixedClock, signed_in_as: Callable[[str], Browser]
) -> None:
    writer = note_on(loop, worker)
    session_ends(how, writer, clock, signed_in_as)
    door = writer.sends(kind="visit", words=NOTE)
    assert door.status_code == 401
    assert "原样显示" in door.text
    assert "周三的面试" not in door.text
    shown = writer.goes_back(writer.signs_in(door))
    assert shown.status_code == 200
    assert "还没有提交" in shown.text
    assert loop.one("SELECT count(*) FROM case_note") == (0,)
    again = form_of(shown, writer.form.action)
    assert again.values["words"] == [NOTE]
    assert again.values["kind"] == ["visit"]
    assert again.values["_once"] == writer.form.values["_once"]
    assert "_review" not in again.values
    assert worker.post_bare(again.action, again.values).status_code == 303
    assert loop.one("SELECT count(*) FROM case_note") == (1,)


def test_the_details_of_a_referral_come_back_to_the_step_they_were_typed_at(
    loop: Loop, worker: Browser, clock: FixedClock
) -> None:
    case, offering = loop.case(), loop.offering()
    draft = loop.draft(case, offering)
    here = f"/cases/{case.id}/refer/{draft.id}/details"
    writer = Writer(worker, "worker", here, here)
    clock.advance(timedelta(minutes=31))
    shown = writer.goes_back(
        writer.signs_in(writer.sends(need_summary="想学修理电器", wanted_help=["training", "job"]))
    )
    again = form_of(shown, here)
    assert again.values["need_summary"] == ["想学修理电器"]
    assert again.values["wanted_help"] == ["training", "job"]
    assert "想学修理电器" not in worker.get(here).text


def test_a_stage_form_of_a_provider_comes_back(loop: Loop, partner: Browser, clock: FixedClock) -> None:
    _, sent = loop.sent()
    loop.accept(sent.id, owner_id=loop.world.partner.account_id)
    here = f"/inbox/{sent.id}/forms/first_meeting"
    writer = Writer(partner, "partner", here, here)
    clock.advance(timedelta(minutes=31))
    shown = writer.goes_back(writer.signs_in(writer.sends(way="in_person", notes="说话轻声，喜欢动手")))
    again = form_of(shown, here)
    assert (again.values["way"], again.values["notes"]) == (["in_person"], ["说话轻声，喜欢动手"])
    assert loop.one("SELECT count(*) FROM form_entry") == (0,)
    assert partner.post_bare(here, again.values).status_code == 303
    assert loop.one("SELECT count(*) FROM form_entry") == (1,)


def test_a_form_of_the_administrator_comes_back(loop: Loop, admin: Browser, clock: FixedClock) -> None:
    here = "/admin/organisations/new"
    writer = Writer(admin, "admin", here, here)
    clock.advance(timedelta(minutes=31))
    shown = writer.goes_back(writer.signs_in(writer.sends(**PROVIDER)))
    assert {key: form_of(shown, here).values[key] for key in PROVIDER} == {
        key: [text] for key, text in PROVIDER.items()
    }
    assert loop.one("SELECT count(*) FROM organisation WHERE name = %s", PROVIDER["name"]) == (0,)


def test_the_answer_of_a_client_comes_back_with_what_was_ticked_and_is_not_recorded(
    loop: Loop, worker: Browser, clock: FixedClock
) -> None:
    case, offering = loop.case(), loop.offering()
    draft = loop.draft(case, offering)
    here = f"/cases/{case.id}/refer/{draft.id}/consent"
    writer = Writer(worker, "worker", here, here)
    clock.advance(timedelta(minutes=31))
    door = writer.sends(answer="give", categories=["basic", "need"], signed_how="spoken", witness="李国强")
    again = form_of(writer.goes_back(writer.signs_in(door)), here)
    assert again.values["categories"] == ["basic", "need"]
    assert again.values["witness"] == ["李国强"]
    assert loop.one("SELECT count(*) FROM consent") == (0,)


def test_what_was_typed_beside_a_button_comes_back_on_a_page_of_its_own(
    loop: Loop, partner: Browser, clock: FixedClock
) -> None:
    offering = loop.offering(places=1)
    writer = Writer(partner, "partner", f"/places/{offering}", f"/places/{offering}/pause")
    clock.advance(timedelta(minutes=31))
    shown = writer.goes_back(writer.signs_in(writer.sends(reason="老师休产假，六月恢复")))
    again = form_of(shown, writer.form.action)
    assert again.values["reason"] == ["老师休产假，六月恢复"]
    assert loop.one("SELECT status FROM offering WHERE id = %s", offering) == ("open",)
    assert partner.post_bare(again.action, again.values).status_code == 303
    assert loop.one("SELECT status FROM offering WHERE id = %s", offering) == ("paused",)


def test_another_account_gets_nothing_of_it(loop: Loop, worker: Browser, clock: FixedClock) -> None:
    writer = note_on(loop, worker)
    clock.advance(timedelta(minutes=31))
    entered = writer.signs_in(writer.sends(words=NOTE), login="supervisor")
    assert entered.status_code == 303
    assert "周三的面试" not in entered.text
    assert "没有带过来" in worker.follow("/today").text


def test_a_form_that_another_account_left_open_is_not_sent_in_the_new_name(
    loop: Loop, worker: Browser, clock: FixedClock
) -> None:
    writer = note_on(loop, worker)
    worker.sign_in("supervisor")
    door = writer.sends(words=NOTE)
    assert door.status_code == 401
    assert loop.one("SELECT count(*) FROM case_note") == (0,)
    shown = writer.goes_back(writer.signs_in(door))
    assert form_of(shown, writer.form.action).values["words"] == [NOTE]


def test_it_is_kept_for_twelve_hours(loop: Loop, worker: Browser, clock: FixedClock) -> None:
    writer = note_on(loop, worker)
    clock.advance(timedelta(minutes=31))
    door = writer.sends(words=NOTE)
    clock.advance(timedelta(hours=12))
    assert writer.signs_in(door).status_code == 303
    assert "没有带过来" in worker.follow("/today").text


def test_a_packet_that_was_changed_is_ignored_with_a_sentence(loop: Loop, worker: Browser, clock: FixedClock) -> None:
    writer = note_on(loop, worker)
    clock.advance(timedelta(minutes=31))
    door = writer.sends(words=NOTE)
    (sealed,) = form_of(door, "/sign-in").values["kept"]
    raw = bytearray(base64.urlsafe_b64decode(sealed))
    raw[-1] ^= 1
    for changed in (base64.urlsafe_b64encode(bytes(raw)).decode(), "nonsense", "é", sealed[:40]):
        assert writer.signs_in(door, kept=changed).status_code == 303
        assert "没有带过来" in worker.follow("/today").text


def test_a_form_whose_mark_was_forged_is_not_kept(loop: Loop, worker: Browser, clock: FixedClock) -> None:
    writer = note_on(loop, worker)
    clock.advance(timedelta(minutes=31))
    (mark,) = writer.form.values["_by"]
    account = str(loop.world.supervisor.account_id)
    for forged in (account, f"{account}.{mark.partition('.')[2]}", "x.é", ""):
        assert writer.sends(_by=forged, words=NOTE).status_code == 303


def test_a_wrong_password_and_the_code_from_the_phone_lose_nothing(
    loop: Loop, worker: Browser, clock: FixedClock
) -> None:
    offer = form_of(worker.get("/account/second-factor"), "/account/second-factor")
    (secret,) = offer.values["secret"]
    worker.post_bare(offer.action, offer.values | {"code": pyotp.TOTP(secret).at(clock.now())})
    writer = note_on(loop, worker)
    clock.advance(timedelta(minutes=31))
    wrong = writer.signs_in(writer.sends(words=NOTE), password="not the password")
    assert wrong.status_code == 422
    code = writer.signs_in(wrong)
    begun_again = form_of(code, "/sign-in/keep")
    code = writer.signs_in(worker.post_bare(begun_again.action, begun_again.values))
    asked = form_of(code, "/sign-in/code")
    entered = worker.post_bare(asked.action, asked.values | {"code": pyotp.TOTP(secret).at(clock.now())})
    assert form_of(writer.goes_back(entered), writer.form.action).values["words"] == [NOTE]


def test_a_password_and_a_secret_are_never_kept(loop: Loop, admin: Browser, clock: FixedClock) -> None:
    own = form_of(admin.get("/account/password"), "/account/password")
    clock.advance(timedelta(minutes=31))
    typed = {"current": PASSWORD, "password": "many small steps home", "again": "many small steps home"}
    assert own.values["_unkept"] == ["current", "password", "again"]
    assert admin.post_bare(own.action, own.values | typed).status_code == 303


def test_a_text_beyond_all_measure_is_not_carried_and_the_reader_is_told(
    loop: Loop, worker: Browser, clock: FixedClock
) -> None:
    writer = note_on(loop, worker)
    clock.advance(timedelta(minutes=31))
    door = writer.sends(words="长" * 100_000)
    assert door.status_code == 401
    assert "把内容复制下来" in door.text
    assert form_of(door, "/sign-in").values["kept"] == [""]


def test_after_a_button_the_way_leads_back_to_its_page(loop: Loop, worker: Browser, clock: FixedClock) -> None:
    case = loop.case()
    clock.advance(timedelta(minutes=31))
    pressed = worker.post(
        f"/cases/{case.id}/close", {"reason": "moved"}, headers={"referer": f"http://testserver.local/cases/{case.id}"}
    )
    assert pressed.headers["location"] == f"/sign-in?next=%2Fcases%2F{case.id}"
    away = worker.post(f"/cases/{case.id}/close", headers={"referer": "https://elsewhere.example/x"})
    assert away.headers["location"] == "/sign-in"


def test_a_page_left_alone_takes_what_was_typed_along_and_signs_out(
    loop: Loop, worker: Browser, clock: FixedClock
) -> None:
    writer = note_on(loop, worker)
    left = worker.post_bare("/sign-in/keep", writer.form.values | {"words": NOTE, "_path": writer.form.action})
    assert left.status_code == 200
    assert "hub_session" not in worker.cookies
    assert worker.get("/today").status_code == 303
    shown = writer.goes_back(writer.signs_in(left))
    assert form_of(shown, writer.form.action).values["words"] == [NOTE]


def test_a_password_to_be_replaced_first_does_not_cost_the_text(loop: Loop, worker: Browser, clock: FixedClock) -> None:
    writer = note_on(loop, worker)
    loop.owner.execute("UPDATE account SET must_change_password = true WHERE login = 'worker'")
    held = writer.sends(words=NOTE)
    assert "/account/password" in held.text
    new = "many small steps home"
    worker.post("/account/password", {"current": PASSWORD, "password": new, "again": new})
    assert form_of(writer.goes_back(held), writer.form.action).values["words"] == [NOTE]
    assert loop.one("SELECT count(*) FROM case_note") == (0,)


def test_the_review_of_a_page_that_cannot_show_it_changes_nothing(loop: Loop, worker: Browser) -> None:
    case = loop.case()
    worker.post(f"/cases/{case.id}/reassign", {"responsible_id": str(loop.world.supervisor.account_id), "_review": "1"})
    responsible = loop.one("SELECT responsible_id FROM client_case WHERE id = %s", case.id)
    assert responsible == (loop.world.worker.account_id,)
