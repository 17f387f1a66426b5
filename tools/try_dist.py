"""`make try-dist`: the wheels in `dist/`, in a clean environment away from the repository, up to a served page."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from install import ROOT, RUN_LOCK, say

DIST = ROOT / "dist"
MODULES = {"counselling", "employment", "house", "living"}
# Each comes from another kind of file in the wheel: a template, the vendored assets, our own, the API's description.
PAGES = ("/healthz", "/sign-in", "/static/vendor/tabler.min.css", "/static/vendor/htmx.min.js", "/api/openapi.json")
DEADLINE_SECONDS = 600


def main() -> int:
    """Install, make the demonstration, serve it, ask for pages, stop it. Ends with 1 at the first that fails."""
    folder = Path(tempfile.mkdtemp(prefix="try dist "))
    # As the folder of any program: the account of the embedded database must be able to enter it.
    folder.chmod(0o755)
    try:
        hub = _install(folder)
        _try_hub(hub, folder)
    except (subprocess.CalledProcessError, OSError, AssertionError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say("轮子可用", "The wheels work")
    return 0


def _install(folder: Path) -> Path:
    """What the hub needs comes from the lock, by hash; the hub and its modules from `dist/`, and from nowhere else."""
    say("新的环境", "A clean environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
    python = folder / "env" / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    subprocess.run([*pip, "--require-hashes", "-r", str(DIST / RUN_LOCK)], check=True, cwd=folder)
    ours = ["--no-index", "--find-links", DIST.as_uri(), "referral-hub[modules]"]
    subprocess.run([*pip, *ours], check=True, cwd=folder)
    return python.with_name("hub")


def _try_hub(hub: Path, folder: Path) -> None:
    say("hub demo", "hub demo")
    address = f"http://127.0.0.1:{(port := _free_port())}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DATABASE_", "PYTHON"))}
    env = kept | {"HUB_DATA": str(folder / "data"), "HUB_PORT": str(port), "HUB_LANG": "en"}
    with subprocess.Popen([hub, "demo"], cwd=folder, env=env) as process:
        try:
            _wait_for(f"{address}/healthz", process)
            for page in PAGES:
                with urllib.request.urlopen(address + page, timeout=30) as answer:  # noqa: S310 - our own address
                    print(f"    {answer.status} {len(answer.read()):>8} {page}", flush=True)
            said = subprocess.run([hub, "doctor"], cwd=folder, env=env, capture_output=True, text=True, check=False)
            print(said.stdout)
            missing = [key for key in sorted(MODULES) if f"✓ Module {key}" not in said.stdout]
            assert not said.returncode, "hub doctor found something wrong"
            assert not missing, f"modules that are not in order: {missing}"
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0, f"hub demo ended with {process.returncode}"


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "hub demo ended before it served"
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own address
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"{address} did not answer within {DEADLINE_SECONDS} s")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
