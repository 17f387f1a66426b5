"""Packages made to do harm while they are installed, found or listed: refused in words, or without effect."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.integration.modules.made import MANIFEST, write_module
from tests.integration.modules.office import Office
from tests.integration.modules.test_install import install, left_in
from tests.integration.modules.wheels import digest, module_wheel, recorded, write_wheel
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.module_admin.install_errors import (
    HubDoesNotFit,
    InstallFailed,
    InstallRefused,
    KeyOfAnother,
    KeyUnfit,
    ModuleUnfit,
    PackageAltered,
)
from referral_hub.module_admin.lifecycle_actions import register_installed
from referral_hub.module_admin.pages import modules_for_list

GOOD = MANIFEST.format(key="legal", network="[]")


def packed(folder: Path, files: Mapping[str, str], *, mode: int = 0) -> Path:
    """A module's wheel with these files, as the record says too."""
    wheel = module_wheel(folder)
    other = wheel.with_suffix(".new")
    with zipfile.ZipFile(wheel) as before, zipfile.ZipFile(other, "w") as after:
        for name in before.namelist():
            text = before.read(name)
            if name.endswith("RECORD"):
                text += "".join(map(recorded, files, files.values())).encode()
            after.writestr(name, text)
        for path, text_of in files.items():
            info = zipfile.ZipInfo(path)
            info.external_attr = mode << 16
            after.writestr(info, text_of)
    return other.replace(wheel)


@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (lambda folder: packed(folder, {"../../../evil.py": ""}), InstallFailed),
        (lambda folder: packed(folder, {"/evil.py": ""}), InstallFailed),
        (lambda folder: packed(folder, {"legal_module-1.0.0.data/data/../../../../evil": ""}), InstallFailed),
        (lambda folder: packed(folder, {"legal_module-1.0.0.data/scripts/../../evil": ""}), InstallFailed),
        (
            lambda folder: module_wheel(folder, entries="legal = hub_legal\n[console_scripts]\n../../evil = x:f"),
            InstallFailed,
        ),
        (lambda folder: module_wheel(folder, entries="le gal = hub_legal\n"), KeyUnfit),
        (lambda folder: module_wheel(folder, entries="le\0gal = hub_legal\n"), KeyUnfit),
        (lambda folder: module_wheel(folder, entries="legal = hub_legal; import os\n"), ModuleUnfit),
        (lambda folder: module_wheel(folder, entries="legal = ..\n"), ModuleUnfit),
        (lambda folder: module_wheel(folder, entries="legal = hub_legal.inner\n"), ModuleUnfit),
        (
            lambda folder: module_wheel(folder, entries="legal = json\n", files={"json/hub-module.toml": GOOD}),
            ModuleUnfit,
        ),
        (
            lambda folder: module_wheel(
                folder,
                entries="legal = referral_hub\n",
                files={"referral_hub/__init__.py": "", "referral_hub/hub-module.toml": GOOD},
            ),
            ModuleUnfit,
        ),
        (lambda folder: module_wheel(folder, manifest=GOOD.replace("法律服务", r"法\u0000律")), ModuleUnfit),
        (lambda folder: module_wheel(folder, manifest=GOOD.replace("法律服务", r"法\u001b[2J律")), ModuleUnfit),
        (lambda folder: module_wheel(folder, manifest=GOOD.replace("法律服务", r"法\u202e律")), ModuleUnfit),
        (lambda folder: module_wheel(folder, manifest=GOOD.replace('"1.0.0"', r'"1\u0000"')), ModuleUnfit),
        (lambda folder: module_wheel(folder, manifest=GOOD.replace('"1.0.0"', f'"{"1" * 5000}"')), ModuleUnfit),
        (lambda folder: module_wheel(folder, manifest=GOOD.replace("= 90", f"= {'9' * 6000}")), ModuleUnfit),
        (lambda folder: module_wheel(folder, manifest=f"x = {'[' * 100_000}"), ModuleUnfit),
        (lambda folder: module_wheel(folder, manifest=GOOD + "#" * 1_000_000), ModuleUnfit),
    ],
)  # fmt: skip
def test_a_hostile_package_is_refused_and_leaves_nothing(
    hub: Hub, world: World, tmp_path: Path, make: Callable[[Path], Path], refusal: type[InstallRefused]
) -> None:
    with pytest.raises(refusal) as refused:
        install(hub, world, make(tmp_path / "in"))
    assert refused.value.label.zh.strip()
    assert refused.value.label.en.isprintable()
    assert left_in(hub) == []
    assert list(tmp_path.rglob("evil*")) == []
    assert register_installed(hub) == 4


def test_scripts_data_and_links_of_a_wheel_stay_in_its_folder_as_plain_files(
    hub: Hub, world: World, tmp_path: Path
) -> None:
    files = {
        "legal_module-1.0.0.data/scripts/evil": "#!python\n",
        "legal_module-1.0.0.data/data/etc/evil": "",
        "hub_legal/evil": "/etc/passwd",
        "setup.py": "raise SystemExit\n",
    }
    install(hub, world, packed(tmp_path / "in", files, mode=0o120777))
    place = hub.settings.modules_folder / "legal"
    found = [path for path in tmp_path.rglob("evil") if path.exists() or path.is_symlink()]
    assert found
    assert all(place in path.parents and not path.is_symlink() for path in found)
    assert hub.modules.call("legal", "hub_check_settings", settings={}) == []


