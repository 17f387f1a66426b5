"""`make dist`: wheels of the hub and of every module in plugins/, and the lock of what they need, in `dist/`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from install import BUILD, BUILD_LOCK, ROOT, RUN_LOCK, InstallError, pip_install, say

DIST = ROOT / "dist"


def main() -> int:
    """Build into an empty folder: a wheel of an earlier version must not be taken for one of this."""
    shutil.rmtree(DIST, ignore_errors=True)
    try:
        _build(BUILD / "dist-env")
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(BUILD / "dist-env", ignore_errors=True)
    shutil.copy(ROOT / RUN_LOCK, DIST)
    for file in sorted(DIST.iterdir()):
        print(f"    {file.name}  {file.stat().st_size / 1000:.0f} kB")
    say("dist/ 已生成", "dist/ is ready")
    return 0


def _build(env: Path) -> None:
    """In an environment of its own, with nothing in it but what the lock for building names."""
    say(f"构建工具（{BUILD_LOCK}）", f"What builds the hub ({BUILD_LOCK})")
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(env)], check=False).returncode:
        raise InstallError(
            "请安装 venv，例如：apt install python3-venv / Install venv, for example: apt install python3-venv"
        )
    python = env / "bin" / "python"
    pip_install("--require-hashes", "-r", BUILD_LOCK, python=python)
    parts = [ROOT, *(path.parent for path in sorted(ROOT.glob("plugins/*/pyproject.toml")))]
    say(f"{len(parts)} 个轮子", f"{len(parts)} wheels")
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    options = ["--no-build-isolation", "--wheel-dir", str(DIST)]
    if subprocess.run([*command, *options, *map(str, parts)], check=False).returncode:
        raise InstallError("未能生成轮子（见上） / The wheels could not be built (see above)")


if __name__ == "__main__":
    sys.exit(main())
