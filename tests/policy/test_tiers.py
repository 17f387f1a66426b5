"""What a marker leaves out of `make test` is run by continuous integration, and `make test` says so."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest
from tests.left_out import COMMANDS
from tests.policy.test_docs import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CONTINUOUS_INTEGRATION = (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_marker_has_its_command() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    assert {marker.partition(":")[0] for marker in declared["markers"]} == set(COMMANDS)


@pytest.mark.parametrize(("marker", "command"), list(COMMANDS.items()))
def test_what_is_marked_is_left_out_here_and_run_there(marker: str, command: str) -> None:
    target = command.removeprefix("make ")
    assert re.search(rf"^test:.*\n.* -m \"[^\"]*\bnot {marker}\b", MAKEFILE, re.MULTILINE)
    assert re.search(rf"^{target}:.*\n.* -m \"?{marker}\b", MAKEFILE, re.MULTILINE)
    assert re.search(rf"^{command}$", CONTINUOUS_INTEGRATION, re.MULTILINE)


def test_a_run_says_at_its_end_what_it_left_out() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
    done = subprocess.run(
        [*command, "tests/integration/docs/test_write_tests.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "Left to continuous integration: 2 slow tests (make slow-tests)" in done.stdout
