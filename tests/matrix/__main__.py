"""Try the README's two commands in clean clones on many kinds of machine, made with what Linux has for it.

    python3 -m tests.matrix [--quick] [--reuse] [--whole-tests] [--only WORDS] [--list]

Each case gets a new HOME and nothing else installed. It passes, fails, or cannot be had on this machine; that is said
with the reason. Needs root and the network; in full it takes an hour or two. `--reuse` copies the first case's packages
into the clones that follow. `--quick` is for continuous integration: that, fewer cases, and no made-up district.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.matrix import drive
from tests.matrix.cases import CASES, Case

ROOT = Path(__file__).parents[2]
COPIES = Path("/var/lib/referral-hub-programs")
USER = "hub-matrix"
NAMELESS = 54321
SELECTION = "tests/integration/test_health.py"
_KEPT = ("PIP_", "UV_", "NPM_", "npm_", "SSL_", "REQUESTS_", "http", "HTTP", "no_proxy", "NO_PROXY")


class Unavailable(Exception):
    """This kind of machine cannot be had here."""


class Runner:
    """Runs cases below `base`, which everyone can enter."""

    def __init__(self, base: Path, options: argparse.Namespace) -> None:
        self.base = base
        self.quick: bool = options.quick
        self.reuse: bool = options.quick or options.reuse
        self.selection = "" if options.whole_tests else SELECTION
        self.template: Path | None = None
        shutil.copyfile(drive.__file__, base / "drive.py")
        (base / "drive.py").chmod(0o644)

    def run(self, number: int, case: Case) -> None:
        """Raises `Unavailable`, `drive.Failed`."""
        folder = self.base / f"{number:02}"
        folder.mkdir(mode=0o755)
        clone = folder / case.place
        home = folder / case.place.parts[0]
        self._clone(case, home, clone)
        prefix, environment = self._machine(case), self._environment(case, home)
        steps: list[list[str]] = [[("start" if self.quick else case.action)]]
        if not self.quick:
            steps.append(["test", self.selection])
        if case.offline:
            self._drive(folder, case, [*_become(case)], environment, [str(clone), "install"])
        for step in steps:
            self._drive(folder, case, prefix, environment, [str(clone), *step])
        if self.template is None and not case.python and case.umask == 0o022:
            self.template = clone
        else:
            shutil.rmtree(home)

    def _clone(self, case: Case, home: Path, clone: Path) -> None:
        home.mkdir()
        clone.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True, umask=case.umask)
        if self.reuse and self.template is not None and not case.python:
            for part in (".venv", "referral_ui/referral_ui/static/vendor"):
                subprocess.run(["cp", "-a", str(self.template / part), str(clone / part)], check=True)
            _move(clone / ".venv", self.template, clone)
            if case.umask == 0o077:
                subprocess.run(["chmod", "-R", "go=", str(clone / ".venv")], check=True)
        uid, gid = _ids(case)
        subprocess.run(["chown", "-R", f"{uid}:{gid}", str(home)], check=True)
        home.chmod(case.home_mode)

    def _environment(self, case: Case, home: Path) -> dict[str, str]:
        cache = self.base / f"cache-{_ids(case)[0]}"
        if not cache.exists():
            filled = next(self.base.glob("cache-*"), None)
            if filled is None:
                cache.mkdir()
            else:
                shutil.copytree(filled, cache)
            subprocess.run(["chown", "-R", ":".join(map(str, _ids(case))), str(cache)], check=True)
        kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
        python = _python(case.python)
        port = {} if case.action == "taken" else {"HUB_PORT": str(drive.free_port())}
        usual = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8", "HUB_LANG": "en"}
        own = {"PYTHON": python, "HOME": str(home), "PIP_CACHE_DIR": str(cache)}
        return {**kept, **usual, **port, **own, **case.environment}

    def _machine(self, case: Case) -> list[str]:
        prefix = []
        if case.small:
            prefix += ["taskset", "-c", "0", *_in_a_gibibyte()]
        if case.offline:
            script = 'ip link set lo up && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && exec "$@"'
            prefix += ["unshare", "--net", "sh", "-c", script, "sh"]
        if case.mounts:
            prefix += [
                "unshare",
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                f'{case.mounts} && exec "$@"',
                "sh",
            ]
        return [*prefix, *_become(case)]

    def _drive(
        self, folder: Path, case: Case, prefix: list[str], environment: dict[str, str], arguments: list[str]
    ) -> None:
        command = [*prefix, environment["PYTHON"], "-I", str(self.base / "drive.py"), *arguments]
        with (folder / "log").open("ab") as log:
            done = subprocess.run(
                command, env=environment, cwd=folder, stdout=log, stderr=log, umask=case.umask, check=False
            )
        if done.returncode:
            lines = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
            raise drive.Failed("\n".join(lines[-12:]) + f"\n(the whole: {folder / 'log'})")


def _move(venv: Path, old: Path, new: Path) -> None:
    """Let a copied `.venv` know its new place, as if it had been installed there."""
    packages = next(venv.glob("lib/python*/site-packages"))
    texts = (*venv.glob("bin/*"), *packages.glob("*.pth"), *packages.glob("*/direct_url.json"), venv / ".installed")
    # The system limits the length of a script's first line, and spaces end it.
    shell = f"""#!/bin/sh\n'''exec' "{new / ".venv" / "bin" / "python"}" "$0" "$@"\n' '''\n"""
    for path in texts:
        if path.is_symlink() or path.is_dir() or b"\0" in (content := path.read_bytes()):
            continue
        text = content.decode()
        if text.startswith(f"#!{old}"):
            text = shell + text.split("\n", 1)[1]
        # The stamp is JSON, which writes other characters than ASCII as escapes.
        place = json.dumps(str(new))[1:-1] if path.name == ".installed" else str(new)
        path.write_text(text.replace(str(old), place), encoding="utf-8")


