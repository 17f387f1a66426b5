"""The examples of the reference are true: each is called as the hub calls a module, and its answer checked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.reference.examples import EXAMPLES, HOME, MODULE, Example, arguments

from referral_hub.api import OPTIONAL_HOOKS, REQUIRED_HOOKS
from referral_hub.testing import InProcess, ModuleContract, Subject, load_manifest


@pytest.fixture(scope="module", autouse=True)
def _on_the_path() -> Iterator[None]:
    """As its author has it, so that a worker finds it too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HOME.parent))
        yield


class TestEvening(ModuleContract):
    """The module that the examples are of is a good one."""

    module = "hub_evening"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.hook}: {example.words}")
def test_an_example_of_the_reference_answers_as_is_shown(example: Example) -> None:
    subject = Subject(module=MODULE, home=HOME, manifest=load_manifest(HOME), caller=InProcess(MODULE))
    assert subject.call(example.hook, **arguments(example)) == example.answer


def test_every_hook_has_an_example() -> None:
    assert {example.hook for example in EXAMPLES} == {*REQUIRED_HOOKS, *OPTIONAL_HOOKS}
