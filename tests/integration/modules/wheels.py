"""Wheels made for a test, as a build back-end leaves them."""

from __future__ import annotations

import base64
import hashlib
import textwrap
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.integration.modules.made import HOOKS, MANIFEST


def write_wheel(folder: Path, name: str, files: Mapping[str, str], *, version: str = "1.0.0", more: str = "") -> Path:
    """A wheel of the distribution `name` with these files; `more` goes into its metadata."""
    info = f"{name}-{version}.dist-info"
    whole = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n{more}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in whole.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "".join(map(recorded, whole, whole.values())) + f"{info}/RECORD,,\n")
    return wheel


def recorded(path: str, text: str) -> str:
    """The line of a wheel's record about a file."""
    return f"{path},{digest(text)},{len(text.encode())}\n"


def digest(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def module_wheel(
    folder: Path,
    key: str = "legal",
    *,
    manifest: str | None = None,
    version: str = "1.0.0",
    code: str = "",
    entries: str | None = None,
    files: Mapping[str, str] | None = None,
    needs: str = "",
) -> Path:
    """A wheel of a well-behaved module; needs the hub, as every module does."""
    text = MANIFEST.format(key=key, network="[]") if manifest is None else manifest
    entries = f"{key} = hub_{key}\n" if entries is None else entries
    return write_wheel(
        folder,
        f"{key}_module",
        {
            f"hub_{key}/__init__.py": textwrap.dedent(HOOKS) + textwrap.dedent(code),
            f"hub_{key}/hub-module.toml": text.replace('version = "1.0.0"', f'version = "{version}"'),
            f"{key}_module-{version}.dist-info/entry_points.txt": f"[referral_hub.modules]\n{entries}",
            **(files or {}),
        },
        version=version,
        more="Requires-Dist: referral-hub\n" + needs,
    )
