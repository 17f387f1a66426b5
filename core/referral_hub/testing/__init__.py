"""The kit a module author tests with.

Subclass `ModuleContract` for all that the hub demands, try a whole referral cycle in a `FakeHub`, or one form with a
`ModuleReferral`.
These names grow, they do not break.
"""

from typing import TYPE_CHECKING

from referral_hub.errors import HubError
from referral_hub.testing.checks import CHECKS, LEVELS, Check, CheckFailed
from referral_hub.testing.fake_hub import FakeHub, News
from referral_hub.testing.fakes import FakeCase, FakeClock, FakeConsent
from referral_hub.testing.module_referral import FormRefused, ModuleReferral
from referral_hub.testing.simulated import DueItem, SimulatedReferral
from referral_hub.testing.subject import InProcess, InWorker, Subject, find_home, load_manifest

if TYPE_CHECKING:
    from referral_hub.testing.contract import ModuleContract

__all__ = [
    "CHECKS",
    "LEVELS",
    "Check",
    "CheckFailed",
    "DueItem",
    "FakeCase",
    "FakeClock",
    "FakeConsent",
    "FakeHub",
    "FormRefused",
    "HubError",
    "InProcess",
    "InWorker",
    "ModuleContract",
    "ModuleReferral",
    "News",
    "SimulatedReferral",
    "Subject",
    "find_home",
    "load_manifest",
]


def __getattr__(name: str) -> object:
    """`ModuleContract` on demand: it needs pytest, and the hub runs the checks where there is none."""
    if name == "ModuleContract":
        from referral_hub.testing.contract import ModuleContract

        return ModuleContract
    raise AttributeError(name)
