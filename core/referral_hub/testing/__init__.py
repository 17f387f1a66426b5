"""The kit a module author tests with: subclass `ModuleContract`, or take one referral through with a `Trial`."""

from referral_hub.testing.checks import CHECKS, Check
from referral_hub.testing.contract import ModuleContract
from referral_hub.testing.subject import InProcess, InWorker, Subject, find_home, load_manifest
from referral_hub.testing.trial import FormRefused, Trial

__all__ = [
    "CHECKS",
    "Check",
    "FormRefused",
    "InProcess",
    "InWorker",
    "ModuleContract",
    "Subject",
    "Trial",
    "find_home",
    "load_manifest",
]
