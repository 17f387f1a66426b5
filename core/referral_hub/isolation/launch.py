"""What a worker process is started with: command, environment, folders it may read. No secret of the hub is in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import msgspec
import pluggy

import referral_hub.api
import referral_hub.i18n
from referral_hub.isolation.limits import Limits
from referral_hub.isolation.protocol import Start

_BOOT = "import sys, json; sys.path += json.loads(sys.argv[1]); from referral_hub.isolation.worker import run; run()"


class WorkerPlan(msgspec.Struct, frozen=True):
    """Which module to run, and within which bounds.

    `paths` go on the worker's `sys.path` and may be read; `folder` is its working directory, private and empty.
    With `require_confined` nothing of the module is imported where this machine cannot confine it.
    """

    key: str
    module: str
    paths: tuple[str, ...]
    folder: str
    ports: tuple[int, ...] = ()
    readable: tuple[str, ...] = ()
    require_confined: bool = False


def spawn(plan: WorkerPlan) -> tuple[subprocess.Popen[bytes], int]:
    """Start the process, in a session of its own so that it can be ended whole. Raises OSError.

    The second is the descriptor from which what the module prints is read.
    """
    Path(plan.folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    # -I: no PYTHON* variables, no user site, not the working directory. -S: no .pth file runs, whoever put it there.
    printed, prints = os.pipe()
    command = [sys.executable, "-I", "-S", "-c", _BOOT, json.dumps(_hub_paths()), str(prints)]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=plan.folder,
            env=clean_environment(),
            start_new_session=True,
            pass_fds=(prints,),
        )
    except BaseException:
        os.close(printed)
        raise
    finally:
        os.close(prints)
    return process, printed


def clean_environment() -> dict[str, str]:
    """All a worker knows of the hub's environment: no address, no key, no password is in it."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": os.environ.get("TZ", "Asia/Shanghai"),
    }


def start_message(plan: WorkerPlan, limits: Limits) -> Start:
    """The first line sent to the worker."""
    return Start(
        module=plan.module,
        paths=list(plan.paths),
        readable=sorted({*plan.paths, *plan.readable, *_interpreter_paths(), *_api_paths()}),
        network=bool(plan.ports),
        ports=list(plan.ports),
        memory_bytes=limits.memory_bytes,
        cpu_seconds=limits.cpu_seconds,
        open_files=limits.open_files,
        reply_bytes=limits.reply_bytes,
        start_seconds=limits.start,
        require_confined=plan.require_confined,
    )


def _hub_paths() -> list[str]:
    """Where the worker's own code comes from: the hub, msgspec and pluggy."""
    folders = [str(_package_folder(module).parent) for module in (referral_hub.api, msgspec, pluggy)]
    folders[0] = str(Path(folders[0]).parent)
    return list(dict.fromkeys(folders))


def _interpreter_paths() -> set[str]:
    paths = sysconfig.get_paths()
    return {paths["stdlib"], paths["platstdlib"], str(Path(sys.base_prefix) / "lib")}


def _api_paths() -> set[str]:
    folders = {str(_package_folder(module)) for module in (referral_hub.api, msgspec, pluggy)}
    return {*folders, str(referral_hub.i18n.__file__)}


def _package_folder(module: object) -> Path:
    return Path(str(getattr(module, "__file__"))).resolve().parent  # noqa: B009 (a module always has it)
