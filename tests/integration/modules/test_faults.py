"""Whatever a module does wrong is one error, and the next call is served."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from referral_hub.api import Enquiry, Offering
from referral_hub.isolation.limits import Limits
from referral_hub.registry.errors import (
    ModuleBusy,
    ModuleCrashed,
    ModuleRaised,
    ModuleReplyInvalid,
    ModuleStartFailed,
    ModuleTimedOut,
)
from referral_hub.registry.registry import ModuleRegistry

RegistryWith = Callable[..., ModuleRegistry]


def ask(registry: ModuleRegistry, do: str, **settings: object) -> str:
    problems = registry.call("legal", "hub_check_settings", settings={"do": do, **settings})
    return str(problems[0].message.en) if problems else ""


def serves(registry: ModuleRegistry) -> bool:
    return bool(registry.call("legal", "hub_check_settings", settings={}) == [])


# The hub waits a second for these modules; whoever waited for the module itself would wait much longer than this.
IN_TIME = 20


def test_a_module_that_hangs_is_stopped_in_time_and_served_again(registry_with: RegistryWith) -> None:
    registry = registry_with("def hang(settings):\n    while True: pass\n")
    began = time.monotonic()
    with pytest.raises(ModuleTimedOut) as caught:
        ask(registry, "hang")
    assert time.monotonic() - began < IN_TIME
    assert "no reply in 1 s" in str(caught.value.details["detail"])
    assert serves(registry)


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("import os\ndef end(settings): os._exit(3)\n", "ended with code 3"),
        ("import ctypes\ndef end(settings): ctypes.string_at(0)\n", "SIGSEGV"),
        ("import os\ndef end(settings): os.abort()\n", "SIGABRT"),
        ("import os, signal\ndef end(settings): os.kill(os.getpid(), signal.SIGKILL)\n", "SIGKILL"),
    ],
)
def test_a_module_that_ends_its_process_has_crashed(registry_with: RegistryWith, code: str, how: str) -> None:
    registry = registry_with(code)
    with pytest.raises(ModuleCrashed) as caught:
        ask(registry, "end")
    assert how in str(caught.value.details["detail"])
    assert serves(registry)


@pytest.mark.parametrize(
    "error", ["SystemExit(2)", "KeyboardInterrupt()", "ValueError('张三 13800000000')", "MemoryError()"]
)
def test_an_exception_is_reported_without_its_words_and_the_same_process_goes_on(
    registry_with: RegistryWith, error: str
) -> None:
    registry = registry_with(f"def fall(settings): raise {error}\n")
    assert serves(registry)
    before = registry._workers["legal"].pid
    with pytest.raises(ModuleRaised) as caught:
        ask(registry, "fall")
    detail = str(caught.value.details["detail"])
    assert error.partition("(")[0] in detail
    assert "hub_legal/__init__.py" in detail
    assert "13800000000" not in detail
    assert serves(registry)
    assert registry._workers["legal"].pid == before


def test_two_gigabytes_are_refused_and_the_module_goes_on(registry_with: RegistryWith) -> None:
    registry = registry_with("def eat(settings): return say(str(len(bytearray(2 * 2**30))))\n")
    with pytest.raises(ModuleRaised, match="legal") as caught:
        ask(registry, "eat")
    assert "MemoryError" in str(caught.value.details["detail"])
    assert serves(registry)


def test_what_a_module_prints_never_reaches_the_protocol(registry_with: RegistryWith) -> None:
    registry = registry_with(
        """
        import os, sys
        print("printed at import")
        def chatter(settings):
            print('{"id": 1, "value": []}')
            os.write(1, b"straight to one\\n")
            sys.stderr.write("to stderr\\n")
            return say("still here")
        """
    )
    assert ask(registry, "chatter") == "still here"
    log = registry.log("legal")
    assert "printed at import" in log
    assert "straight to one" in log


def test_a_flood_on_stdout_and_stderr_is_drained_and_kept_short(registry_with: RegistryWith) -> None:
    registry = registry_with(
        """
        import sys
        def flood(settings):
            for _ in range(3000):
                sys.stderr.write("x" * 1000 + "\\n")
                print("y" * 1000)
            return say("done")
        """,
        limits=Limits(check_settings=10),
    )
    assert ask(registry, "flood") == "done"
    assert len(registry.log("legal")) <= 64 * 1024


def test_a_reply_above_one_mebibyte_is_refused(registry_with: RegistryWith) -> None:
    registry = registry_with("def long(settings): return say('长' * 400_000)\n")
    with pytest.raises(ModuleReplyInvalid, match="legal") as caught:
        ask(registry, "long")
    assert "above 1048576" in str(caught.value.details["detail"])
    assert serves(registry)


def test_a_flood_on_the_protocol_itself_is_cut_off(registry_with: RegistryWith) -> None:
    """A module that finds the protocol's descriptor can only spoil its own call."""
    registry = registry_with(
        """
        import os
        def flood(settings):
            for descriptor in range(3, 10):
                try:
                    for _ in range(40):
                        os.write(descriptor, b"z" * 65536)
                except OSError:
                    pass
        """
    )
    with pytest.raises(ModuleReplyInvalid):
        ask(registry, "flood")
    assert serves(registry)


