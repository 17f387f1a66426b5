"""The kit a module author tests with: subclass `ModuleContract`, or take one referral through with a `Trial`."""

from typing import TYPE_CHECKING

from referral_hub.testing.checks import CHECKS, LEVELS, Check, CheckFailed
from referral_hub.testing.subject import InProcess, InWorker, Subject, find_home, load_manifest
from referral_hub.testing.trial import FormRefused, Trial

if TYPE_CHECKING:
    from referral_hub.testing.contract import ModuleContract

__all__ = [
    "CHECKS",
    "LEVELS",
    "Check",
    "CheckFailed",
    "FormRefused",
    "InProcess",
    "InWorker",
    "ModuleContract",
    "Subject",
    "Trial",
    "find_home",
    "load_manifest",
]


def __getattr__(name: str) -> object:
    """`ModuleContract` on demand: it needs pytest, and the hub runs the checks where there is none."""
    if name == "ModuleContract":
        from referral_hub.testing.contract import ModuleContract

        return ModuleContract
    raise AttributeError(name)
