from __future__ import annotations

import json
import os
import subprocess
import sys

CODE = """
import structlog
from referral_hub.process import configure_log
from referral_hub.settings import Settings
configure_log(Settings(log={level!r}))
log = structlog.get_logger("hub")
log.info("sent", number="ABC")
log.warning("late", job="deliver")
"""

WORKER = """
import atexit
from referral_hub.process import begin_process
from referral_hub.settings import Settings

class Last:
    def __del__(self):
        print("Python takes itself apart")

last = Last()
begin_process(Settings())
atexit.register(print, "closed in good order")
"""


def events(level: str) -> list[dict[str, str]]:
    code = CODE.format(level=level)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_log_that_is_collected_is_one_json_object_a_line_on_standard_error() -> None:
    first, second = events("info")
    assert (first["event"], first["number"], first["level"]) == ("sent", "ABC", "info")
    assert second["level"] == "warning"
    assert first["timestamp"]


def test_the_log_keeps_quiet_about_what_is_less_than_its_level() -> None:
    assert [event["event"] for event in events("warning")] == ["late"]


def test_a_worker_of_the_server_ends_before_python_stops_its_threads() -> None:
    env = os.environ | {"HUB_PARENT": str(os.getpid())}
    worker = subprocess.run([sys.executable, "-c", WORKER], env=env, capture_output=True, text=True, check=True)
    assert worker.stdout == "closed in good order\n"
