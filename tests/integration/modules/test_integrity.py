"""What runs is what was approved: files changed behind the hub's back are noticed before any of them runs."""

from __future__ import annotations

import os
import py_compile
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.integration.modules.office import ALL_WAYS, ASSESSED, GOOD, Office, events
from tests.integration.modules.wheels import module_wheel
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.module_admin.install_actions import install_module, remove_module
from referral_hub.module_admin.lifecycle_actions import approve_module, disable_module, register_installed
from referral_hub.registry.errors import ModuleAltered, ModuleChanged
from referral_hub.registry.file_digests import files_digest


@pytest.fixture
def office(hub: Hub, world: World, tmp_path: Path) -> Office:
    register_installed(hub)
    return Office(hub, world, tmp_path / "wheels")


def change_in_place(package: Path) -> None:
    """Other content of the same length, its time set back: all that a program can do to hide it."""
    file = package / "__init__.py"
    before = file.stat()
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('decision="accepted"', 'decision="acceptea"'), encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size


def plant_compiled(package: Path) -> None:
    """A compiled file that Python would run instead of the source beside it."""
    other = package.parent / "other.py"
    other.write_text("raise SystemExit\n", encoding="utf-8")
    py_compile.compile(str(other), cfile=str(package / "__pycache__" / "__init__.cpython-311.pyc"))
    other.unlink()


def add_package(package: Path) -> None:
    (package.parent / "msgspec_extra.py").write_text("", encoding="utf-8")


def link_out(package: Path) -> None:
    (package / "data").symlink_to("/etc")


@pytest.mark.parametrize("change", [change_in_place, plant_compiled, add_package, link_out])
def test_files_changed_after_approval_never_run(
    office: Office, owner: psycopg.Connection, change: Callable[[Path], None]
) -> None:
    office.enabled()
    hub = office.hub
    assert hub.modules.call("legal", "hub_check_settings", settings={}) == []
    hub.modules.close()
    change(hub.settings.modules_folder / "legal" / "hub_legal")
    with pytest.raises(ModuleAltered) as caught:
        hub.modules.call("legal", "hub_check_settings", settings={})
    assert "改动" in caught.value.label.zh
    assert register_installed(hub) == 1
    line = office.page().line
    assert line.state == "discovered"
    assert line.problem is not None
    assert "核准以后被改动" in line.problem.zh
    assert line.action is not None
    before, after, by, reason = events(owner)[-1]
    assert (before, after, by) == ("enabled", "discovered", "hub")
    assert "被改动" in reason
    assert register_installed(hub) == 0


def test_the_original_package_brings_it_back_by_way_of_approval(office: Office) -> None:
    office.enabled()
    add_package(office.hub.settings.modules_folder / "legal" / "hub_legal")
    register_installed(office.hub)
    office.install()
    assert office.state() == "discovered"
    office.act(approve_module, **ASSESSED)
    assert office.state() == "approved"
    assert office.hub.modules.call("legal", "hub_check_settings", settings={}) == []


def test_what_was_exchanged_while_the_sheet_was_read_is_not_approved(office: Office) -> None:
    office.install()
    sheet = office.page().sheet
    add_package(office.hub.settings.modules_folder / "legal" / "hub_legal")
    with pytest.raises(ModuleChanged):
        office.act(approve_module, files=sheet.files_digest, **ASSESSED)
    office.act(approve_module, files=office.page().sheet.files_digest, **ASSESSED)


def test_a_removed_module_comes_back_as_approved_only_with_the_same_files(office: Office) -> None:
    office.enabled()
    for code, state in ((ALL_WAYS, "disabled"), (ALL_WAYS + "# other\n", "discovered")):
        office.act(disable_module) if office.state() == "enabled" else None
        remove_module(office.hub, key="legal", reason="换人", by=office.world.admin)
        assert office.install(code=code).state == state


def test_the_same_wheel_gives_the_same_files_wherever_it_lay(office: Office, tmp_path: Path) -> None:
    office.install()
    first = files_digest(office.hub.modules.module("legal"))
    wheel = module_wheel(tmp_path / "elsewhere", manifest=GOOD, code=ALL_WAYS)
    install_module(office.hub, wheel, by=office.world.admin)
    assert files_digest(office.hub.modules.module("legal")) == first
    place = office.hub.settings.modules_folder / "legal"
    assert not list(place.rglob("direct_url.json"))
    assert "direct_url" not in (place / "legal_module-1.0.0.dist-info" / "RECORD").read_text()


def test_a_copy_put_in_place_by_hand_is_no_upgrade(office: Office, tmp_path: Path) -> None:
    office.enabled()
    place = office.hub.settings.modules_folder / "legal"
    shutil.copytree(place, tmp_path / "copy")
    manifest = tmp_path / "copy" / "hub_legal" / "hub-module.toml"
    manifest.write_text(manifest.read_text().replace('version = "1.0.0"', 'version = "1.0.1"'))
    shutil.rmtree(place)
    shutil.copytree(tmp_path / "copy", place)
    register_installed(office.hub)
    assert office.state() == "discovered"
