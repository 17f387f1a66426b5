"""The public names grow, they do not break: today's are held against those that were promised."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from tests.reference.public_api import SNAPSHOT, Described, breaks, describe

PROMISED: Described = json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_nothing_that_was_promised_is_gone_or_another() -> None:
    assert breaks(PROMISED, describe()) == []


def test_what_is_new_is_promised_from_now_on() -> None:
    assert describe() == PROMISED, "run `make reference`"


def of(described: Described, name: str) -> Any:
    return described["referral_hub.api"][name]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda now: now["referral_hub.api"].pop("Receipt"), "referral_hub.api.Receipt is gone"),
        (
            lambda now: now["referral_hub.testing"].pop("ModuleReferral"),
            "referral_hub.testing.ModuleReferral is gone",
        ),
        (lambda now: of(now, "Receipt")["fields"].pop("note"), "Receipt.note is gone"),
        (lambda now: of(now, "Receipt")["fields"]["note"].update(type="str"), "Receipt.note is str, was Label | None"),
        (lambda now: of(now, "Receipt")["fields"]["note"].update(required=True), "Receipt.note has another default"),
        (
            lambda now: of(now, "Receipt")["fields"].update(kind={"type": "str", "required": True, "default": None}),
            "Receipt.kind is new and has no default",
        ),
        (
            lambda now: of(now, "Screening")["fields"]["verdict"].update(type="Literal['eligible', 'not_eligible']"),
            "Screening.verdict is",
        ),
        (lambda now: of(now, "Times")["fields"]["answer_days"].update(default="2"), "another default"),
        (lambda now: of(now, "Manifest")["members"].pop("service"), "Manifest.service is gone"),
        (lambda now: of(now, "CATEGORIES")["holds"].remove("work"), "no longer holds work"),
        (lambda now: now["hooks"].pop("hub_poll"), "the hook hub_poll is gone"),
        (lambda now: now["hooks"]["hub_poll"]["arguments"].pop("now"), "hub_poll is no longer given now"),
        (lambda now: now["hooks"]["hub_receive"].update(answers="Changes"), "hub_receive no longer answers Receipt"),
        (lambda now: now["required hooks"].append("hub_poll"), "required hooks hub_poll is now demanded"),
        (lambda now: now["required checks"].append("speed"), "required checks speed is now demanded"),
        (
            lambda now: of(now, "parse_manifest")["arguments"].update(strict={"type": "bool", "required": True}),
            "parse_manifest now demands strict",
        ),
    ],
)
def test_taking_something_away_is_noticed(change: Callable[[Described], object], told: str) -> None:
    now = copy.deepcopy(PROMISED)
    change(now)
    assert len(broken := breaks(PROMISED, now)) == 1, broken
    assert told in broken[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda now: now["referral_hub.api"].update(Later={"kind": "class", "members": {}}),
        lambda now: now["hooks"].update(hub_later={"arguments": {}, "answers": "None"}),
        lambda now: now["hooks"]["hub_poll"]["arguments"].update(more={"type": "str", "required": True}),
        lambda now: of(now, "Receipt")["fields"].update(
            more={"type": "str | None", "required": False, "default": "None"}
        ),
        lambda now: of(now, "Screening")["fields"]["verdict"].update(
            type="Literal['eligible', 'perhaps', 'not_eligible', 'later']"
        ),
        lambda now: of(now, "CATEGORIES")["holds"].append("later"),
    ],
)
def test_growing_is_no_break(change: Callable[[Described], object]) -> None:
    now = copy.deepcopy(PROMISED)
    change(now)
    assert breaks(PROMISED, now) == []


def test_the_api_brings_in_nothing_but_pluggy_and_msgspec() -> None:
    code = (
        "import sys; import referral_hub.api; "
        "print(*{name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert set(loaded) - {"typing_extensions", "distutils-precedence", "_distutils_hack"} == {
        "__main__" if "__main__" in loaded else "referral_hub",
        "referral_hub",
        "pluggy",
        "msgspec",
    }
