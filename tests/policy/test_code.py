"""Rules about the code itself: sizes, what is never written down, errors and acts that are complete."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import referral_hub
import referral_ui
from referral_hub.audit.catalogue import ACTIONS
from referral_hub.errors import HubError
from referral_hub.workflow.table import TRANSITIONS

ROOT = Path(__file__).parents[2]
SOURCES = ("core/referral_hub", "referral_ui/referral_ui", "plugins")

# Longer files are split; the few exceptions say why.
MAX_LINES = 320
LONGER = {
    "core/referral_hub/demo/story.py": "half a year told in order; parted, nobody could follow it",
    "core/referral_hub/views/worker/referral.py": "one referral and the list of them, shaped for the same pages",
}
NEVER = {
    "work that was put off": re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"),
    "a package registry": re.compile(r"py" r"pi\.org|python" r"hosted|registry\.npm" r"js|npm" r"mirror"),
    "a path of someone's machine": re.compile(r"(?<![\w.>/}])/(?:wo" r"rk|ro" r"ot|ho" r"me/\w+|Us" r"ers)/"),
}
_ACT = re.compile(r"[a-z_]+\.[a-z_]+")
# Files of others, or files that tools write.
NOT_OURS = re.compile(r"^(?:requirements(?:-\w+)?\.lock|package-lock\.json)$|\.(?:png|xlsx)$")


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.splitlines() if not NOT_OURS.search(name) and (ROOT / name).is_file()]


def sources() -> list[Path]:
    return [path for source in SOURCES for path in sorted((ROOT / source).rglob("*.py")) if "/tests/" not in str(path)]


def hub_errors() -> list[type[HubError]]:
    for package in (referral_hub, referral_ui):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in found.name and not found.name.endswith("__main__"):
                importlib.import_module(found.name)
    return sorted(set(_below(HubError)), key=lambda error: error.__qualname__)


def _below(kind: type[HubError]) -> Iterator[type[HubError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def test_a_module_does_one_thing_and_stays_short() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()
    }
    too_long = {name: length for name, length in lengths.items() if length > MAX_LINES}
    assert {name: length for name, length in too_long.items() if name not in LONGER} == {}


@pytest.mark.parametrize("what", NEVER)
def test_nothing_is_written_down_that_does_not_belong_here(what: str) -> None:
    found = []
    for name in tracked():
        try:
            lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{name}:{number}" for number, line in enumerate(lines, start=1) if NEVER[what].search(line)]
    assert found == []


def test_every_error_says_the_same_in_both_languages() -> None:
    errors = hub_errors()
    assert len(errors) > 50
    for error in errors:
        assert error.zh.strip(), error
        assert error.en.strip(), error
        assert _facts(error.zh) == _facts(error.en), f"{error.__qualname__}: other facts in the other language"


def test_every_error_has_a_code_of_its_own_and_a_status_of_http() -> None:
    codes: dict[str, type[HubError]] = {}
    for error in hub_errors():
        code = error.__new__(error).code
        assert codes.setdefault(code, error) is error, f"{code} names two errors"
        assert 400 <= error.status < 600, error


def test_every_action_that_is_recorded_is_in_the_catalogue() -> None:
    recorded = {action for path in sources() for action in _recorded(ast.parse(path.read_text(encoding="utf-8")))}
    assert recorded <= set(ACTIONS)
    assert len(recorded) > 40


def test_every_action_of_the_catalogue_is_recorded_somewhere() -> None:
    code = [path for path in [*sources(), *ROOT.glob("core/**/versions/*.sql")] if path.name != "acts.py"]
    written = "\n".join(path.read_text(encoding="utf-8") for path in code)
    by_transition = {f"referral.{line.action}" for line in TRANSITIONS}
    assert [
        action for action in ACTIONS if action not in by_transition and not re.search(rf"[\"']{action}[\"']", written)
    ] == []


def test_light_imports_stay_light() -> None:
    for package in ("referral_hub", "referral_ui"):
        assert (ROOT / SOURCES[("referral_hub", "referral_ui").index(package)] / "__init__.py").read_bytes() == b""


def _facts(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def _recorded(tree: ast.Module) -> Iterator[str]:
    """The actions named in calls of functions that write audit entries: `record_audit_entry`, `record_change`,
    `_record` …
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and "record" in node.func.id:
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and _ACT.fullmatch(part.value):
                    yield part.value


def test_a_limit_in_days_is_given_to_sql_and_not_written_in_it() -> None:
    """What stands as a constant in Python and as a number in SQL disagrees one day."""
    spelt_out = re.compile(r"AS date\)\s*[+-]\s*(?!1\b)\d|interval '(?!0'|1 |1')\d+ ?(?:day|hour|minute)")
    found = [path.name for path in sources() if spelt_out.search(path.read_text(encoding="utf-8"))]
    assert found == []
