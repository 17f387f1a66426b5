"""Prepare `.venv` from the locks: `make install` for running the hub, `make dev` for working on it.

Needs nothing but Python's standard library. Every package comes from a lock, by hash. What builds the hub (hatchling,
and Node.js for the pages' assets) lives in a folder of its own while it is needed. A stamp says what `.venv` was made
from; it is written last, so an installation that was interrupted is recognised and made again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
# In `build`, not in the system's temporary folder: programs may not be run there on every machine.
BUILD = ROOT / "build"
RUN_LOCK, BUILD_LOCK, DEV_LOCK = "requirements.lock", "requirements-build.lock", "requirements-dev.lock"
OLDEST = (3, 11)
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


class InstallError(Exception):
    """Ends the installation with one line in both languages."""


def main(arguments: Sequence[str]) -> int:
    """Install, unless `.venv` already is what was asked for. `--dev` adds what tests and checks need."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not end an installation half-way.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    wants_dev = "--dev" in arguments
    try:
        _refuse_old_python()
        with _only_one():
            install(wants_dev=wants_dev)
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("已中断；再运行一次即可", "Interrupted; run the same command again to start over")
        return 130
    return 0


def install(*, wants_dev: bool) -> None:
    """Bring `.venv` to what the locks say, if it is not that already."""
    wanted = {lock: fingerprint(lock) for lock in (RUN_LOCK, *([DEV_LOCK] if wants_dev else ()))}
    stamps = _stamps()
    if wanted.items() <= stamps.items():
        return
    started = time.monotonic()
    _make_venv(again=not stamps)
    STAMP.unlink(missing_ok=True)
    lock = DEV_LOCK if wants_dev else RUN_LOCK
    _step(2, f"{lock}：{_count(lock)} 个软件包", f"{_count(lock)} packages from {lock}")
    pip_install("--require-hashes", "-r", lock)
    if stamps.get(RUN_LOCK) != wanted[RUN_LOCK]:
        _install_hub()
    _write_stamp(wanted | {"made": _made()})
    seconds = time.monotonic() - started
    say(f"完成：{seconds:.0f} 秒", f"Done in {seconds:.0f} s")


def fingerprint(lock: str) -> str:
    """Everything that decides what `.venv` holds: a lock, and what the hub and its modules are built from."""
    files = [lock, BUILD_LOCK, "pyproject.toml", "package-lock.json", "hatch_build.py"]
    files += [str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("plugins/*/pyproject.toml"))]
    digest = hashlib.sha256()
    for name in files:
        digest.update(f"{name}\n".encode() + (ROOT / name).read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def build_tools() -> Iterator[dict[str, str]]:
    """An environment in which `pip --no-build-isolation` finds what builds the hub, for as long as the block lasts."""
    BUILD.mkdir(exist_ok=True)
    for left in BUILD.glob("tools-*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = tempfile.mkdtemp(prefix="tools-", dir=BUILD)
    try:
        pip_install("--require-hashes", "--target", folder, "-r", BUILD_LOCK)
        yield os.environ | {"PYTHONPATH": folder}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def pip_install(*arguments: str, python: Path = PYTHON, env: dict[str, str] | None = None) -> None:
    """Run pip, with a line for each package instead of its many. Raises `InstallError` after showing what it said."""
    command = [str(python), *_PIP, "install", "--progress-bar", "off", *arguments]
    said: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            _show_progress(line)
    if process.returncode:
        sys.stderr.writelines(said[-40:])
        raise InstallError(
            "pip 未能完成（见上）。请检查网络后再运行一次 / pip failed (see above). Check the network, run again"
        )


def _show_progress(line: str) -> None:
    if found := re.match(r"Collecting (\S+)|Installing collected packages", line):
        print(f"    {found[1] or '解压并安装 / unpacking and installing …'}", flush=True)


def _make_venv(*, again: bool) -> None:
    if again and VENV.exists():
        say(
            ".venv 没有装完，或属于别的位置、别的 Python，重新安装",
            ".venv is unfinished, or belongs to another place or Python; starting over",
        )
    version = ".".join(map(str, sys.version_info[:3]))
    _step(1, f".venv：Python {version}", f".venv with Python {version}")
    if not again:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    # Where `.venv` is activated, the Python that runs this file has just been deleted.
    python = getattr(sys, "_base_executable", sys.executable)
    if subprocess.run([python, "-m", "venv", str(VENV)], check=False).returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise InstallError(
            "请安装 venv，例如：apt install python3-venv / Install venv, for example: apt install python3-venv"
        )


def _install_hub() -> None:
    parts = [ROOT, *(path.parent for path in sorted(ROOT.glob("plugins/*/pyproject.toml")))]
    _step(3, f"构建工具（{BUILD_LOCK}），用后即删", f"what builds the hub ({BUILD_LOCK}), removed afterwards")
    with build_tools() as env:
        names = ", ".join(part.name for part in parts[1:])
        _step(4, f"referral-hub 和模块：{names}", f"referral-hub and the modules: {names}")
        editables = [word for part in parts for word in ("-e", str(part))]
        pip_install("--no-deps", "--no-build-isolation", *editables, env=env)


def _stamps() -> dict[str, str]:
    """What `.venv` was made from. Nothing of it counts where the installation did not end, or the Python is another."""
    try:
        found = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    fits = isinstance(found, dict) and found.get("made") == _made() and PYTHON.exists()
    return found if fits else {}


def _made() -> str:
    """A `.venv` knows its Python and its own place by heart."""
    return f"{VENV} {sys.version}"


def _write_stamp(stamps: dict[str, str]) -> None:
    draft = STAMP.with_suffix(".new")
    draft.write_text(json.dumps(stamps), encoding="utf-8")
    draft.replace(STAMP)


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    """Two commands at once in one clone: the second waits, then finds everything done."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "install.lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("另一个安装正在进行，等待…", "Another installation is running; waiting …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _refuse_old_python() -> None:
    if sys.version_info < OLDEST:
        raise InstallError("需要 Python 3.11 或更高版本 / Python 3.11 or newer is needed")


def _count(lock: str) -> int:
    return len(re.findall(r"^[a-z0-9][^\s=]*==", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))


def _step(number: int, zh: str, en: str) -> None:
    say(f"{number}/4 {zh}", en)


def say(zh: str, en: str) -> None:
    """Both languages on one line: nobody has been asked yet which one they read."""
    print(f"==> {zh} / {en}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
