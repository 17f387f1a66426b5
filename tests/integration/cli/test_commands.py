from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import click
import pytest

from referral_hub.cli.group import COMMANDS, LazyGroup, hub
from referral_hub.settings import Settings

HUB = [sys.executable, "-c", "from referral_hub.cli import main; main()"]


def run(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DATABASE_", "LC_", "LANG"))
    }
    return subprocess.run(
        [*HUB, *arguments], env=kept | dict(env or {}), capture_output=True, text=True, check=False, timeout=60
    )


def test_help_loads_no_command() -> None:
    code = "import sys; from referral_hub.cli.group import hub; hub(['-h'], standalone_mode=False); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for name in ("sqlalchemy", "psycopg", "pydantic", "litestar", "granian", "cryptography"):
        assert name not in loaded.split()


def test_the_language_follows_hub_lang_then_the_system_and_is_chinese_otherwise() -> None:
    chinese, english = "备份", "Back up"
    assert chinese in run("--help").stdout
    assert chinese in run("--help", env={"LANG": "C.UTF-8"}).stdout
    assert english in run("--help", env={"LANG": "en_GB.UTF-8"}).stdout
    assert english in run("--help", env={"LANG": "zh_CN.UTF-8", "HUB_LANG": "en"}).stdout


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_explains_itself_and_its_options(name: str) -> None:
    assert isinstance(hub, LazyGroup)
    command = hub.get_command(click.Context(hub), name)
    assert command is not None
    commands = [command, *command.commands.values()] if isinstance(command, click.Group) else [command]
    for each in commands:
        assert each.help
        for option in each.params:
            assert not isinstance(option, click.Option) or option.help


def test_an_unknown_command_is_refused_as_called_wrongly() -> None:
    assert run("nonsense").returncode == 2


def test_an_error_is_one_sentence_in_the_reader_s_language(tmp_path: Path) -> None:
    env = {"HUB_DATA": str(tmp_path / "none")}
    chinese, english = run("serve", env=env), run("serve", env=env | {"HUB_LANG": "en"})
    assert (chinese.returncode, english.returncode) == (1, 1)
    assert "hub init" in chinese.stderr
    assert "密钥文件" in chinese.stderr
    assert "The key file" in english.stderr
    assert "Traceback" not in chinese.stderr + english.stderr


def environment(settings: Settings) -> dict[str, str]:
    assert settings.database_url is not None
    assert settings.database_app_url is not None
    return {
        "HUB_DATA": str(settings.data),
        "HUB_LANG": "en",
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "DATABASE_APP_URL": settings.database_app_url.get_secret_value(),
    }


def test_init_on_an_installation_repeats_without_harm(settings: Settings) -> None:
    before = settings.keys_file.read_bytes()
    done = run("init", env=environment(settings))
    assert done.returncode == 0, done.stderr
    assert "Ready" in done.stdout
    assert settings.keys_file.read_bytes() == before


def test_init_refuses_to_make_new_keys_for_old_data(settings: Settings) -> None:
    settings.keys_file.unlink()
    refused = run("init", env=environment(settings))
    assert refused.returncode == 1
    assert "The key file" in refused.stderr
    assert not settings.keys_file.exists()


def test_a_calendar_is_loaded(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "2027.csv"
    file.write_text("2027-02-05,休息,春节\n2027-02-06,上班\n", encoding="utf-8-sig")
    done = run("calendar", str(file), env=environment(settings))
    assert done.stdout == "2 days imported.\n"


def test_a_backup_takes_no_name_that_is_taken(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "a.hub"
    assert run("backup", str(file), env=environment(settings)).returncode == 0
    refused = run("backup", str(file), env=environment(settings))
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    assert run("backup", str(file), "--replace", env=environment(settings)).returncode == 0


def test_every_command_s_module_is_named_after_it_or_groups_it() -> None:
    for entry in COMMANDS.values():
        module, attribute = entry.place.split(":")
        assert isinstance(getattr(import_module(f"referral_hub.cli.{module}"), attribute), click.Command)
