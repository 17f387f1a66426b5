"""Whatever a module does wrong is reported to the administrator in words, costs no referral, and names no client."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.integration.modules.made import write_module
from tests.integration.ui.conftest import Browser
from tests.loop import DETAILS, Loop
from tests.world import World

from referral_hub.calendar.clock import FixedClock
from referral_hub.hub import Hub
from referral_hub.modules.breaker import record_observations
from referral_hub.referrals.polling import poll_modules
from referral_hub.settings import Settings

TIMED_OUT = "没有按时回应"
CRASHED = "意外停止"
RAISED = "处理时出错"
INVALID = "答复不合规定"
NOT_STARTED = "没能启动"

RECEIVE = """
@hookimpl
def hub_receive(referral, documents, settings, now):
    import ctypes, os, sys, time
    told = str(referral.fields)
{}
"""
WRITE_TO_ALL = """    for descriptor in range(3, 12):
        try: os.write(descriptor, {})
        except OSError: pass
    time.sleep(5)"""
NAMED_AFTER_CLIENT = """    kind = type(told, (Exception,), {})
    raise kind(told)"""

FAULTS = {
    "no answer in time": ("    time.sleep(60)", TIMED_OUT, "no reply in 1 s"),
    "a crash": ("    os._exit(3)", CRASHED, "ended with code 3"),
    "sys.exit": ("    sys.exit(told)", RAISED, "SystemExit"),
    "a segmentation fault": ("    ctypes.string_at(0)", CRASHED, "SIGSEGV"),
    "two gigabytes": ("    return len(bytearray(2 << 30))", RAISED, "MemoryError"),
    "an exception": ("    raise ValueError(told)", RAISED, "ValueError"),
    "an exception named after the client": (NAMED_AFTER_CLIENT, RAISED, "an error of its own"),
    "garbage": (WRITE_TO_ALL.format(r'told.encode() + b"\n"'), INVALID, "hub_receive"),
    "a flood": (WRITE_TO_ALL.format('b"z" * 60000 * 40'), INVALID, "hub_receive"),
    "an oversize reply": (
        '    return Receipt(decision="accepted", note=Label(zh=told * 50000, en="x"))',
        INVALID,
        "above 1048576",
    ),
    "another hook's value": ("    return Changes()", INVALID, "Changes cannot be sent"),
    "no such decision": ("    return Receipt(decision=told)", INVALID, "Invalid enum value - at `$.decision`"),
    "no such reason": ('    return Receipt(decision="declined", reason=told)', INVALID, "R27"),
    "no such stage": ('    return Receipt(decision="accepted", stage=told)', INVALID, "(no code)"),
    "a stage out of turn": ('    return Receipt(decision="accepted", stage="advising")', INVALID, "stage advising"),
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A tenth of the usual time for each call, a quick start."""
    return settings.model_copy(update={"module_slowness": 0.1, "module_start_seconds": 4.0})


@pytest.fixture
def with_module(
    hub: Hub, owner: psycopg.Connection, staff: World, signed_in_as: Callable[[str], Browser]
) -> Callable[..., tuple[Loop, Browser]]:
    def make(code: str, *, network: str = "[]") -> tuple[Loop, Browser]:
        write_module(hub.settings.modules_folder, code=code, network=network)
        hub.modules.discover()
        return Loop(hub, owner, staff), signed_in_as("admin")

    return make