@pytest.mark.parametrize(
    "line", ['{"id": 99, "value": []}', "not json", '{"id": 1, "value": []}\\n{"id": 2, "value": []}']
)
def test_garbage_or_a_forged_reply_ends_the_process(registry_with: RegistryWith, line: str) -> None:
    registry = registry_with(
        f"""
        import os, time
        def forge(settings):
            for descriptor in range(3, 10):
                try: os.write(descriptor, b'{line}\\n')
                except OSError: pass
            time.sleep(5)
        """
    )
    assert serves(registry)
    with pytest.raises((ModuleReplyInvalid, ModuleTimedOut)):
        ask(registry, "forge")
    assert serves(registry)


@pytest.mark.parametrize("value", ["object()", "{1: {2}}", "3", "'text'", "[{'message': 5}]", "None", "lambda: 1"])
def test_a_reply_of_the_wrong_type_is_refused(registry_with: RegistryWith, value: str) -> None:
    registry = registry_with(f"def wrong(settings): return {value}\n")
    with pytest.raises(ModuleReplyInvalid):
        ask(registry, "wrong")
    assert serves(registry)


def test_a_module_that_starts_slowly_fails_to_start_within_the_limit(registry_with: RegistryWith) -> None:
    registry = registry_with("import time\ntime.sleep(30)\n", limits=Limits(start=1.0))
    began = time.monotonic()
    with pytest.raises(ModuleStartFailed) as caught:
        serves(registry)
    assert time.monotonic() - began < IN_TIME
    assert "not ready after 1 s" in str(caught.value.details["detail"])


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("raise RuntimeError('no luck')\n", "RuntimeError: no luck"),
        ("import a_package_nobody_has\n", "a_package_nobody_has"),
        ("def (:\n", "SyntaxError"),
        ("import os; os._exit(7)\n", "ended with code 7"),
        ("raise SystemExit(1)\n", "SystemExit"),
        ("@hookimpl\ndef hub_recieve(referral): ...\n", "hub_recieve"),
        ("@hookimpl\ndef hub_screen(enquiry, offer): ...\n", "offer"),
        ("del hub_withdraw\n", "hub_withdraw"),
    ],
)
def test_a_module_that_cannot_start_says_why(registry_with: RegistryWith, code: str, told: str) -> None:
    registry = registry_with(code)
    with pytest.raises(ModuleStartFailed) as caught:
        serves(registry)
    assert told in str(caught.value.details["detail"])


def test_a_worker_killed_between_calls_is_replaced_unnoticed(registry_with: RegistryWith) -> None:
    registry = registry_with()
    assert serves(registry)
    pid = registry._workers["legal"].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while registry._workers["legal"].pid is not None:
        time.sleep(0.01)
    assert serves(registry)
    assert registry._workers["legal"].pid != pid


def test_an_optional_hook_left_out_answers_none(registry_with: RegistryWith) -> None:
    registry = registry_with()
    assert registry.call("legal", "hub_poll", cursor=None, settings={}, now=datetime(2026, 3, 2, tzinfo=UTC)) is None


def test_a_call_that_gets_no_turn_says_busy(registry_with: RegistryWith) -> None:
    registry = registry_with(
        "import time\ndef sleep(settings):\n    time.sleep(2)\n    return []\n",
        limits=Limits(check_settings=5, screen=0.3),
    )
    assert serves(registry)
    thread = threading.Thread(target=ask, args=(registry, "sleep"))
    thread.start()
    while not registry._workers["legal"]._lock.locked():
        time.sleep(0.01)
    with pytest.raises(ModuleBusy):
        registry.call(
            "legal",
            "hub_screen",
            enquiry=Enquiry(service="legal.advice"),
            offering=Offering(id="o", service="legal.advice"),
            settings={},
        )
    thread.join()


def test_many_threads_share_one_worker(registry_with: RegistryWith) -> None:
    registry = registry_with("def echo(settings): return say(settings['text'])\n", limits=Limits())
    wrong: list[str] = []

    def work(name: str) -> None:
        wrong.extend(name for _ in range(50) if ask(registry, "echo", text=name) != name)

    threads = [threading.Thread(target=work, args=(f"thread {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_worker_is_ended_with_all_it_started_and_leaves_nothing_running(
    registry_with: RegistryWith,
) -> None:
    registry = registry_with()
    assert serves(registry)
    pid = registry._workers["legal"].pid
    assert pid is not None
    registry.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert serves(registry)


def test_an_idle_worker_is_stopped_and_comes_back(registry_with: RegistryWith) -> None:
    registry = registry_with(limits=Limits(idle=0.01))
    assert serves(registry)
    time.sleep(0.05)
    registry.stop_idle()
    assert registry._workers["legal"].pid is None
    assert serves(registry)


def test_a_worker_ends_when_the_hub_is_gone(registry_with: RegistryWith) -> None:
    registry = registry_with()
    assert serves(registry)
    worker = registry._workers["legal"]
    pipe = worker._pipe
    assert pipe is not None
    pipe._pipes[0].close()
    assert pipe._process.wait(5) == 0
    worker._pipe = None
    for end in pipe._pipes:
        end.close()
