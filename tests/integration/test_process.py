from __future__ import annotations

import json
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
