"""Forty installed modules cost the hub's start nothing but reading forty manifests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from tests.integration.modules.conftest import MakeRegistry
from tests.integration.modules.made import write_module

MANY = 40
LOOK = """
import sys
from pathlib import Path
from referral_hub.registry.registry import ModuleRegistry
registry = ModuleRegistry(folder=Path(sys.argv[1]), run_folder=Path(sys.argv[2]), path=[])
print(len([module for module in registry.modules() if module.state == "discovered"]))
print(*sorted(sys.modules))
"""


@pytest.fixture
def many(modules_folder: Path) -> Path:
    for number in range(MANY):
        write_module(modules_folder, f"legal_{number}")
    return modules_folder


def look(folder: Path, tmp_path: Path) -> tuple[int, set[str]]:
    """How many modules a new process finds, and the names of all it has imported by then."""
    command = [sys.executable, "-c", LOOK, str(folder), str(tmp_path / "run")]
    found, imported = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return int(found), set(imported.split())


def test_finding_forty_modules_imports_what_finding_one_does(many: Path, tmp_path: Path) -> None:
    one = tmp_path / "one"
    write_module(one)
    (one_found, with_one), (many_found, with_many) = look(one, tmp_path), look(many, tmp_path)
    assert (one_found, many_found) == (1, MANY)
    assert with_many == with_one
    assert not [name for name in with_many if name.startswith("hub_legal")]


def test_a_worker_starts_at_the_first_call_to_its_own_module(many: Path, make_registry: MakeRegistry) -> None:
    hub = psutil.Process()
    before = {child.pid for child in hub.children()}
    registry = make_registry()
    assert len(registry.services()) == MANY
    assert {child.pid for child in hub.children()} == before
    for number in (3, 17, 3):
        assert registry.call(f"legal_{number}", "hub_check_settings", settings={}) == []
    assert len({child.pid for child in hub.children()} - before) == 2
