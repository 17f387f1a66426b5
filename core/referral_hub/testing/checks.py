"""What every module must do, as plain functions: the kit's test class and the hub's own check run the same ones.

A check takes a Subject and raises AssertionError (or the failure of the call itself) with words for the author.
"""

from __future__ import annotations

import ast
import contextlib
import io
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec

from referral_hub.api import Service, Withdrawal
from referral_hub.isolation import wire
from referral_hub.isolation.limits import Limits
from referral_hub.testing import samples
from referral_hub.testing.subject import InProcess, Subject
from referral_hub.testing.walk import walk

Level = Literal["required", "recommended"]
_OPEN = ("referral_hub.api", "referral_hub.testing")


class Check(msgspec.Struct, frozen=True):
    """`required` checks must pass before a module is enabled; `recommended` ones are shown.

    `imports`: the check imports the module, so it is for its author's tests; the hub never runs it.
    """

    name: str
    level: Level
    run: Callable[[Subject], None]
    imports: bool = False


CHECKS: list[Check] = []


def _check(level: Level, *, imports: bool = False) -> Callable[[Callable[[Subject], None]], Callable[[Subject], None]]:
    def note(run: Callable[[Subject], None]) -> Callable[[Subject], None]:
        CHECKS.append(Check(name=run.__name__, level=level, run=run, imports=imports))
        return run

    return note


@_check("required")
def settings_are_checked(subject: Subject) -> None:
    """The settings it is tried with are usable; empty and complete ones get an answer, not an exception."""
    problems = subject.call("hub_check_settings", settings=subject.settings)
    assert not problems, f"the settings of the test are not usable: {problems[0].message.en}"
    for settings in ({}, samples.settings_of(subject.manifest.settings)):
        subject.call("hub_check_settings", settings=settings)


@_check("required")
def screening_is_the_same_each_time(subject: Subject) -> None:
    for service, offering in _offerings(subject):
        enquiry = samples.enquiry_of(service)
        for asked in (enquiry, msgspec.structs.replace(enquiry, fields={})):
            args = {"enquiry": asked, "offering": offering, "settings": subject.settings}
            assert subject.call("hub_screen", **args) == subject.call("hub_screen", **args)


@_check("required")
def receiving_twice_is_receiving_once(subject: Subject) -> None:
    """After a time-out the hub repeats the call with the same id, with and without what the first one left."""
    for service, offering in _offerings(subject):
        for everything in (True, False):
            referral = samples.referral_of(service, offering, everything=everything)
            args: dict[str, Any] = {"referral": referral, "settings": subject.settings, "now": samples.NOW}
            first = subject.call("hub_receive", documents=[], **args)
            assert subject.call("hub_receive", documents=[], **args) == first, "the second answer differs"
            again = subject.call("hub_receive", documents=first.documents, **args)
            assert again.decision == first.decision, "knowing its own documents, it decides otherwise"


@_check("required")
def every_form_gets_a_valid_reply_the_same_each_time(subject: Subject) -> None:
    for service in subject.manifest.services:
        for step in walk(subject, service):
            again = subject.call("hub_apply", **step.args())
            assert again == step.changes, f"the form {step.entry.form} is answered differently the second time"


@_check("required", imports=True)
def only_declared_fields_are_read(subject: Subject) -> None:
    """Fields it did not declare are a tripwire: reading one is a failure, in screening and in receiving."""
    hooks = InProcess(subject.module).manager.hook
    for service, offering in _offerings(subject):
        declared = {field.name for field in service.fields} | {field.key for field in service.intake}
        referral = samples.referral_of(service, offering, everything=True)
        hooks.hub_receive(
            referral=msgspec.structs.replace(referral, fields=_Tripwire(referral.fields, declared)),
            documents=[],
            settings=subject.settings,
            now=samples.NOW,
        )
        enquiry = samples.enquiry_of(service)
        hooks.hub_screen(
            enquiry=msgspec.structs.replace(enquiry, fields=_Tripwire(enquiry.fields, service.screening_names())),
            offering=offering,
            settings=subject.settings,
        )