def _ids(case: Case) -> tuple[int, int]:
    if case.account == "plain":
        entry = pwd.getpwnam(USER)
        return entry.pw_uid, entry.pw_gid
    return (NAMELESS, NAMELESS) if case.account == "nameless" else (0, 0)


def _become(case: Case) -> list[str]:
    uid, gid = _ids(case)
    if case.account == "root without rights":
        return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"] if uid else []


def _python(version: str) -> str:
    """An interpreter of `version` that every account can run. Raises `Unavailable`."""
    wanted = version or "3.11 or newer"
    differs = f"!= ({version.replace('.', ', ')})" if version else "< (3, 11)"
    check = f"import sys; sys.exit(sys.version_info[:2] {differs})"
    folders = ("/usr/local/bin", "/usr/bin", *map(str, Path("/opt").glob("python*/bin")))
    for name in (f"{folder}/python{version or '3'}" for folder in folders):
        if os.access(name, os.X_OK) and subprocess.run([name, "-c", check], check=False).returncode == 0:
            return name
    raise Unavailable(f"no Python {wanted} in {', '.join(folders)}")


def _in_a_gibibyte() -> list[str]:
    """Raises `Unavailable` where no control group of ours can be made."""
    for group, limit, members in (
        (Path("/sys/fs/cgroup/hub-matrix"), "memory.max", "cgroup.procs"),
        (Path("/sys/fs/cgroup/memory/hub-matrix"), "memory.limit_in_bytes", "cgroup.procs"),
    ):
        if group.parent.is_dir() and any(group.parent.glob("memory.*")):
            try:
                group.mkdir(exist_ok=True)
                (group / limit).write_text(str(1024**3))
            except OSError as error:
                raise Unavailable(f"{group}: {error.strerror}") from error
            return ["sh", "-c", f'echo $$ > {group / members} && exec "$@"', "sh"]
    raise Unavailable("no control group for memory")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.matrix", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the cheap cases, without the made-up district")
    parser.add_argument("--reuse", action="store_true", help="install the packages once")
    parser.add_argument("--whole-tests", action="store_true", help="`make test` in full instead of two files")
    parser.add_argument(
        "--only", action="append", metavar="WORDS", help="cases whose name holds these words; may be repeated"
    )
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    words = options.only or [""]
    chosen = [case for case in CASES if any(word in case.name for word in words) and (case.quick or not options.quick)]
    if options.list:
        print("\n".join(case.name for case in chosen))
        return 0
    if os.geteuid() != 0 or sys.platform != "linux":
        print("cannot be had here: other accounts and namespaces need root on Linux")
        return 0
    return _run_all(chosen, options)


def _run_all(chosen: list[Case], options: argparse.Namespace) -> int:
    base = Path(tempfile.mkdtemp(prefix="hub-matrix-", dir="/opt"))
    base.chmod(0o755)
    had_copies = COPIES.exists()
    subprocess.run(["useradd", "--system", "--no-create-home", USER], check=False, capture_output=True)
    failed = 0
    try:
        runner = Runner(base, options)
        for number, case in enumerate(chosen, start=1):
            begun = time.monotonic()
            try:
                runner.run(number, case)
                word, more = "pass", ""
            except Unavailable as reason:
                word, more = "cannot be had here", f": {reason}"
            except drive.Failed as complaint:
                failed += 1
                word, more = "FAIL", f"\n{complaint}"
            print(f"{case.name}: {word} ({time.monotonic() - begun:.0f} s){more}", flush=True)
    finally:
        subprocess.run(["userdel", USER], check=False, capture_output=True)
        if not had_copies:
            shutil.rmtree(COPIES, ignore_errors=True)
        if not failed:
            shutil.rmtree(base, ignore_errors=True)
    print(f"{len(chosen)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
