"""Installing puts a module into a folder of its own, whole or not at all, and runs nothing of it."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest
from tests.integration.modules.made import MANIFEST
from tests.integration.modules.wheels import module_wheel, write_wheel
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.module_admin.install_actions import InstalledModule, install_module
from referral_hub.module_admin.install_errors import (
    DependenciesMissing,
    InstallRefused,
    InstallTookTooLong,
    KeyTaken,
    KeyUnfit,
    ModuleUnfit,
    NoModuleInPackage,
    NothingToInstall,
    NotTheModule,
    PackageTooLarge,
    PackageUnreadable,
    SeveralModules,
    SourceOnly,
    WrongPlatform,
)
from referral_hub.module_admin.installer import staged
from referral_hub.module_admin.pages import modules_for_list


def install(hub: Hub, world: World, source: Path, **more: object) -> InstalledModule:
    return install_module(hub, source, by=world.admin, **more)  # type: ignore[arg-type]


def left_in(hub: Hub) -> list[str]:
    """What stands in the folder of modules, apart from the lock."""
    folder = hub.settings.modules_folder
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock") if folder.exists() else []


def test_a_wheel_becomes_a_module_that_waits_for_approval(hub: Hub, world: World, tmp_path: Path) -> None:
    done = install(hub, world, module_wheel(tmp_path / "in"))
    assert (done.key, done.version, done.state) == ("legal", "1.0.0", "discovered")
    assert left_in(hub) == ["legal"]
    with hub.transaction(world.admin) as session:
        line = next(line for line in modules_for_list(session) if line.key == "legal")
    assert line.own_folder
    assert line.distribution == "legal-module"
    assert hub.modules.call("legal", "hub_check_settings", settings={}) == []


def test_the_hub_itself_is_not_installed_again_beside_the_module(hub: Hub, world: World, tmp_path: Path) -> None:
    install(hub, world, module_wheel(tmp_path / "in"))
    place = hub.settings.modules_folder / "legal"
    assert sorted(path.name for path in place.iterdir()) == ["hub_legal", "legal_module-1.0.0.dist-info"]


def test_nothing_of_it_runs_while_it_is_installed_and_no_pth_file_ever(hub: Hub, world: World, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    line = f"import pathlib; pathlib.Path({str(mark)!r}).write_text('ran')\n"
    hostile = {"hostile.pth": line, "sitecustomize.py": line, "usercustomize.py": line, "pip/__init__.py": line}
    code = """
        import sys
        def seen(settings): return say(str([n for n in ("sitecustomize", "usercustomize") if n in sys.modules]))
    """
    install(hub, world, module_wheel(tmp_path / "in", files=hostile, code=line + code))
    assert (hub.settings.modules_folder / "legal" / "hostile.pth").is_file()
    hub.modules.discover()
    assert not mark.exists()
    assert "hub_legal" not in sys.modules
    assert not any(str(hub.settings.modules_folder) in path for path in sys.path)


def test_a_zip_or_a_folder_brings_what_the_module_needs(hub: Hub, world: World, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    needed = write_wheel(folder, "courtlib", {"courtlib.py": "FEE = 7\n"})
    code = "import courtlib\ndef fee(settings): return say(str(courtlib.FEE))\n"
    wheel = module_wheel(folder, needs="Requires-Dist: courtlib\n", code=code)
    install(hub, world, folder)
    assert hub.modules.call("legal", "hub_check_settings", settings={"do": "fee"})[0].message.en == "7"
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(needed, f"deep/../../{needed.name}")
        packed.write(wheel, wheel.name)
    assert install(hub, world, archive).version == "1.0.0"
    assert left_in(hub) == ["legal"]


def test_wheels_may_lie_in_another_folder(hub: Hub, world: World, tmp_path: Path) -> None:
    write_wheel(tmp_path / "shelf", "courtlib", {"courtlib.py": ""})
    wheel = module_wheel(tmp_path / "in", needs="Requires-Dist: courtlib\n")
    assert install(hub, world, wheel, find_links=[tmp_path / "shelf"]).key == "legal"


def test_without_what_it_needs_it_says_what_is_missing(hub: Hub, world: World, tmp_path: Path) -> None:
    wheel = module_wheel(tmp_path / "in", needs="Requires-Dist: courtlib>=2\n")
    with pytest.raises(DependenciesMissing, match="courtlib"):
        install(hub, world, wheel)
    assert left_in(hub) == []


def broken_wheel(folder: Path) -> Path:
    wheel = module_wheel(folder)
    wheel.write_bytes(wheel.read_bytes()[:300])
    return wheel


def source_archive(folder: Path) -> Path:
    folder.mkdir()
    archive = folder / "legal_module-1.0.0.tar.gz"
    archive.write_bytes(b"\x1f\x8b")
    return archive


def source_folder(folder: Path) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    return folder


def source_zip(folder: Path) -> Path:
    folder.mkdir()
    archive = folder / "legal.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("legal-main/pyproject.toml", "")
    return archive


def empty_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


def two_wheels(folder: Path) -> Path:
    module_wheel(folder)
    module_wheel(folder, "housing")
    return folder


def foreign_wheel(folder: Path) -> Path:
    wheel = module_wheel(folder)
    return wheel.rename(wheel.with_name("legal_module-1.0.0-cp27-cp27m-win32.whl"))


@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (broken_wheel, PackageUnreadable),
        (source_archive, SourceOnly),
        (source_folder, SourceOnly),
        (source_zip, SourceOnly),
        (empty_folder, NothingToInstall),
        (two_wheels, SeveralModules),
        (foreign_wheel, WrongPlatform),
        (lambda folder: write_wheel(folder, "plain", {"plain.py": ""}), NoModuleInPackage),
        (lambda folder: module_wheel(folder, entries="legal = hub_legal\nmore = hub_more\n"), SeveralModules),
        (lambda folder: module_wheel(folder, entries="other = hub_legal\n"), ModuleUnfit),
        (lambda folder: module_wheel(folder, entries="legal = hub_nothing\n"), ModuleUnfit),
        (lambda folder: module_wheel(folder, manifest="not toml ="), ModuleUnfit),
        (lambda folder: module_wheel(folder, manifest=MANIFEST.format(key="legal", network="[]").replace(
            'api = "1.0"', 'api = "2.0"')), ModuleUnfit),
        (lambda folder: module_wheel(folder, entries="../evil = hub_legal\n"), KeyUnfit),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_in_words_and_leaves_nothing(
    hub: Hub, world: World, tmp_path: Path, make: object, refusal: type[InstallRefused]
) -> None:
    source = make(tmp_path / "in")  # type: ignore[operator]
    with pytest.raises(refusal) as refused:
        install(hub, world, source)
    assert refused.value.label.zh.strip()
    assert refused.value.label.en.strip()
    assert left_in(hub) == []
    assert not (hub.settings.data / "evil").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(hub: Hub, world: World, tmp_path: Path) -> None:
    wheel = tmp_path / "legal_module-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"hub_legal/{number}", b"\0" * (100 * 1024 * 1024))
    with pytest.raises(PackageTooLarge):
        install(hub, world, wheel)


def test_an_installation_that_takes_too_long_is_stopped(hub: Hub, tmp_path: Path) -> None:
    folder = hub.settings.modules_folder
    with pytest.raises(InstallTookTooLong), staged(folder, module_wheel(tmp_path / "in"), seconds=0.05):
        pass
    assert left_in(hub) == []


def test_a_key_of_a_module_in_the_hubs_own_environment_is_taken(hub: Hub, world: World, tmp_path: Path) -> None:
    with pytest.raises(KeyTaken, match="referral-hub-house"):
        install(hub, world, module_wheel(tmp_path / "in", "house"))


def test_another_module_than_the_one_meant_is_refused(hub: Hub, world: World, tmp_path: Path) -> None:
    with pytest.raises(NotTheModule):
        install(hub, world, module_wheel(tmp_path / "in"), key="housing")


def test_a_failed_upgrade_leaves_the_version_in_use(hub: Hub, world: World, tmp_path: Path) -> None:
    install(hub, world, module_wheel(tmp_path / "in"))
    with pytest.raises(ModuleUnfit):
        install(hub, world, module_wheel(tmp_path / "new", version="1.1.0", manifest="nothing"))
    assert hub.modules.discover()
    assert hub.modules.module("legal").version == "1.0.0"
    assert left_in(hub) == ["legal"]


def test_another_process_sees_what_was_installed_within_seconds(
    hub: Hub, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Hub(hub.settings, database=hub.database, cipher=hub.cipher, clock=hub.clock)
    monkeypatch.setattr("referral_hub.registry.registry._LOOK_SECONDS", 0.0)
    try:
        assert "legal" not in {module.key for module in other.modules.modules()}
        install(hub, world, module_wheel(tmp_path / "in"))
        assert other.modules.module("legal").version == "1.0.0"
        install(hub, world, module_wheel(tmp_path / "new", version="1.1.0"))
        assert other.modules.module("legal").version == "1.1.0"
    finally:
        other.modules.close()
        other.engine.dispose()