def faults_on(admin: Browser) -> str:
    """The part of the module's page that tells its faults."""
    page = admin.follow("/admin/modules/legal").text
    found = re.search(r'id="faults".*?</ol>', page, re.DOTALL)
    assert found, page
    return re.sub(r"<[^>]+>", "", found[0]).replace("&#39;", "'").replace("&gt;", ">").replace("&lt;", "<")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_reported_in_words_and_the_referral_waits(
    with_module: Callable[..., tuple[Loop, Browser]], signed_in_as: Callable[[str], Browser], fault: str
) -> None:
    code, words, detail = FAULTS[fault]
    loop, admin = with_module(RECEIVE.format(code))
    _, sent = loop.sent(offering_id=loop.offering("legal.advice"))
    assert loop.deliver() == 0
    told = faults_on(admin)
    assert words in told
    assert detail in told
    client = loop.disclosed(sent.id)["display_name"]
    for value in (client, *DETAILS.values()):
        assert value not in admin.follow("/admin/modules/legal").text
    assert loop.referral(sent.id)["state"] == "sent"
    seen = signed_in_as("worker").follow(f"/referrals/{sent.id}")
    assert seen.status_code == 200
    assert re.search(r"从 [^<]*10:00 起等待“法律服务”", seen.text)


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("import time\ntime.sleep(30)\n", "not ready after 4 s"),
        ("import nothing_of_that_name\n", "nothing_of_that_name"),
        ("raise SystemExit(3)\n", "SystemExit"),
        ("import os\nos._exit(5)\n", "ended with code 5"),
        ("del hub_withdraw\n", "hub_withdraw"),
    ],
)
def test_a_module_that_does_not_start_is_reported_in_words(
    with_module: Callable[..., tuple[Loop, Browser]], code: str, detail: str
) -> None:
    loop, admin = with_module(code)
    _, sent = loop.sent(offering_id=loop.offering("legal.advice"))
    assert loop.deliver() == 0
    told = faults_on(admin)
    assert NOT_STARTED in told
    assert detail in told
    assert loop.referral(sent.id)["state"] == "sent"


def test_faults_stay_on_the_page_when_the_module_is_well_again(
    with_module: Callable[..., tuple[Loop, Browser]], clock: FixedClock, hub: Hub
) -> None:
    loop, admin = with_module(RECEIVE.format("    raise ValueError(told)"))
    _, sent = loop.sent(offering_id=loop.offering("legal.advice"))
    for _ in range(3):
        loop.deliver()
        clock.advance(timedelta(minutes=1))
    assert "启用中，时有故障" in admin.follow("/admin/modules/legal").text
    assert "3 次" in faults_on(admin)
    file = hub.settings.modules_folder / "legal" / "hub_legal" / "__init__.py"
    file.write_text(
        file.read_text(encoding="utf-8").replace("raise ValueError(told)", 'return Receipt(decision="accepted")')
    )
    hub.modules.close()
    clock.advance(timedelta(minutes=20))
    assert loop.deliver() == 1
    assert loop.referral(sent.id)["state"] == "accepted"
    page = admin.follow("/admin/modules/legal").text
    assert "时有故障" not in re.sub(r'id="events".*', "", page, flags=re.DOTALL)
    assert RAISED in faults_on(admin)


APPLY = """
@hookimpl
def hub_apply(entry, documents, settings, now):
    return Changes(stage="done")
"""
POLL = """
from referral_hub.api import Update, Updates

@hookimpl
def hub_poll(cursor, settings, now):
    ids = settings.get("ids", [])
    {}
"""


def test_an_illegal_transition_is_refused_in_words(with_module: Callable[..., tuple[Loop, Browser]]) -> None:
    loop, admin = with_module(APPLY)
    _, sent = loop.sent(offering_id=loop.offering("legal.advice"))
    assert loop.deliver() == 1
    loop.fill(sent.id, "talk", {"minutes": "30"})
    assert loop.deliver() == 0
    told = faults_on(admin)
    assert INVALID in told
    assert "the stage done does not follow agreed" in told
    assert loop.referral(sent.id)["state"] == "accepted"


def poll_of(loop: Loop, sent_id: Any, update: str) -> str:
    """A module whose poll brings this update of the referral, known to it by its own name for it."""
    return update.replace("REFERRAL", loop.referral(sent_id)["module_ref"])


@pytest.mark.parametrize(
    ("update", "words", "detail"),
    [
        ('Update(id="1", referral_id="nobody", receipt=Receipt(decision="accepted"))', "没有收到过", "answer"),
        ('Update(id="1", referral_id="REFERRAL", changes=Changes(stage="done"))', INVALID, "does not follow"),
    ],
)
def test_news_that_is_refused_is_reported_in_words(
    with_module: Callable[..., tuple[Loop, Browser]], hub: Hub, update: str, words: str, detail: str
) -> None:
    loop, admin = with_module("", network='["127.0.0.1:9"]')
    _, sent = loop.sent(offering_id=loop.offering("legal.advice"))
    assert loop.deliver() == 1
    bring(hub, f"return Updates(updates=[{poll_of(loop, sent.id, update)}])")
    for _ in range(3):
        assert poll_modules(hub) == 0
    told = faults_on(admin)
    assert "对方系统传来的进展没有采用" in told
    assert words in told
    assert detail in told
    assert loop.referral(sent.id)["state"] == "accepted"