def test_packages_named_as_pythons_or_the_hubs_own_are_never_imported(hub: Hub, world: World, tmp_path: Path) -> None:
    bad = "raise SystemExit('shadowed')\n"
    shadows = dict.fromkeys(
        ["json.py", "os.py", "referral_hub/__init__.py", "referral_hub/api.py", "msgspec.py", "pluggy/__init__.py"], bad
    )
    code = "import json, os, msgspec, pluggy, referral_hub.api\n"
    install(hub, world, module_wheel(tmp_path / "in", files=shadows, code=code))
    assert hub.modules.call("legal", "hub_check_settings", settings={}) == []


def test_a_hub_that_someone_else_wrote_is_not_installed_for_it(hub: Hub, world: World, tmp_path: Path) -> None:
    write_wheel(tmp_path / "in", "referral_hub", {"referral_hub/api.py": "raise SystemExit\n"}, version="99.0.0")
    module_wheel(tmp_path / "in")
    install(hub, world, tmp_path / "in")
    assert not (hub.settings.modules_folder / "legal" / "referral_hub").exists()


def test_a_module_for_a_later_hub_is_refused_in_words(hub: Hub, world: World, tmp_path: Path) -> None:
    with pytest.raises(HubDoesNotFit, match="another version of the hub"):
        install(hub, world, module_wheel(tmp_path / "in", needs="Requires-Dist: referral-hub>=99\n"))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (digest("other"), "hub_legal/more.py"),
        ("md5=abc", "hub_legal/more.py"),
        ("sha256", "RECORD"),
        ("", "hub_legal/more.py"),
        (None, "hub_legal/more.py"),
    ],
)
def test_a_wheel_that_is_not_what_its_record_says_is_refused(
    hub: Hub, world: World, tmp_path: Path, given: str | None, named: str
) -> None:
    wheel = module_wheel(tmp_path / "in")
    record = "legal_module-1.0.0.dist-info/RECORD"
    other = tmp_path / "other"
    other.mkdir()
    with zipfile.ZipFile(wheel) as before, zipfile.ZipFile(other / wheel.name, "w") as after:
        for name in before.namelist():
            text = before.read(name).decode()
            if name == record and given is not None:
                text += f"hub_legal/more.py,{given},\n"
            after.writestr(name, text)
        after.writestr("hub_legal/more.py", "FEE = 7\n")
    with pytest.raises(PackageAltered) as refused:
        install(hub, world, other / wheel.name)
    assert refused.value.details["file"] == named


def test_a_wheel_with_two_files_of_one_name_is_refused(hub: Hub, world: World, tmp_path: Path) -> None:
    wheel = module_wheel(tmp_path / "in")
    with zipfile.ZipFile(wheel, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("hub_legal/__init__.py", archive.read("hub_legal/__init__.py"))
    with pytest.raises(PackageAltered) as refused:
        install(hub, world, wheel)
    assert refused.value.details["file"] == "hub_legal/__init__.py"


def test_a_wheel_with_the_digests_of_its_files_is_installed(hub: Hub, world: World, tmp_path: Path) -> None:
    wheel = module_wheel(tmp_path / "in")
    other = tmp_path / "other"
    other.mkdir()
    with zipfile.ZipFile(wheel) as before, zipfile.ZipFile(other / wheel.name, "w") as after:
        texts = {name: before.read(name).decode() for name in before.namelist()}
        record = next(name for name in texts if name.endswith("RECORD"))
        texts[record] = "".join(recorded(name, text) for name, text in texts.items() if name != record)
        for name, text in texts.items():
            after.writestr(name, text)
    assert install(hub, world, other / wheel.name).key == "legal"


def test_another_package_of_the_same_key_is_no_upgrade(hub: Hub, world: World, tmp_path: Path) -> None:
    register_installed(hub)
    office = Office(hub, world, tmp_path / "wheels")
    office.enabled()
    other = write_wheel(
        tmp_path / "in",
        "lawyers_friend",
        {
            "hub_legal/__init__.py": "",
            "hub_legal/hub-module.toml": GOOD,
            "lawyers_friend-1.0.0.dist-info/entry_points.txt": "[referral_hub.modules]\nlegal = hub_legal\n",
        },
    )
    with pytest.raises(KeyOfAnother, match="legal-module"):
        install(hub, world, other)
    assert hub.modules.module("legal").distribution == "legal-module"
    assert office.state() == "enabled"


@pytest.mark.parametrize(
    ("metadata", "entry"),
    [
        ("Name: a\0b\nVersion: 1\0\n", None),
        (f"Name: {'x' * 5000}\nVersion: \x1b[2J\n", None),
        ("Name: legal-module\nVersion: 1.0.0\n", "[referral_hub.modules]\nle\0gal = hub_legal\n"),
        ("Name: legal-module\nVersion: 1.0.0\n", "[referral_hub.modules]\nlegal = hub\0legal\n"),
    ],
)
def test_names_that_no_database_takes_break_neither_the_start_nor_the_list(
    hub: Hub, world: World, metadata: str, entry: str | None
) -> None:
    folder = hub.settings.modules_folder
    place = write_module(folder, manifest=None, entry=entry)
    (place / "legal_module-1.0.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\n" + metadata)
    shutil.copytree(place, folder / "le\x1bgal\udcff")
    hub.modules.discover()
    assert register_installed(hub) == 6
    assert register_installed(hub) == 0
    with hub.transaction(world.admin) as session:
        lines = {line.key: line for line in modules_for_list(session)}
    assert {"legal", "le_gal_", "house", "living"} <= set(lines)
    assert lines["legal"].state in {"broken", "missing"}
    assert all(
        (line.distribution or "").isprintable() and len(line.distribution or "") <= 80 for line in lines.values()
    )
