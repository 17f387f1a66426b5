"""What an author may leave out of the contract, and what not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from referral_hub.api import Label
from referral_hub.testing import Check, CheckFailed, InProcess, ModuleContract, Subject, find_home, load_manifest
from referral_hub.testing.check import demand, make_check

HOUSE = Path(__file__).parents[3] / "plugins" / "house"
WORDS = Label(zh="检查", en="A check")


class Contract(ModuleContract):
    __test__ = False
    module = "hub_house"
    exempt: ClassVar[Mapping[str, str]] = {"never_kept": "it does not fit"}


def never_kept(subject: Subject) -> None:
    demand(False, "没有做到", "it is not kept")


def also_never_kept(subject: Subject) -> None:
    demand(False, "没有做到", "it is not kept either")


@pytest.fixture
def try_check() -> Callable[[Check], None]:
    home = find_home("hub_house", [str(HOUSE)])
    subject = Subject(module="hub_house", home=home, manifest=load_manifest(home), caller=InProcess("hub_house"))
    return lambda check: Contract().test_contract(subject, check)


def test_a_recommended_check_is_left_out_with_a_reason(try_check: Callable[[Check], None]) -> None:
    check = make_check("recommended", never_kept, title=WORDS, protects=WORDS, fix=WORDS)
    with pytest.raises(pytest.skip.Exception, match="does not fit"):
        try_check(check)


def test_a_required_check_cannot_be_left_out(try_check: Callable[[Check], None]) -> None:
    check = make_check("required", never_kept, title=WORDS, protects=WORDS, fix=WORDS)
    with pytest.raises(AssertionError, match="required of every module"):
        try_check(check)


def test_what_is_not_left_out_fails_in_words(try_check: Callable[[Check], None]) -> None:
    check = make_check("recommended", also_never_kept, title=WORDS, protects=WORDS, fix=WORDS)
    with pytest.raises(CheckFailed, match="not kept either") as failed:
        try_check(check)
    assert failed.value.label.zh == "没有做到"
