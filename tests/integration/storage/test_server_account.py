"""The embedded server of a hub that runs as root, as a root without rights, and as an account without a name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.storage.test_embedded import make, query

from referral_hub.health.doctor import examine
from referral_hub.settings import Settings
from referral_hub.storage import account, nameless, programs
from referral_hub.storage.account import server_account
from referral_hub.storage.errors import ProgramsOutOfReach
from referral_hub.storage.programs import programs_for

pytestmark = pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can be another account")

_START = """
import sys
from pathlib import Path
from referral_hub.storage.embedded import EmbeddedServer
from referral_hub.storage.engine import connect_owner
server = EmbeddedServer(Path(sys.argv[1]) / "postgres", Path(sys.argv[1]) / "secrets.json", durable=False)
for _ in range(2):
    server.start()
    with connect_owner(server.owner_url()) as connection:
        print(connection.execute("SELECT 42").fetchone()[0])
    server.stop()
"""


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty place for copies, which every account can enter, unlike pytest's own folders."""
    base = Path(tempfile.mkdtemp(prefix="hub-test-"))
    base.chmod(0o755)
    monkeypatch.setattr(programs, "COPIES", base / "programs")
    yield base / "programs"
    shutil.rmtree(base)


@pytest.fixture
def closed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """PostgreSQL's package behind a folder of mode 0700, every file closed too, as `umask 077` leaves it."""
    real = programs.programs()
    home = tmp_path / "closed home"
    home.mkdir(mode=0o700)
    shutil.copytree(real.parents[2] / f"{programs.PACKAGE}.libs", home / f"{programs.PACKAGE}.libs")
    target = home / real.parents[1].name / real.parent.name
    shutil.copytree(real.parent, target, symlinks=True)
    for path in home.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    monkeypatch.setattr(programs, "programs", lambda: target / real.name)
    return home


def state(pid: int, word: str) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{word}:"))


def test_a_clone_and_data_in_a_closed_home_work_and_the_home_stays_closed(closed_package: Path, copies: Path) -> None:
    server = make(closed_package)
    server.start()
    assert server.launcher.copied_to is not None
    assert copies in server.launcher.copied_to.parents
    assert query(server, "SELECT 1") == 1
    assert closed_package.stat().st_mode & 0o777 == 0o700
    assert server.folder.stat().st_mode & 0o777 == 0o700
    server.stop()
    again = make(closed_package)
    again.start()
    assert again.launcher.copied_to is None, "it is said once"
    again.stop()
    assert all(path.lstat().st_uid == 0 and not path.lstat().st_mode & 0o022 for path in copies.rglob("*"))


def test_the_server_keeps_no_right_of_root(tmp_path: Path) -> None:
    server = make(tmp_path)
    server.start()
    pid = int((server.cluster / "postmaster.pid").read_text().split()[0])
    assert {int(uid) for uid in state(pid, "Uid").split()} == {server.cluster.stat().st_uid}
    assert server.cluster.stat().st_uid != 0
    assert state(pid, "Groups") == ""
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(state(pid, kind), 16) == 0, kind
    server.stop()


def test_an_upgrade_makes_a_new_copy_and_removes_the_old_one_when_no_server_uses_it(
    closed_package: Path, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = server_account()
    first = programs_for(own)
    (copies / ".draft-of-an-interrupted-copy").mkdir()
    monkeypatch.setattr(programs, "_edition", lambda: "2.0-upgrade")
    second = programs_for(own)
    assert (first.folder / "postgres").exists(), "its user is still at work"
    first.close()
    second.close()
    programs_for(own).close()
    assert not first.folder.exists()
    assert [path.name for path in copies.iterdir() if path.is_dir()] == ["postgresql-2.0-upgrade"]


def test_a_place_where_others_could_put_programs_is_not_used(closed_package: Path, copies: Path) -> None:
    copies.mkdir()
    for mode in (0o777, 0o775, 0o700):
        copies.chmod(mode)
        with pytest.raises(ProgramsOutOfReach) as refused:
            programs_for(server_account())
        assert "/opt" in refused.value.label.zh
        assert "/opt" in refused.value.label.en
    shutil.rmtree(copies)
    copies.symlink_to(closed_package)
    with pytest.raises(ProgramsOutOfReach):
        programs_for(server_account())


def test_a_cluster_copied_by_root_is_given_to_the_server_again(tmp_path: Path) -> None:
    server = make(tmp_path)
    server.start()
    server.stop()
    for path in (server.cluster, *server.cluster.rglob("*")):
        os.chown(path, 0, 0)
    again = make(tmp_path)
    again.start()
    assert query(again, "SELECT 1") == 1
    again.stop()


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(["--bounding-set=-all", "--inh-caps=-all"], id="root without any right"),
        pytest.param(["--reuid=54321", "--regid=54321", "--clear-groups"], id="an account without a name"),
    ],
)
def test_it_runs_as(who: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="hub-test-") as name:
        folder = Path(name)
        if "--reuid=54321" in who:
            os.chown(folder, 54321, 54321)
        command = ["setpriv", *who, sys.executable, "-c", _START, name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if "Permission denied: '" + sys.executable in done.stderr:
            pytest.skip("this interpreter lies where the account cannot reach it")
        if "no user namespaces" in done.stderr:
            pytest.skip("this machine allows no user namespaces")
        assert done.returncode == 0, done.stderr
        assert done.stdout == "42\n42\n"


def test_the_doctor_names_the_case_where_it_cannot_work_and_what_to_do(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = tmp_path / "refusing.py"
    refusing.write_text("raise SystemExit('user namespace: Operation not permitted')")
    monkeypatch.setattr(account, "_may_become", lambda _: False)
    monkeypatch.setattr(nameless, "__file__", str(refusing))
    alone = settings.model_copy(update={"database_url": None, "database_app_url": None})
    found = {finding.subject.en: finding for finding in examine(alone)}["Database"]
    assert found.state == "wrong"
    assert "CAP_SETUID" in found.found.en
    for words in (found.found.zh, found.found.en):
        assert "DATABASE_URL" in words
