"""One check of the author's kit: what it demands, why, and how to fix what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from referral_hub.api import Offering, Service
from referral_hub.i18n import Label
from referral_hub.testing import samples
from referral_hub.testing.subject import Subject

Level = Literal["required", "recommended"]
LEVELS: dict[Level, Label] = {
    "required": Label(zh="必须", en="required"),
    "recommended": Label(zh="建议", en="recommended"),
}


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A module must pass every `required` check before it is enabled; `recommended` ones are shown.

    `protects` says whom it protects from what, `fix` what an author does when it fails. `run` takes a Subject and
    raises `CheckFailed`, or the failure of the call itself.
    """

    name: str
    level: Level
    title: Label
    protects: Label
    fix: Label
    run: Callable[[Subject], None]


class CheckFailed(AssertionError):
    """A promise that the module does not keep; `label` says which, in words for its author."""

    def __init__(self, label: Label) -> None:
        self.label = label
        super().__init__(label.en)


def demand(kept: object, zh: str, en: str) -> None:
    """Raise `CheckFailed` with these words unless the promise is `kept`."""
    if not kept:
        raise CheckFailed(Label(zh=zh, en=en))


def make_check(level: Level, run: Callable[[Subject], None], *, title: Label, protects: Label, fix: Label) -> Check:
    """A check named as its function is."""
    return Check(name=run.__name__, level=level, title=title, protects=protects, fix=fix, run=run)


def offerings(subject: Subject) -> Iterator[tuple[Service, Offering]]:
    """Every service of the module with an offering of it."""
    for service in subject.manifest.services:
        yield service, samples.offering_of(service, subject.offering_settings, subject.attributes)