def test_news_of_a_referral_that_has_ended_is_reported_as_refused(
    with_module: Callable[..., tuple[Loop, Browser]], hub: Hub
) -> None:
    loop, admin = with_module("", network='["127.0.0.1:9"]')
    _, sent = loop.sent(offering_id=loop.offering("legal.advice"))
    loop.deliver()
    loop.take_back(sent.id)
    late = poll_of(loop, sent.id, 'Update(id="1", referral_id="REFERRAL", changes=Changes(stage="advising"))')
    bring(hub, f"return Updates(updates=[{late}])")
    assert poll_modules(hub) == 0
    told = faults_on(admin)
    assert "对方系统传来的进展没有采用" in told
    assert "已经结束" in told
    assert "hub_poll: progress" in told


def test_an_update_that_comes_twice_counts_once(with_module: Callable[..., tuple[Loop, Browser]], hub: Hub) -> None:
    loop, admin = with_module("", network='["127.0.0.1:9"]')
    _, sent = loop.sent(offering_id=loop.offering("legal.advice"))
    loop.deliver()
    one = poll_of(loop, sent.id, 'Update(id="1", referral_id="REFERRAL", changes=Changes(stage="advising"))')
    bring(hub, f"return Updates(updates=[{one}])")
    assert [poll_modules(hub) for _ in range(3)] == [1, 0, 0]
    assert 'id="faults"' not in admin.follow("/admin/modules/legal").text
    bring(hub, f"return Updates(updates=[{one}, {one}])")
    assert poll_modules(hub) == 0
    told = faults_on(admin)
    assert INVALID in told
    assert "two updates have one id" in told


def bring(hub: Hub, body: str) -> None:
    """From now on the module brings this when it is asked for news."""
    file = hub.settings.modules_folder / "legal" / "hub_legal" / "__init__.py"
    text = file.read_text(encoding="utf-8").partition("# news\n")[0]
    file.write_text(text + "# news\n" + POLL.format(body), encoding="utf-8")
    hub.modules.close()


SCREEN = """
@hookimpl
def hub_screen(enquiry, offering, settings):
    import time
    {}
"""


def test_a_module_that_hangs_while_places_are_sought_is_reported_and_left_alone(
    with_module: Callable[..., tuple[Loop, Browser]],
    signed_in_as: Callable[[str], Browser],
    clock: FixedClock,
    hub: Hub,
) -> None:
    loop, admin = with_module(SCREEN.format("time.sleep(60)"))
    loop.offering("legal.advice")
    case = loop.case()
    need = loop.second_need(case.id, kind="legal")
    worker = signed_in_as("worker")
    path = f"/cases/{case.id}/refer/place?need={need.need_id}"
    for _ in range(4):
        seen = worker.follow(path)
        assert seen.status_code == 200
        assert "培训班" in seen.text
    assert record_observations(hub) == 3
    assert record_observations(hub) == 0
    told = faults_on(admin)
    assert TIMED_OUT in told
    assert "hub_screen: no reply in 0.2 s" in told
    assert "启用中，时有故障" in admin.follow("/admin/modules/legal").text
    worker.follow(path)
    assert hub.modules.observations.take() == {}
    file = hub.settings.modules_folder / "legal" / "hub_legal" / "__init__.py"
    fixed = file.read_text(encoding="utf-8").replace("time.sleep(60)", 'return Screening(verdict="eligible")')
    file.write_text(fixed, encoding="utf-8")
    hub.modules.close()
    clock.advance(timedelta(minutes=20))
    worker.follow(path)
    assert record_observations(hub) == 0
    assert "模块恢复回应" in admin.follow("/admin/modules/legal").text
