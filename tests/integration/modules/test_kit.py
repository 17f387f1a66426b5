"""The author's kit finds what it promises to find."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.modules.made import write_module

from referral_hub.isolation.errors import ModuleFailure
from referral_hub.testing import CHECKS, CheckFailed, InProcess, InWorker, Subject, load_manifest

ALL_WAYS = """
@hookimpl
def hub_apply(entry, documents, settings, now):
    stage = {"agreed": "advising", "advising": "done" if entry.form == "close" else "advising"}[entry.stage]
    return Changes(stage=stage)
"""
COUNT = "import itertools\ncount = itertools.count()\n"
NEWS = """
from datetime import date
from referral_hub.api import Update, Updates
"""
BRIDGE = (
    NEWS
    + """
TOLD = [
    Update(id="n1", referral_id="referral-1", receipt=Receipt(decision="accepted")),
    Update(id="n2", referral_id="referral-1", changes=Changes(
        stage="advising", events=[ServiceEvent(on=date(2026, 3, 2), unit="time")])),
    Update(id="n3", referral_id="nobody"),
]
@hookimpl
def hub_poll(cursor, settings, now):
    last = int(cursor or 0)
    return Updates(cursor=str(min(last + 2, len(TOLD))), updates=TOLD[last:last + 2])
"""
)
NO_STAGE = ""

# A module that breaks one promise, for each check; beside hooks that keep all others.
BAD: list[tuple[str, str]] = [
    ("settings_are_checked", "@hookimpl\ndef hub_check_settings(settings): return say('never')\n"),
    ("settings_are_checked", "@hookimpl\ndef hub_check_settings(settings): return [] if settings['fund'] else []\n"),
    (
        "screening_is_the_same_each_time",
        COUNT + "@hookimpl\ndef hub_screen(enquiry, offering, settings):\n"
        "    return Screening(verdict=['eligible', 'perhaps'][next(count) % 2])\n",
    ),
    (
        "receiving_twice_is_receiving_once",
        COUNT + "@hookimpl\ndef hub_receive(referral, documents, settings, now):\n"
        "    return Receipt(decision=['accepted', 'person'][next(count) % 2])\n",
    ),
    (
        "receiving_twice_is_receiving_once",
        (
            "from referral_hub.api import Document\n"
            "@hookimpl\ndef hub_receive(referral, documents, settings, now):\n"
            "    return Receipt(decision='waitlisted' if documents else 'accepted',"
            " documents=[Document(name='seen', content={})])\n"
        ),
    ),
    (
        "every_form_gets_a_valid_reply_the_same_each_time",
        COUNT + "@hookimpl\ndef hub_apply(entry, documents, settings, now):\n"
        "    return Changes(flags=['call'] * (next(count) % 2))\n",
    ),
    (
        "every_form_gets_a_valid_reply_the_same_each_time",
        "@hookimpl\ndef hub_apply(entry, documents, settings, now):\n    return Changes(stage='heaven')\n",
    ),
    (
        "a_fresh_process_answers_the_same",
        (
            "seen = set()\n@hookimpl\ndef hub_receive(referral, documents, settings, now):\n"
            "    seen.add(referral.id)\n    return Receipt(decision='accepted')\n"
            "@hookimpl\ndef hub_apply(entry, documents, settings, now):\n"
            "    return Changes() if entry.referral.id in seen else Changes(problems=say('who is this?'))\n"
        ),
    ),
    (
        "only_declared_fields_are_read",
        (
            "@hookimpl\ndef hub_screen(enquiry, offering, settings):\n"
            "    return Screening(verdict='perhaps' if enquiry.fields.get('id_number') else 'eligible')\n"
        ),
    ),
    (
        "only_declared_fields_are_read",
        (
            "@hookimpl\ndef hub_receive(referral, documents, settings, now):\n"
            "    return Receipt(decision='accepted' if 'income' in referral.fields else 'person')\n"
        ),
    ),
    (
        "only_declared_fields_are_read",
        (
            "@hookimpl\ndef hub_apply(entry, documents, settings, now):\n"
            "    try:\n        entry.referral.fields['bank_account']\n    except KeyError:\n        pass\n"
            "    return Changes()\n"
        ),
    ),
    (
        "withdrawal_is_acknowledged_and_erased",
        "@hookimpl\ndef hub_withdraw(withdrawal, documents, now): return Acknowledgement(deleted=False)\n",
    ),
    (
        "a_referral_it_never_saw_can_be_withdrawn",
        (
            "@hookimpl\ndef hub_withdraw(withdrawal, documents, now):\n"
            "    return Acknowledgement(deleted=withdrawal.referral_id == 'referral-1')\n"
        ),
    ),
    (
        "capacity_is_counted_in_the_declared_unit",
        (
            "from referral_hub.api import Capacity\n@hookimpl\ndef hub_capacity(offering, documents, now):\n"
            "    return Capacity(unit='place', total=1)\n"
        ),
    ),
    (
        "values_of_a_later_hub_are_understood",
        "@hookimpl\ndef hub_check_settings(settings):\n    return say('what is this?') if settings else []\n",
    ),
    (
        "values_of_a_later_hub_are_understood",
        (
            "@hookimpl\ndef hub_receive(referral, documents, settings, now):\n"
            "    return Receipt(decision='person' if referral.offering.attributes else 'accepted')\n"
        ),
    ),
    (
        "nothing_is_printed",
        (
            "@hookimpl\ndef hub_receive(referral, documents, settings, now):\n"
            "    print(referral.fields, end='')\n    return Receipt(decision='accepted')\n"
        ),
    ),
    (
        "nothing_is_printed",
        (
            "import sys\n@hookimpl\ndef hub_withdraw(withdrawal, documents, now):\n"
            "    sys.stdout.write('gone')\n    return Acknowledgement(deleted=True)\n"
        ),
    ),
    (
        "of_the_hub_only_the_public_names_are_imported",
        "def later():\n    from referral_hub.storage.cipher import FieldCipher\n    return FieldCipher\n",
    ),
    (
        "of_the_hub_only_the_public_names_are_imported",
        "def later():\n    from referral_hub import hub\n",
    ),
    (
        "the_cursor_goes_forward",
        NEWS + "@hookimpl\ndef hub_poll(cursor, settings, now):\n"
        "    return Updates(cursor={None: 'a', 'a': 'b', 'b': 'a'}[cursor])\n",
    ),
    (
        "the_cursor_goes_forward",
        NEWS + "@hookimpl\ndef hub_poll(cursor, settings, now):\n"
        "    return Updates(updates=[Update(id='n1', referral_id='r')])\n",
    ),
    (
        "the_same_cursor_brings_the_same_news",
        COUNT + NEWS + "@hookimpl\ndef hub_poll(cursor, settings, now):\n"
        "    return Updates(cursor='1', updates=[Update(id=f'n{next(count)}', referral_id='r')])\n",
    ),
    (
        "the_same_cursor_brings_the_same_news",
        COUNT + NEWS + "@hookimpl\ndef hub_poll(cursor, settings, now):\n"
        "    return Updates(cursor='1', updates=[Update(id='n', referral_id=f'r{next(count)}')])\n",
    ),
    (
        "the_same_cursor_brings_the_same_news",
        NEWS + "left = [Update(id='n', referral_id='r')]\n@hookimpl\ndef hub_poll(cursor, settings, now):\n"
        "    return Updates(cursor='1', updates=[left.pop()] if left else [])\n",
    ),
    (
        "news_fits_the_manifest",
        NEWS + "@hookimpl\ndef hub_poll(cursor, settings, now):\n"
        "    return Updates(cursor='1', updates=[Update(id='n', referral_id='r', changes=Changes(stage='heaven'))])\n",
    ),
    (
        "news_fits_the_manifest",
        NEWS + "@hookimpl\ndef hub_poll(cursor, settings, now):\n"
        "    return Updates(cursor='1', updates=[\n"
        "        Update(id='n', referral_id='r', receipt=Receipt(decision='declined', reason='full moon'))])\n",
    ),
    ("every_stage_can_be_reached", NO_STAGE),
    (
        "replies_come_well_within_the_time_limit",
        (
            "import time\n@hookimpl\ndef hub_screen(enquiry, offering, settings):\n"
            "    time.sleep(1.1)\n    return Screening(verdict='eligible')\n"
        ),
    ),
]

Try = Callable[..., dict[str, str]]


@pytest.fixture(params=["in process", "in a worker"])
def failing(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Try]:
    """Run checks (all, or those named) on a module made of this code; returns those that failed, by name."""
    callers: list[InProcess | InWorker] = []

    def run(code: str, *names: str) -> dict[str, str]:
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
            if names and check.name not in names:
                continue
            try:
                check.run(subject)
            except (CheckFailed, ModuleFailure) as error:
                failed[check.name] = str(error)
            except KeyError as error:  # what the hook itself raised, in this process
                failed[check.name] = repr(error)
        return failed

    yield run
    sys.modules.pop("hub_legal", None)
    for caller in callers:
        caller.close()


@pytest.mark.parametrize("code", [ALL_WAYS, ALL_WAYS + BRIDGE], ids=["without news", "a bridge"])
def test_a_well_behaved_module_passes_everything(failing: Try, code: str) -> None:
    assert failing(code) == {}


@pytest.mark.parametrize(("check", "code"), BAD, ids=[f"{check}-{number}" for number, (check, _) in enumerate(BAD)])
def test_a_module_that_breaks_a_promise_learns_which(failing: Try, check: str, code: str) -> None:
    assert check in failing(code if code is NO_STAGE else ALL_WAYS + code, check)


def test_a_module_that_prints_while_it_is_imported_fails(tmp_path: Path) -> None:
    home = write_module(tmp_path, code=ALL_WAYS + "print('hello')\n") / "hub_legal"
    manifest = load_manifest(home)
    caller = InWorker("hub_legal", manifest, home, tmp_path / "run")
    (check,) = (check for check in CHECKS if check.name == "nothing_is_printed")
    try:
        with pytest.raises(CheckFailed, match="imported"):
            check.run(Subject(module="hub_legal", home=home, manifest=manifest, caller=caller))
    finally:
        caller.close()


def test_what_is_printed_while_it_is_imported_is_seen_in_a_worker(tmp_path: Path) -> None:
    home = write_module(tmp_path, code=ALL_WAYS + "print('hello')\n") / "hub_legal"
    manifest = load_manifest(home)
    caller = InWorker("hub_legal", manifest, home, tmp_path / "run")
    try:
        seen = caller.watch("hub_check_settings", {"settings": {}}, ())
        assert (seen.printed, seen.printed_before) == (0, len("hello\n"))
        assert "hello" in caller.worker.log()
    finally:
        caller.close()


def test_the_hook_that_prints_is_named(failing: Try) -> None:
    said = failing(ALL_WAYS + next(code for check, code in BAD if check == "nothing_is_printed"), "nothing_is_printed")
    assert "hub_receive printed" in said["nothing_is_printed"]


def test_a_module_that_floods_its_output_is_still_answered_and_counted(tmp_path: Path) -> None:
    code = "import os\n@hookimpl\ndef hub_withdraw(withdrawal, documents, now):\n    os.write(1, b'x' * 300_000)\n"
    code += "    return Acknowledgement(deleted=True)\n"
    home = write_module(tmp_path, code=code) / "hub_legal"
    caller = InWorker("hub_legal", load_manifest(home), home, tmp_path / "run")
    withdrawal = {"referral_id": "r", "reason": "withdrawn"}
    args = {"withdrawal": withdrawal, "documents": [], "settings": {}, "now": "2026-03-02T01:30:00Z"}
    try:
        assert caller.watch("hub_withdraw", args, ()).printed == 300_000
        assert caller.call("hub_withdraw", args).deleted
    finally:
        caller.close()


def test_each_check_is_shown_to_fail_and_says_what_it_is_for() -> None:
    assert {check for check, _ in BAD} == {check.name for check in CHECKS}
    for check in CHECKS:
        for label in (check.title, check.protects, check.fix):
            assert label.zh.strip()
            assert label.en.strip()
