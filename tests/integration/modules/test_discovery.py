"""Discovery reads, it never runs: whatever is wrong with a module is a row with a reason and a next step."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.modules.made import MANIFEST, write_module

from referral_hub.registry.discovery import Module, discover
from referral_hub.registry.errors import ModuleNotInstalled
from referral_hub.registry.registry import ModuleRegistry

GOOD = MANIFEST.format(key="legal", network="[]")
MakeRegistry = Callable[..., ModuleRegistry]
BUILT_IN = {
    "employment": "employment.training",
    "living": "living.assistance",
    "counselling": "counselling.sessions",
    "house": "house.stay",
}


def only(folder: Path) -> Module:
    (module,) = discover(folder, [])
    return module


def test_a_module_in_its_own_folder_is_found_without_running_a_line_of_it(modules_folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    place = write_module(modules_folder, code=f"open({str(mark)!r}, 'w')\n")
    (place / "hostile.pth").write_text(f"import pathlib; pathlib.Path({str(mark)!r}).write_text('ran')\n")
    (place / "sitecustomize.py").write_text(f"open({str(mark)!r}, 'w')\n")
    module = only(modules_folder)
    assert module.state == "discovered"
    assert (module.key, module.distribution, module.version, module.origin) == (
        "legal",
        "legal-module",
        "1.0.0",
        "folder",
    )
    assert module.manifest is not None
    assert not mark.exists()
    assert "hub_legal" not in sys.modules
    assert str(place) not in sys.path


def test_a_hostile_pth_file_runs_neither_in_the_hub_nor_in_the_worker(
    modules_folder: Path, make_registry: MakeRegistry, tmp_path: Path
) -> None:
    place = write_module(
        modules_folder, code="import sys\ndef seen(settings): return say(str('pth_ran' in sys.__dict__))"
    )
    (place / "hostile.pth").write_text("import sys; sys.pth_ran = True\n")
    registry = make_registry()
    answer = registry.call("legal", "hub_check_settings", settings={"do": "seen"})
    assert answer[0].message.en == "False"
    assert not hasattr(sys, "pth_ran")


@pytest.mark.parametrize(
    ("manifest", "state", "told"),
    [
        (None, "broken", "hub-module.toml"),
        ("not toml at all =", "broken", "cannot be read"),
        (GOOD.replace('api = "1.0"', 'api = "2.0"'), "incompatible", "2.0"),
        (GOOD.replace('api = "1.0"', 'api = "1.9"'), "incompatible", "1.9"),
        (MANIFEST.format(key="other", network="[]"), "broken", "“legal”"),
        (GOOD.replace('"legal"]', '"luck"]'), "broken", "luck"),
        (GOOD.replace("age_band", "drug_history"), "broken", "drug_history"),
        (
            GOOD.replace('"age_band", category = "basic"', '"age_band", category = "need"'),
            "broken",
            "belongs to basic",
        ),
        (GOOD.replace("信函", "吸毒史"), "broken", "“吸毒”"),
    ],
)
def test_a_bad_manifest_is_a_row_that_says_what_and_what_next(
    modules_folder: Path, manifest: str | None, state: str, told: str
) -> None:
    write_module(modules_folder, manifest=manifest)
    module = only(modules_folder)
    assert module.state == state
    assert module.manifest is None
    assert module.reason is not None
    assert told in module.reason.en
    assert module.reason.zh
    assert module.action is not None


def test_a_folder_without_an_entry_point_is_a_row(modules_folder: Path) -> None:
    write_module(modules_folder, entry="[console_scripts]\nx = y:z\n")
    module = only(modules_folder)
    assert (module.key, module.state) == ("legal", "broken")


def test_a_package_that_is_gone_is_missing(modules_folder: Path) -> None:
    place = write_module(modules_folder)
    (place / "hub_legal" / "__init__.py").unlink()
    (place / "hub_legal" / "hub-module.toml").unlink()
    (place / "hub_legal").rmdir()
    assert only(modules_folder).state == "missing"


@pytest.mark.parametrize(
    "entry", ["[referral_hub.modules]\nlegal = hub_legal.inner\n", "[referral_hub.modules]\nlegal = \n"]
)
def test_an_odd_entry_point_is_a_row_too(modules_folder: Path, entry: str) -> None:
    write_module(modules_folder, entry=entry)
    assert [module.state for module in discover(modules_folder, [])] != ["discovered"]


@pytest.mark.parametrize("name", ["METADATA", "entry_points.txt"])
def test_metadata_that_is_garbage_ends_nothing(modules_folder: Path, name: str) -> None:
    place = write_module(modules_folder)
    (place / "legal_module-1.0.0.dist-info" / name).write_bytes(b"\xff\xfe\x00garbage\n[[[")
    write_module(modules_folder, "other")
    assert "discovered" in {module.state for module in discover(modules_folder, []) if module.key == "other"}


def test_two_modules_of_one_key_are_not_both_used(modules_folder: Path, tmp_path: Path) -> None:
    write_module(modules_folder)
    beside = write_module(tmp_path / "environment")
    states = sorted((module.origin, module.state) for module in discover(modules_folder, [str(beside)]))
    assert states == [("folder", "broken"), ("hub", "discovered")]


def test_a_folder_named_otherwise_is_not_used(modules_folder: Path) -> None:
    write_module(modules_folder).rename(modules_folder / "another")
    module = only(modules_folder)
    assert (module.key, module.state) == ("another", "broken")


def test_stray_files_and_hidden_folders_are_ignored(modules_folder: Path) -> None:
    (modules_folder / "README").write_text("hello")
    (modules_folder / ".unpacking").mkdir()
    assert discover(modules_folder, []) == []
    assert discover(modules_folder / "absent", []) == []
    assert discover(None, []) == []


def test_the_four_built_in_modules_are_found_by_entry_point_alone() -> None:
    found = {module.key: module for module in discover(None) if module.key in BUILT_IN}
    assert set(found) == set(BUILT_IN)
    for key, service in BUILT_IN.items():
        assert found[key].state == "discovered", found[key].reason
        assert found[key].service(service) is not None
    # In a process of its own: other tests of this one import the modules themselves.
    code = "import sys; from referral_hub.registry.discovery import discover; discover(None); print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {f"hub_{key}" for key in BUILT_IN} & set(imported)


def test_without_one_of_its_folders_a_built_in_module_is_missing_and_the_others_stay(tmp_path: Path) -> None:
    """An editable install whose source folder was deleted leaves its metadata behind."""
    environment = tmp_path / "site-packages"
    environment.mkdir()
    for key in ("legal", "family"):
        metadata = next(write_module(tmp_path / "sources", key).glob("*.dist-info"))
        metadata.rename(environment / metadata.name)
    path = [str(environment), str(tmp_path / "sources" / "legal")]
    assert {module.key: module.state for module in discover(None, path)} == {"legal": "discovered", "family": "missing"}


def test_safe_mode_starts_with_no_module(modules_folder: Path, make_registry: MakeRegistry) -> None:
    write_module(modules_folder)
    registry = make_registry(safe_mode=True)
    assert registry.modules() == []
    assert registry.services() == []
    with pytest.raises(ModuleNotInstalled):
        registry.call("legal", "hub_check_settings", settings={})


def test_a_module_that_is_upgraded_is_served_by_a_new_worker(modules_folder: Path, make_registry: MakeRegistry) -> None:
    place = write_module(modules_folder, code="def which(settings): return say('old')\n")
    registry = make_registry()
    assert registry.call("legal", "hub_check_settings", settings={"do": "which"})[0].message.en == "old"
    source = place / "hub_legal" / "__init__.py"
    source.write_text(source.read_text().replace("'old'", "'new'"))
    manifest = place / "hub_legal" / "hub-module.toml"
    manifest.write_text(manifest.read_text().replace('version = "1.0.0"', 'version = "1.0.1"'))
    registry.discover()
    assert registry.call("legal", "hub_check_settings", settings={"do": "which"})[0].message.en == "new"
    assert registry.module("legal").version == "1.0.1"


def test_a_module_that_is_removed_is_no_longer_called(modules_folder: Path, make_registry: MakeRegistry) -> None:
    place = write_module(modules_folder)
    registry = make_registry()
    assert registry.call("legal", "hub_check_settings", settings={}) == []
    place.rename(modules_folder.parent / "taken away")
    registry.discover()
    assert registry.find_service("legal.advice") is None
    with pytest.raises(ModuleNotInstalled):
        registry.call("legal", "hub_check_settings", settings={})


def test_forty_installed_modules_are_found_and_none_is_started(
    modules_folder: Path, make_registry: MakeRegistry
) -> None:
    for number in range(40):
        key = f"module_{number}"
        write_module(modules_folder, key)
    registry = make_registry()
    assert len(registry.services()) == 40
    assert all(registry.level(module.key) is None for module in registry.modules())


def test_a_module_in_the_hubs_environment_may_use_what_is_installed_beside_it(
    tmp_path: Path, make_registry: MakeRegistry
) -> None:
    place = write_module(
        tmp_path / "environment", code="import httpx\ndef seen(settings): return say(httpx.__name__)\n"
    )
    registry = ModuleRegistry(
        folder=None, run_folder=tmp_path / "run", path=[str(place), sysconfig.get_paths()["purelib"]]
    )
    try:
        answer = registry.call("legal", "hub_check_settings", settings={"do": "seen"})
    finally:
        registry.close()
    assert answer[0].message.en == "httpx"
