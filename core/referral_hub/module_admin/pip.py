"""pip, run as a program of its own to fill one folder: wheels only, nothing of them is run, the hub's own stay out."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree

from referral_hub.isolation.launch import clean_environment
from referral_hub.module_admin.install_errors import (
    DependenciesMissing,
    HubDoesNotFit,
    InstallFailed,
    InstallTookTooLong,
    NoNetwork,
    WrongPlatform,
)

_HUB = "referral-hub"
_NOT_FOUND = re.compile(r"No matching distribution found for ([^\s;(]+)")
_NO_NETWORK = re.compile(
    r"ConnectionError|ConnectTimeout|Max retries|name resolution|ProxyError|Network is unreachable"
)
_LAST_WORDS = 300


def install_wheel(
    wheel: Path, target: Path, work: Path, *, find_links: Sequence[Path], download: bool, seconds: float
) -> None:
    """Install a wheel and all it needs into `target`.

    What it needs comes from `find_links` alone, unless `download` lets pip ask the index this machine is set up for.
    The module's own requirement, the hub, is met by an empty stand-in, which is taken out again: workers bring the hub
    themselves. Raises an `InstallRefused`.
    """
    _install([str(wheel)], wheel.name, target, work, find_links=find_links, download=download, seconds=seconds)


def install_needs(
    needs: Sequence[str], target: Path, work: Path, *, find_links: Sequence[Path], download: bool, seconds: float
) -> None:
    """Install packages by name into `target`, under the same rules: for an author who has no wheel yet."""
    _install(needs, ", ".join(needs), target, work, find_links=find_links, download=download, seconds=seconds)


def _install(
    wanted: Sequence[str],
    name: str,
    target: Path,
    work: Path,
    *,
    find_links: Sequence[Path],
    download: bool,
    seconds: float,
) -> None:
    stand_in = _write_stand_in(work)
    command = [sys.executable, "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["--no-cache-dir", "--no-compile", "--only-binary", ":all:", "--target", str(target)]
    command += [] if download else ["--isolated", "--no-index"]
    for folder in find_links:
        command += ["--find-links", str(folder)]
    said = _run([*command, *wanted, str(stand_in)], work, online=download, seconds=seconds)
    if said is not None:
        raise _reason(name, said)
    for info in target.glob("*.dist-info"):
        if info.name.startswith("referral_hub-"):
            rmtree(info)
        else:
            _forget_source(info)


def _forget_source(info: Path) -> None:
    """Take out where on this machine the wheel lay: the same package gives the same files wherever it came from."""
    source, record = info / "direct_url.json", info / "RECORD"
    if source.is_file():
        source.unlink()
        lines = record.read_text(encoding="utf-8").splitlines(keepends=True) if record.is_file() else []
        record.write_text("".join(line for line in lines if "/direct_url.json," not in line), encoding="utf-8")


def _write_stand_in(work: Path) -> Path:
    """A wheel with the hub's name and version and nothing else in it."""
    number = version(_HUB)
    info = f"referral_hub-{number}.dist-info"
    wheel = work / f"referral_hub-{number}-py3-none-any.whl"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {_HUB}\nVersion: {number}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: referral-hub\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    return wheel


def _run(command: Sequence[str], work: Path, *, online: bool, seconds: float) -> str | None:
    """What pip said if it failed, None if it did not. Killed with all it started when the time is over."""
    process = subprocess.Popen(
        command,
        cwd=work,
        env=_environment(work, online=online),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
        errors="replace",
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise InstallTookTooLong(seconds=f"{seconds:g}") from error
    return said if process.returncode else None


def _environment(work: Path, *, online: bool) -> dict[str, str]:
    """Without a network, nothing of the hub's environment; with one, what says how to reach it, but no secret."""
    if not online:
        return {**clean_environment(), "HOME": str(work)}
    hidden = ("HUB_", "DATABASE_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}


def _reason(name: str, said: str) -> Exception:
    if _NO_NETWORK.search(said):
        return NoNetwork()
    if "ResolutionImpossible" in said and _HUB in said:
        return HubDoesNotFit(version=version(_HUB))
    missing = sorted(set(_NOT_FOUND.findall(said)))
    if missing:
        return DependenciesMissing(names=", ".join(missing))
    if "is not a supported wheel on this platform" in said or "requires a different Python" in said:
        machine = f"Python {sys.version_info.major}.{sys.version_info.minor}, {sysconfig.get_platform()}"
        return WrongPlatform(name=name, machine=machine)
    errors = [line for line in said.splitlines() if line.startswith("ERROR:")] or said.splitlines()
    return InstallFailed(detail=(errors[-1] if errors else "pip")[-_LAST_WORDS:])
