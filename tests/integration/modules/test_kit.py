"""The author's kit finds what it promises to find."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.modules.made import write_module

from referral_hub.isolation.errors import ModuleFailure
from referral_hub.testing import CHECKS, InProcess, InWorker, Subject, load_manifest

ALL_WAYS = """
@hookimpl
def hub_apply(entry, documents, settings, now):
    stage = {"agreed": "advising", "advising": "done" if entry.form == "close" else "advising"}[entry.stage]
    return Changes(stage=stage)
"""

COUNT = "import itertools\ncount = itertools.count()\n"

Try = Callable[..., dict[str, str]]


@pytest.fixture(params=["in process", "in a worker"])
def failing(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Try]:
    """Run every check on a module made of this code; returns those that failed, by name."""
    callers: list[InProcess | InWorker] = []

    def run(code: str) -> dict[str, str]:
        place = write_module(tmp_path, code=code)
        home = place / "hub_legal"
        monkeypatch.syspath_prepend(str(place))
        sys.modules.pop("hub_legal", None)
        manifest = load_manifest(home)
        caller = (
            InProcess("hub_legal")
            if request.param == "in process"
            else InWorker("hub_legal", manifest, home, tmp_path / "run")
        )
        callers.append(caller)
        subject = Subject(module="hub_legal", home=home, manifest=manifest, caller=caller)
        failed = {}
        for check in CHECKS:
            try:
                check.run(subject)
            except (AssertionError, ModuleFailure) as error:
                failed[check.name] = str(error)
        return failed

    yield run
    sys.modules.pop("hub_legal", None)
    for caller in callers:
        caller.close()


def test_a_well_behaved_module_passes_everything(failing: Try) -> None:
    assert failing(ALL_WAYS) == {}


@pytest.mark.parametrize(
    ("code", "check"),
    [
        (
            (
                COUNT + "@hookimpl\ndef hub_receive(referral, documents, settings, now):\n"
                "    return Receipt(decision=['accepted', 'person'][next(count) % 2])\n"
            ),
            "receiving_twice_is_receiving_once",
        ),
        (
            (
                COUNT + "@hookimpl\ndef hub_apply(entry, documents, settings, now):\n"
                "    return Changes(flags=['call'] * (next(count) % 2))\n"
            ),
            "every_form_gets_a_valid_reply_the_same_each_time",
        ),
        (
            "@hookimpl\ndef hub_apply(entry, documents, settings, now):\n    return Changes(stage='heaven')\n",
            "every_form_gets_a_valid_reply_the_same_each_time",
        ),
        (
            (
                "@hookimpl\ndef hub_screen(enquiry, offering, settings):\n"
                "    return Screening(verdict='perhaps' if enquiry.fields.get('id_number') else 'eligible')\n"
            ),
            "only_declared_fields_are_read",
        ),
        (
            (
                "@hookimpl\ndef hub_receive(referral, documents, settings, now):\n"
                "    return Receipt(decision='accepted' if 'income' in referral.fields else 'person')\n"
            ),
            "only_declared_fields_are_read",
        ),
        (
            "@hookimpl\ndef hub_withdraw(withdrawal, documents, now): return Acknowledgement(deleted=False)\n",
            "withdrawal_is_acknowledged_and_forgotten",
        ),
        (
            (
                "from referral_hub.api import Capacity\n@hookimpl\ndef hub_capacity(offering, documents, now):\n"
                "    return Capacity(unit='place', total=1)\n"
            ),
            "capacity_is_counted_in_the_declared_unit",
        ),
        (
            "@hookimpl\ndef hub_check_settings(settings): return say('never')\n",
            "settings_are_checked",
        ),
        (
            (
                "@hookimpl\ndef hub_receive(referral, documents, settings, now):\n"
                "    print(referral.fields)\n    return Receipt(decision='accepted')\n"
            ),
            "nothing_is_printed",
        ),
        (
            "def later():\n    from referral_hub.storage.vault import Vault\n    return Vault\n",
            "of_the_hub_only_the_public_names_are_imported",
        ),
        ("", "every_stage_can_be_reached"),
    ],
)
def test_a_module_that_breaks_a_promise_is_told_which(failing: Try, code: str, check: str) -> None:
    assert check in failing(ALL_WAYS + code if check != "every_stage_can_be_reached" else code)