@_check("required")
def withdrawal_is_acknowledged_and_forgotten(subject: Subject) -> None:
    for service, offering in _offerings(subject):
        referral = samples.referral_of(service, offering, everything=True)
        receipt = subject.call(
            "hub_receive", referral=referral, documents=[], settings=subject.settings, now=samples.NOW
        )
        args: dict[str, Any] = {"documents": receipt.documents, "settings": subject.settings, "now": samples.NOW}
        withdrawal = Withdrawal(referral_id=referral.id, reason="consent_withdrawn")
        for _ in range(2):
            reply = subject.call("hub_withdraw", withdrawal=withdrawal, **args)
            assert reply.deleted, "something of the person remains after the withdrawal"


@_check("required")
def capacity_is_counted_in_the_declared_unit(subject: Subject) -> None:
    for _, offering in _offerings(subject):
        subject.call("hub_capacity", offering=offering, documents=[], now=samples.NOW)


@_check("required")
def values_of_a_later_hub_are_understood(subject: Subject) -> None:
    """A newer hub adds fields to what it sends; they are passed over."""
    for service, offering in _offerings(subject):
        referral = samples.referral_of(service, offering, everything=True)
        raw = {
            "referral": {**msgspec.to_builtins(referral), "added_later": {"x": 1}},
            "documents": [],
            "settings": subject.settings,
            "now": samples.NOW,
        }
        args = wire.decode_args("hub_receive", msgspec.Raw(wire.encode(raw)))
        subject.call("hub_receive", **args)


@_check("required", imports=True)
def nothing_is_printed(subject: Subject) -> None:
    """Standard output belongs to nobody; what a module has to say it says in its reply."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        calls = InProcess(subject.module)
        calls.call("hub_check_settings", {"settings": subject.settings})
        for service, offering in _offerings(subject):
            referral = samples.referral_of(service, offering, everything=True)
            args = {"referral": referral, "documents": [], "settings": subject.settings, "now": samples.NOW}
            calls.call("hub_receive", args)
    assert not printed.getvalue(), "it prints to standard output"


@_check("required")
def of_the_hub_only_the_public_names_are_imported(subject: Subject) -> None:
    for file in sorted(subject.home.rglob("*.py")):
        for name in _imports(ast.parse(file.read_text(encoding="utf-8"))):
            private = name.startswith("referral_hub") and not name.startswith(_OPEN)
            assert not private, f"{file.name} imports {name}; only {' and '.join(_OPEN)} are public"


@_check("recommended")
def every_stage_can_be_reached(subject: Subject) -> None:
    """By filling in the forms with example answers."""
    for service in subject.manifest.services:
        steps = list(walk(subject, service))
        reached = {service.stages[0].key} | {step.changes.stage or step.entry.stage for step in steps}
        missed = [stage.key for stage in service.stages if stage.key not in reached]
        assert not missed, f"no form leads to {', '.join(missed)}"


@_check("recommended")
def replies_come_well_within_the_time_limit(subject: Subject) -> None:
    limits = Limits()
    for service, offering in _offerings(subject):
        referral = samples.referral_of(service, offering, everything=True)
        began = time.monotonic()
        subject.call("hub_receive", referral=referral, documents=[], settings=subject.settings, now=samples.NOW)
        assert time.monotonic() - began < limits.receive / 2, f"hub_receive took more than {limits.receive / 2:g} s"


class _Tripwire(dict[str, Any]):
    """A mapping that fails when asked for a name that was not declared."""

    def __init__(self, values: dict[str, Any], declared: frozenset[str] | set[str]) -> None:
        super().__init__(values)
        self._declared = declared

    def __getitem__(self, name: str) -> Any:
        self._trip(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._trip(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._trip(name)
        return super().get(name, default)

    def _trip(self, name: str) -> None:
        assert name in self._declared, f"it reads the field {name}, which its manifest does not declare"


def _offerings(subject: Subject) -> Iterator[tuple[Service, Any]]:
    for service in subject.manifest.services:
        yield service, samples.offering_of(service, subject.offering_settings, subject.attributes)


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "referral_hub")
