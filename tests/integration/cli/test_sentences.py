"""What stands in the way of a command is said in a sentence, never by a traceback, and is over when its cause is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from referral_hub.settings import Settings

HUB = [sys.executable, "-c", "from referral_hub.cli import main; main()"]


def run(settings: Settings, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    assert settings.database_url is not None
    assert settings.database_app_url is not None
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DATABASE_"))}
    environment = kept | {
        "HUB_DATA": str(settings.data),
        "HUB_LANG": "en",
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "DATABASE_APP_URL": settings.database_app_url.get_secret_value(),
    }
    return subprocess.run([*HUB, *words], env=environment | more, capture_output=True, text=True, check=False)


def refusal(settings: Settings, *words: str, **more: str) -> str:
    done = run(settings, *words, **more)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 2, done.stderr
    return done.stderr + done.stdout


@pytest.mark.parametrize("command", ["serve", "init", "doctor", "backup"])
def test_keys_that_are_cut_short_are_named(settings: Settings, tmp_path: Path, command: str) -> None:
    words = (command, str(tmp_path / "b.hub")) if command == "backup" else (command,)
    whole = settings.keys_file.read_bytes()
    settings.keys_file.write_bytes(whole[: len(whole) // 2])
    said = refusal(settings, *words)
    assert "keys.json is damaged" in said
    assert "backup" in said
    settings.keys_file.write_bytes(whole)
    if command != "serve":
        assert run(settings, *words).returncode == 0


@pytest.mark.parametrize("command", ["serve", "init", "doctor"])
def test_a_folder_that_may_not_be_written_is_named(settings: Settings, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for folder in (tmp_path / "file" / "data", Path("/sys/hub-data")):
        kept = refusal(settings, command, HUB_DATA=str(folder), DATABASE_URL="", DATABASE_APP_URL="")
        assert str(folder) in kept


@pytest.mark.parametrize("command", ["serve", "init", "doctor"])
def test_tables_of_a_newer_program_are_left_alone(settings: Settings, owner: psycopg.Connection, command: str) -> None:
    owner.execute("UPDATE alembic_version SET version_num = '9999'")
    said = refusal(settings, command)
    assert "9999" in said
    assert "newer" in said
    assert "hub init" not in said
    owner.execute("UPDATE alembic_version SET version_num = '0001'")
    if command != "serve":
        assert run(settings, command).returncode == 0


@pytest.mark.parametrize("command", ["serve", "init", "doctor"])
def test_a_database_that_is_away_is_named(settings: Settings, command: str) -> None:
    away = "postgresql://hub@127.0.0.1:1/hub"
    assert "127.0.0.1" in refusal(settings, command, DATABASE_URL=away, DATABASE_APP_URL=away)
