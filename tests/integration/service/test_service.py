"""`hub service` as typed, on a machine whose systemd is a stand-in that writes down what it is told."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from referral_hub.cli.group import hub as command
from referral_hub.service import machine

SYSTEMCTL = '#!/bin/sh\necho "$@" >> "{log}"\nexit "$(cat "{answer}")"\n'
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives folders to another account")


class Machine:
    """Folders of its own for units and settings, and a `systemctl`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.data = folder / "资料 50% data"
        self.units = folder / "etc" / "systemd"
        self.environment = folder / "etc" / "referral-hub.env"
        self.log, self._answer = folder / "log", folder / "answer"
        self._answer.write_text("0", encoding="utf-8")
        programs = folder / "bin"
        programs.mkdir()
        systemctl = programs / "systemctl"
        systemctl.write_text(SYSTEMCTL.format(log=self.log, answer=self._answer), encoding="utf-8")
        systemctl.chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        monkeypatch.setenv("HUB_DATA", str(self.data))
        monkeypatch.setenv("HUB_LANG", "en")
        monkeypatch.setenv("HOME", str(folder))
        monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
        monkeypatch.setattr(machine, "BOOTED", folder)
        monkeypatch.setattr(machine, "SYSTEM_UNITS", self.units)
        monkeypatch.setattr(machine, "SYSTEM_ENVIRONMENT", self.environment)

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(command, ["service", *words])

    def do(self, *words: str) -> str:
        done = self.run(*words)
        assert done.exit_code == 0, done.output + repr(done.exception)
        return done.output

    def refuse(self, *words: str) -> str:
        done = self.run(*words)
        assert done.exit_code != 0, done.output
        return f"{done.output} {done.exception}"

    def fail(self) -> None:
        self._answer.write_text("5", encoding="utf-8")

    def told_systemd(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    for name in os.environ:
        if name.startswith(("HUB_", "DATABASE_")):
            monkeypatch.delenv(name)
    return Machine(tmp_path, monkeypatch)


@pytest.fixture
def ordinary(computer: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Someone without root's powers is at the keyboard."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return computer


def test_a_service_of_this_account_is_installed_started_and_removed(ordinary: Machine) -> None:
    said = ordinary.do("install", "--user", "--now")
    unit = ordinary.folder / ".config" / "systemd" / "user" / "referral-hub.service"
    text = unit.read_text(encoding="utf-8")
    assert f'Environment="HUB_DATA={str(ordinary.data).replace("%", "%%")}"' in text
    assert "User=" not in text
    assert "loginctl enable-linger" in said
    assert ordinary.told_systemd() == ["--user daemon-reload", "--user enable --now referral-hub.service"]
    ordinary.do("uninstall", "--user")
    assert not unit.exists()
    assert ordinary.told_systemd()[2:] == ["--user disable --now referral-hub.service", "--user daemon-reload"]
    assert "没有安装" in ordinary.refuse("uninstall", "--user")


def test_settings_in_force_are_kept_where_only_the_account_reads_them(
    ordinary: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", 'postgresql://hub:se"cret@db/hub')
    monkeypatch.setenv("HUB_PORT", "8001")
    said = ordinary.do("install", "--user")
    kept = ordinary.folder / ".config" / "referral-hub.env"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text(encoding="utf-8").splitlines()[1:] == [
        'DATABASE_URL="postgresql://hub:se\\"cret@db/hub"',
        'HUB_PORT="8001"',
    ]
    assert "cret" not in said
    assert "cret" not in ordinary.do("show", "--user")
    kept.write_text("HUB_PORT=9000\n", encoding="utf-8")
    assert "已有，保持不变" in ordinary.do("install", "--user")
    assert kept.read_text(encoding="utf-8") == "HUB_PORT=9000\n"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("scope", ["--user", "--system"])
@pytest.mark.parametrize(
    "data", ["/var/lib/referral-hub", '/srv/转介 a%b/it\'s "data"', "/run/user/1000/hub", "/srv/" + 30 * "长"]
)
def test_systemd_has_nothing_against_the_unit(computer: Machine, tmp_path: Path, scope: str, data: str) -> None:
    unit = tmp_path / "referral-hub.service"
    unit.write_text(
        CliRunner(env={"HUB_DATA": data}).invoke(command, ["service", "show", scope]).output, encoding="utf-8"
    )
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_home_folder_stays_readable_only_where_the_hub_lives_in_one(
    computer: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "program", lambda: ("/opt/referral-hub/bin/hub",))
    monkeypatch.setenv("HUB_DATA", "/var/lib/referral-hub")
    assert "ProtectHome=yes" in computer.do("show", "--system")
    monkeypatch.setenv("HUB_DATA", "/run/user/1000/data")
    assert "ProtectHome=read-only" in computer.do("show", "--system")


def test_the_socket_of_a_long_path_is_not_hidden_from_other_commands(
    computer: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DATA", "/srv/data")
    assert "PrivateTmp=yes" in computer.do("show", "--system")
    monkeypatch.setenv("HUB_DATA", "/srv/" + 100 * "d")
    assert "PrivateTmp=no" in computer.do("show", "--system")


def test_what_cannot_be_is_said_with_the_way_out(ordinary: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "put sudo before the command" in ordinary.refuse("install", "--system")
    assert "--system 或 --user" in ordinary.refuse("show")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "As root, use --system" in ordinary.refuse("install", "--user")
    monkeypatch.setattr(machine, "BOOTED", ordinary.folder / "none")
    assert "not managed by systemd" in ordinary.refuse("install", "--system")
    assert ordinary.told_systemd() == []


def test_what_systemd_refuses_is_said_in_its_own_words(ordinary: Machine) -> None:
    ordinary.fail()
    assert "systemctl --user daemon-reload" in ordinary.refuse("install", "--user")


@needs_root
def test_root_installs_it_for_the_account_that_owns_the_data(computer: Machine) -> None:
    owner = pwd.getpwnam("nobody")
    computer.data.mkdir(mode=0o700)
    (computer.data / "keys.json").touch()
    os.chown(computer.data, owner.pw_uid, owner.pw_gid)
    refused = computer.refuse("install", "--system", "--account", "daemon")
    assert f"chown -R daemon: '{computer.data}'" in refused
    computer.folder.parent.chmod(0o700)
    unit = computer.do("show", "--system")
    assert "User=nobody" in unit
    assert not computer.units.exists()


@needs_root
def test_a_program_that_the_account_cannot_reach_is_refused(computer: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = computer.folder / "closed"
    closed.mkdir(mode=0o700)
    hub = closed / "hub"
    hub.write_text("#!/bin/sh\n", encoding="utf-8")
    hub.chmod(0o755)
    monkeypatch.setattr(machine, "program", lambda: (str(hub),))
    assert "/opt/referral-hub" in computer.refuse("install", "--system", "--account", "nobody")
    assert not computer.units.exists()
