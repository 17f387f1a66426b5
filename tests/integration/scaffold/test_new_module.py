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
from tests.integration.modules.wheels import module_wheel

from referral_hub.api import read_manifest
from referral_hub.cli.modules import modules
from referral_hub.errors import HubError, Invalid
from referral_hub.registry.registry import ModuleRegistry
from referral_hub.scaffold.errors import FolderTaken
from referral_hub.scaffold.generate import plan_module, write_module
from referral_hub.settings import Settings
from referral_hub.testing import CHECKS, samples

TITLE = "法律咨询"
TWO_SERVICES = ["--service", "legal_aid.advice=法律咨询", "--service", "court=陪同出庭“两次”"]


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
def at_home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are typed on the test's own installation."""
    assert settings.database_url
    assert settings.database_app_url
    monkeypatch.setenv("HUB_DATA", str(settings.data))
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("DATABASE_APP_URL", settings.database_app_url.get_secret_value())


@pytest.fixture
def registry(installed: Path, tmp_path: Path) -> Iterator[ModuleRegistry]:
    registry = ModuleRegistry(folder=installed, run_folder=tmp_path / "run", path=[])
    yield registry
    registry.close()


@pytest.mark.parametrize(
    ("name", "words", "titles"),
    [
        pytest.param("Legal aid", ["--service", "advice"], ["Legal aid"], id="in English"),
        pytest.param("法律援助", ["--service", "law.advice"], ["法律援助"], id="in Chinese", marks=pytest.mark.slow),
        pytest.param(
            "心理支持 Support",
            ["--service", "talk=一对一谈话", "--need", "counselling"],
            ["一对一谈话"],
            id="with a title",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "法律援助",
            [*TWO_SERVICES, "--key", "legal_aid", "--english", "Legal aid", "--provider", "某事务所（示例）"],
            ["法律咨询", "陪同出庭“两次”"],
            id="two services",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_whatever_it_is_called_it_passes_the_kit_at_once(
    tmp_path: Path, name: str, words: list[str], titles: list[str]
) -> None:
    folder = tmp_path / "hub-new"
    done = CliRunner().invoke(modules, ["new", name, *words, "--folder", str(folder)])
    assert done.exit_code == 0, done.output
    (manifest,) = folder.glob("*/hub-module.toml")
    assert [service.title.zh for service in read_manifest(manifest).services] == titles
    tested = run("-m", "pytest", "-q", "-p", "no:cacheprovider", ".", cwd=folder)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "skipped" not in tested.stdout


@pytest.mark.usefixtures("at_home")
def test_its_wheel_is_installed_checked_and_enabled_by_the_commands_of_its_readme(
    installed: Path,
) -> None:
    def do(*words: str) -> str:
        done = CliRunner().invoke(modules, list(words))
        assert done.exit_code == 0, done.output
        return done.output

    (wheel,) = (installed.parent / "dist").glob("*.whl")
    assert "legal" in do("install", str(wheel))
    told = do("check", "legal")
    assert all(check.name in told and check.title.zh in told for check in CHECKS)
    assert "✗" not in told
    do("approve", "legal", "--assessment", "PIA-1", "--assessed-on", "2026-03-01", "--reason", "试用")
    do("enable", "legal", "--reason", "试用")
    assert "法律援助" in do("list")


@pytest.mark.usefixtures("at_home")
def test_a_check_that_fails_is_reported_in_words_and_by_the_exit_code(tmp_path: Path) -> None:
    code = "@hookimpl\ndef hub_withdraw(withdrawal, documents, now):\n    print(1)\n"
    wheel = module_wheel(tmp_path, code=code + "    return Acknowledgement(deleted=False)\n")
    assert CliRunner().invoke(modules, ["install", str(wheel)]).exit_code == 0
    done = CliRunner().invoke(modules, ["check", "legal"])
    assert done.exit_code == 1
    assert "✗ 撤回同意就停止并删除 · 必须 · withdrawal_is_acknowledged_and_erased" in done.output
    assert "✗ 不打印" in done.output
    assert "→ hub_withdraw 返回 Acknowledgement(deleted=True)" in done.output
    assert CliRunner().invoke(modules, ["enable", "legal", "--reason", "x"]).exit_code != 0


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
        ("法律援助", ["legal.Advice"], "lower-case letters"),
        ("法律援助", ["9.advice"], "lower-case letters"),
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
