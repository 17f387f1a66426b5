"""Releases of modules that are known to be bad: never used, whoever installed them.

`blocklist.toml` beside this file comes with the hub; `<data>/module-blocklist.toml` is the installation's own:

    [[blocked]]
    key = "legal"
    lowest_good = "1.2.0"            # without it, every version is blocked
    reason = { zh = "会丢失回执", en = "loses receipts" }
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec
import structlog
from packaging.version import InvalidVersion, Version

from referral_hub.i18n import Label
from referral_hub.registry import reasons
from referral_hub.registry.discovery import Module

SHIPPED = Path(__file__).with_name("blocklist.toml")
OWN = "module-blocklist.toml"

log = structlog.get_logger()


class Blocked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Versions of the module `key` below `lowest_good` are blocked; all of them when there is no good one."""

    key: str
    reason: Label
    lowest_good: str | None = None

    def covers(self, version: str) -> bool:
        """A malformed version cannot be known to be good, so it is blocked."""
        if self.lowest_good is None:
            return True
        try:
            return Version(version) < Version(self.lowest_good)
        except InvalidVersion:
            return True


def read_blocklist(files: Iterable[Path]) -> list[Blocked]:
    """Every entry of the files that exist. A file that cannot be read is reported in the log, and the hub starts."""
    found: list[Blocked] = []
    for file in files:
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
            found += msgspec.convert(content.get("blocked", []), list[Blocked])
        except FileNotFoundError:
            continue
        except (OSError, ValueError, msgspec.ValidationError) as error:
            log.error("the blocklist of modules cannot be read", file=file.name, error=type(error).__name__)  # noqa: TRY400 - the message may be long
    return found


def blocked_by(module: Module, blocklist: Iterable[Blocked]) -> reasons.Reason | None:
    """Why this module is blocked, and what to do."""
    for entry in blocklist:
        if entry.key == module.key and entry.covers(module.version):
            return reasons.blocked(module.version, entry.reason, entry.lowest_good)
    return None
