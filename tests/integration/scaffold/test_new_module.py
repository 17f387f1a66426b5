"""What `hub modules new` writes is built, installed and used as a partner would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from referral_hub.cli.modules import modules
from referral_hub.errors import HubError, Invalid
from referral_hub.modules.registry import ModuleRegistry
from referral_hub.scaffold.errors import FolderTaken
from referral_hub.scaffold.generate import plan_module, write_module
from referral_hub.testing import samples

TITLE = "法律咨询"


def run(*command: str | Path, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    if path:
        env["PYTHONPATH"] = str(path)
    return subprocess.run(
        [sys.executable, *map(str, command)], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("author") / "hub-legal"
    arguments = ["new", "法律援助", "--english", "Legal aid", "--service", f"legal.advice={TITLE}"]
    result = CliRunner().invoke(modules, [*arguments, "--service", "court", "--folder", str(folder)])
    assert result.exit_code == 0, result.output
    assert "python -m pytest" in result.output
    return folder


@pytest.fixture(scope="module")
def installed(written: Path) -> Path:
    """The modules folder of a hub with the built wheel in it."""
    author = written.parent
    built = run("-m", "hatchling", "build", "-t", "wheel", "-d", author / "dist", cwd=written)
    assert built.returncode == 0, built.stderr
    (wheel,) = (author / "dist").glob("*.whl")
    options = ("--disable-pip-version-check", "--no-index", "--no-deps", "--quiet")
    done = run("-m", "pip", "install", *options, "--target", author / "modules" / "legal", wheel, cwd=author)
    assert done.returncode == 0, done.stderr
    return author / "modules"


@pytest.fixture
def registry(installed: Path, tmp_path: Path) -> Iterator[ModuleRegistry]:
    registry = ModuleRegistry(folder=installed, run_folder=tmp_path / "run", path=[])
    yield registry
    registry.close()


@pytest.mark.slow
def test_a_new_module_passes_the_kit_as_it_is_and_when_installed(written: Path, installed: Path) -> None:
    tests = installed.parent / "tests"
    shutil.copytree(written / "tests", tests, dirs_exist_ok=True)
    for cwd, path in ((written, None), (tests, installed / "legal")):
        done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", ".", cwd=cwd, path=path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert " passed" in done.stdout
        assert "skipped" not in done.stdout


def test_it_takes_a_referral_in_a_worker_of_its_own(registry: ModuleRegistry) -> None:
    (module,) = registry.modules()
    assert (module.key, module.state, module.reason) == ("legal", "discovered", None)
    service = registry.manifest("legal").services[0]
    assert (service.key, service.title.zh, service.needs) == ("legal.advice", TITLE, ["legal"])
    assert registry.manifest("legal").services[1].key == "legal.court"
    referral = samples.referral_of(service, samples.offering_of(service, {}, {}), everything=True)
    arguments: dict[str, Any] = {"documents": [], "settings": {}, "now": samples.NOW}
    assert registry.call("legal", "hub_receive", referral=referral, **arguments).decision == "person"
    assert registry.call("legal", "hub_check_settings", settings={}) == []


def test_the_commands_its_readme_names_exist(written: Path) -> None:
    named = re.findall(r"hub modules (\w+)", (written / "README.md").read_text(encoding="utf-8"))
    assert {"install", "check", "approve", "enable", "drain", "remove", "try"} <= set(named) <= set(modules.commands)


def test_nothing_is_overwritten(written: Path) -> None:
    with pytest.raises(FolderTaken):
        write_module(plan_module("法律援助", ["legal.advice"]), written)


@pytest.mark.parametrize(
    ("name", "services", "key"),
    [
        ("Legal aid", ["advice"], "legal_aid"),
        ("法律援助 Legal", ["advice"], "legal"),
        ("法律援助", ["law.advice", "court"], "law"),
    ],
)
def test_the_key_comes_from_the_service_or_the_name(name: str, services: list[str], key: str) -> None:
    assert plan_module(name, services).key == key


@pytest.mark.parametrize(
    ("name", "services", "told"),
    [
        ("法律援助", ["advice"], "legal.advice"),
        ("法律援助", ["a.advice", "b.court"], "one module"),
        ('法"律', ["legal.advice"], "quotes"),
        ("", ["legal.advice"], "1 to 60"),
        ("法律援助", ["legal.Advice"], "small letters"),
        ("法律援助", ["9.advice"], "small letters"),
        ("戒毒法律援助", ["legal.advice"], "neutral"),
        ("法律援助", ["legal.advice", "legal.advice"], "twice"),
    ],
)
def test_what_cannot_be_is_refused_with_words_before_a_file_is_written(
    tmp_path: Path, name: str, services: list[str], told: str
) -> None:
    folder = tmp_path / "new"
    with pytest.raises(Invalid) as refused:
        write_module(plan_module(name, services), folder)
    assert told in refused.value.label.en
    assert not folder.exists()


def test_an_unknown_need_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HubError) as refused:
        write_module(plan_module("法律援助", ["legal.advice"], need="law"), tmp_path / "new")
    assert "employment" in refused.value.label.en
