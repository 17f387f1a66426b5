"""Which kinds of machine the two commands of the README are tried on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

CHINESE = "县社区戒毒康复 转介系统"


@dataclass(frozen=True)
class Case:
    """One kind of machine. `mounts` are shell commands run as root in a mount namespace of the case's own."""

    name: str
    action: Literal["demo", "start", "interrupted", "taken", "twice"] = "demo"
    account: Literal["root", "plain", "nameless", "root without rights"] = "root"
    place: Path = Path("home", "hub")
    home_mode: int = 0o700
    umask: int = 0o022
    environment: dict[str, str] = field(default_factory=dict)
    mounts: str = ""
    python: str = ""
    offline: bool = False
    small: bool = False
    quick: bool = False


_LONG = Path("home", "/".join(["一个很长的文件夹名字" * 2, "second folder " + "x" * 40, "hub"]))

CASES = (
    Case("root in a closed home", quick=True),
    Case("root in /opt", home_mode=0o755),
    Case("a plain user", account="plain"),
    Case("spaces and Chinese characters in the path", account="plain", place=Path("home", CHINESE, "hub")),
    Case("a path longer than 120 characters", account="plain", place=_LONG, quick=True),
    Case("a path longer than 120 characters, as root", place=_LONG),
    Case("umask 077", account="plain", umask=0o077),
    Case("umask 077, as root", umask=0o077, quick=True),
    *(
        Case(f"locale {name}", account="plain", environment={"LANG": name, "LC_ALL": name})
        for name in ("C", "POSIX", "zh_CN.GB18030")
    ),
    *(Case(f"Python 3.{minor}", account="plain", python=f"3.{minor}", home_mode=0o755) for minor in (11, 12, 13, 14)),
    Case("no TMPDIR to write to", account="plain", environment={"TMPDIR": "/nowhere"}),
    Case(
        "a noexec /tmp, 64 MB of /dev/shm",
        mounts="mount -t tmpfs -o noexec tmpfs /tmp && mount -t tmpfs -o size=64m tmpfs /dev/shm",
    ),
    Case("the port is in use", action="taken", account="plain"),
    Case("a second start while the first runs", action="twice", account="plain"),
    Case("Ctrl+C at every step of the first start", action="interrupted"),
    Case("Ctrl+C at every step, as a plain user", action="interrupted", account="plain"),
    Case("no IPv6", account="plain", offline=True),
    Case(
        "no sysctl",
        environment={"PATH": "/usr/local/bin:/usr/bin:/bin"},
        mounts="for p in /sbin /usr/sbin; do [ ! -e $p/sysctl ] || mount --bind /dev/null $p/sysctl; done",
    ),
    Case("root without rights", account="root without rights", quick=True),
    Case("an account without a name", account="nameless", quick=True),
    Case("1 core and 1 GiB", account="plain", small=True),
)
