from __future__ import annotations

import re

import psycopg
import pytest
from click.testing import CliRunner, Result

from referral_hub.cli.group import hub as command
from referral_hub.settings import Settings
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.keys import read_keys


class Shell:
    """`hub …` as typed, on the test's own installation."""

    def run(self, *words: str, typed: str = "") -> Result:
        return CliRunner().invoke(command, list(words), input=typed)

    def do(self, *words: str, typed: str = "") -> str:
        done = self.run(*words, typed=typed)
        assert done.exit_code == 0, done.output
        return done.output


@pytest.fixture
def shell(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Shell:
    assert settings.database_url
    assert settings.database_app_url
    monkeypatch.setenv("HUB_DATA", str(settings.data))
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("DATABASE_APP_URL", settings.database_app_url.get_secret_value())
    return Shell()


def test_the_first_administrator_comes_from_the_command_line(shell: Shell, owner: psycopg.Connection) -> None:
    said = shell.do("user", "add", "admin", "--name", "管理员", "--role", "admin", "--organisation", "转介中心")
    password = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", said)
    assert password
    assert owner.execute("SELECT kind, status FROM organisation").fetchall() == [("operator", "active")]
    assert owner.execute("SELECT role, must_change_password FROM account").fetchall() == [("admin", True)]
    assert "管理员" in shell.do("user", "list")
    assert password[0] not in shell.do("user", "password", "admin")
    assert "停用" in shell.do("user", "close", "ADMIN")
    assert owner.execute("SELECT status FROM account").fetchone() == ("closed",)


def test_a_worker_needs_an_organisation_that_is_there(shell: Shell) -> None:
    refused = shell.run("user", "add", "wang", "--name", "王", "--role", "worker", "--organisation", "没有的机构")
    assert refused.exit_code == 2
    assert "没有的机构" in refused.output


def test_a_password_can_come_from_a_pipe_and_is_then_kept(shell: Shell, owner: psycopg.Connection) -> None:
    words = (
        "user",
        "add",
        "audit",
        "--name",
        "审计",
        "--role",
        "auditor",
        "--organisation",
        "转介中心",
        "--password-stdin",
    )
    said = shell.do(*words, "--password-stdin", typed="seven-birds-cross-the-river\n")
    assert "seven-birds" not in said
    assert owner.execute("SELECT must_change_password FROM account").fetchone() == (False,)


def test_an_unknown_account_is_named(shell: Shell) -> None:
    refused = shell.run("user", "close", "nobody")
    assert refused.exit_code == 2
    assert "nobody" in refused.output


def test_modules_are_listed_shown_disabled_and_enabled(shell: Shell, owner: psycopg.Connection) -> None:
    listed = shell.do("modules", "list")
    assert all(key in listed for key in ("employment", "living", "counselling", "house"))
    assert "启用中" in listed
    shown = shell.do("modules", "show", "house")
    assert "house.stay" in shown
    assert "display_name" in shown
    assert shell.run("modules", "disable", "house").exit_code == 2
    shell.do("modules", "disable", "house", "--reason", "检修")
    assert owner.execute("SELECT state FROM module WHERE key = 'house'").fetchone() == ("disabled",)
    shell.do("modules", "enable", "house", "--reason", "修好了")
    events = shell.do("modules", "show", "house")
    assert "检修" in events
    assert "修好了" in events


def test_a_new_key_encrypts_from_now_on_and_the_old_one_still_reads(
    shell: Shell, settings: Settings, owner: psycopg.Connection
) -> None:
    before = FieldCipher(read_keys(settings.keys_file))
    kept = before.encrypt("旧", "x")
    said = shell.do("keys", "rotate")
    after = FieldCipher(read_keys(settings.keys_file))
    assert str(settings.keys_file) in said
    assert (after.decrypt(kept, "x"), after.is_current(kept)) == ("旧", False)
    assert owner.execute("SELECT action, via FROM audit_entry WHERE action = 'keys.rotate'").fetchall() == [
        ("keys.rotate", "cli")
    ]
