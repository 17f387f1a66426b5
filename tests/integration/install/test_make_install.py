"""`make install` in a small clone of its own: the real script, with locks that need no network."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Stands in for hatchling: builds an editable wheel, as slowly as the file `slow` says.
BACKEND = """
import pathlib, time, zipfile
def get_requires_for_build_editable(config_settings=None):
    return []
def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    slow = pathlib.Path("slow")
    if slow.exists():
        pathlib.Path("building").touch()
        time.sleep(60)
    name = "small-1-py3-none-any.whl"
    info = "small-1.dist-info"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: small\\nVersion: 1\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""
PROJECT = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "small"
version = "1"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with Chinese characters and a space in its path, whose hub is an empty package."""
    clone = tmp_path / "转介 hub"
    (clone / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", clone)
    shutil.copy(ROOT / "tools" / "install.py", clone / "tools")
    for lock in ("requirements.lock", "requirements-build.lock", "requirements-dev.lock"):
        (clone / lock).touch()
    (clone / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (clone / "backend.py").write_text(BACKEND, encoding="utf-8")
    (clone / "package-lock.json").write_text("{}", encoding="utf-8")
    (clone / "hatch_build.py").touch()
    return clone


def environment_of_a_person() -> dict[str, str]:
    """What a shell gives, without what the `make` that runs these tests hands down to its children."""
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}


def make(clone: Path, target: str = "install", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", target],
        cwd=clone,
        env=environment_of_a_person() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def start(clone: Path) -> subprocess.Popen[str]:
    """In a group of its own, as a terminal has it: Ctrl+C reaches make, the script and pip."""
    return subprocess.Popen(
        ["make", "install"],
        cwd=clone,
        env=environment_of_a_person(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        process_group=0,
    )


def wait_for(path: Path) -> None:
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"{path.name} never came")


@pytest.mark.slow
def test_what_is_installed_is_not_installed_again_until_a_lock_changes(clone: Path) -> None:
    first = make(clone)
    assert first.returncode == 0, first.stderr
    for number in "1234":
        assert f"{number}/4 " in first.stdout
    assert make(clone).stdout == ""
    added = make(clone, "dev").stdout
    assert "requirements-dev.lock" in added
    assert "4/4" not in added
    assert make(clone, "dev").stdout == ""
    (clone / "requirements.lock").write_text("# newer\n", encoding="utf-8")
    assert "4/4" in make(clone).stdout
    assert list((clone / "build").glob("tools-*")) == []


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_installation_that_was_interrupted_is_made_again(clone: Path, how: signal.Signals) -> None:
    (clone / "slow").touch()
    with start(clone) as process:
        wait_for(clone / "building")
        os.killpg(process.pid, how)
        process.wait(timeout=30)
    (clone / "slow").unlink()
    again = make(clone)
    assert again.returncode == 0, again.stderr
    assert "starting over" in again.stdout
    assert make(clone).stdout == ""


@pytest.mark.slow
def test_a_clone_that_was_moved_is_installed_again(clone: Path) -> None:
    assert make(clone).returncode == 0
    moved = clone.rename(clone.with_name("moved"))
    assert "4/4" in make(moved).stdout
    assert str(moved) in (moved / ".venv" / "bin" / "pip").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_package_that_is_not_what_the_lock_says_is_refused(clone: Path) -> None:
    wheel = clone / "other-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("other-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: other\nVersion: 1\n")
        file.writestr("other-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("other-1.dist-info/RECORD", "")
    (clone / "requirements.lock").write_text(f"other==1 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    failed = make(clone, PIP_NO_INDEX="1", PIP_FIND_LINKS=clone.as_uri())
    assert failed.returncode
    assert "DO NOT MATCH THE HASHES" in failed.stderr
    assert "pip failed" in failed.stderr
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (clone / "requirements.lock").write_text(f"other==1 --hash=sha256:{right}\n", encoding="utf-8")
    assert make(clone, PIP_NO_INDEX="1", PIP_FIND_LINKS=clone.as_uri()).returncode == 0
