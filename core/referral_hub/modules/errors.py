"""Errors about modules that are not failures of one at work; those are in `referral_hub.isolation.errors`."""

from __future__ import annotations

from referral_hub.errors import NotFound
from referral_hub.isolation.errors import (
    ModuleBusy,
    ModuleCrashed,
    ModuleFailure,
    ModuleRaised,
    ModuleReplyInvalid,
    ModuleStartFailed,
    ModuleTimedOut,
)

__all__ = [
    "ModuleBusy",
    "ModuleCrashed",
    "ModuleFailure",
    "ModuleNotInstalled",
    "ModuleRaised",
    "ModuleReplyInvalid",
    "ModuleStartFailed",
    "ModuleTimedOut",
]


class ModuleNotInstalled(NotFound):
    """No usable module has this key: not installed, broken, or the hub was started without modules."""

    zh = "模块“{module}”没有安装，或者现在不能使用。"
    en = "The module “{module}” is not installed, or cannot be used now."
