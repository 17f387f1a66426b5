"""A module's reply is a proposal. Here it is held against the module's own manifest and the hub's codes.

What breaks them is refused whole, in words for the administrator; nothing of it is written. Whether a transition is
possible and a consent in force is decided where it is applied, under the referral's lock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from referral_hub.api import (
    Acknowledgement,
    Capacity,
    Changes,
    Document,
    Entry,
    Manifest,
    Offering,
    Outcome,
    Problem,
    Receipt,
    Referral,
    Screening,
    Service,
    ServiceEvent,
    Updates,
    denied_words,
)
from referral_hub.calendar.clock import local_date
from referral_hub.codes import DECLINE_REASONS
from referral_hub.i18n import Label
from referral_hub.isolation.errors import ModuleReplyInvalid
from referral_hub.registry.aid_checks import problem_of_aid
from referral_hub.registry.day_checks import problem_of_days, problem_of_place, problem_of_service
from referral_hub.registry.forms import check_values

_DOCUMENT_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,59}")
_A_CODE = re.compile(r"[a-z][a-z0-9_.]{0,39}")
_MAX_ITEMS = 200
_MAX_LABEL_LENGTH = 500
_MAX_CODE_LENGTH = 200
_MAX_QUANTITY = Decimal(100_000)
_Item = TypeVar("_Item")
_CAPACITY_UNITS = {"places": "place", "fund": "fen", "open": "open"}


class _Broken(Exception):
    """The reply breaks the rule named. An administrator reads it, so it quotes nothing but codes."""


def check_reply(manifest: Manifest, hook: str, arguments: Mapping[str, Any], reply: Any) -> Any:
    """The reply as it may be used. Raises `ModuleReplyInvalid`, whose `detail` names the rule it breaks."""
    try:
        return _CHECKS[hook](manifest, arguments, reply)
    except _Broken as error:
        raise ModuleReplyInvalid(module=manifest.key, detail=f"{hook}: {error}") from error


def check_changes(
    service: Service, stage: str, changes: Changes, *, module_key: str, sent_at: datetime | None, at: datetime
) -> Changes:
    """Changes that came by `hub_poll`, held against the referral they are for, which is in `stage`.

    Raises `ModuleReplyInvalid`.
    """
    try:
        return _checked_changes(service, stage, None, changes, sent_at, at)
    except _Broken as error:
        raise ModuleReplyInvalid(module=module_key, detail=f"hub_poll: {error}") from error


def check_receipt(service: Service, receipt: Receipt, *, module_key: str, at: datetime) -> Receipt:
    """A receipt that came by `hub_poll`. Raises `ModuleReplyInvalid`."""
    try:
        return _checked_receipt(service, receipt, at)
    except _Broken as error:
        raise ModuleReplyInvalid(module=module_key, detail=f"hub_poll: {error}") from error


def _settings_problems(manifest: Manifest, arguments: Mapping[str, Any], reply: list[Problem]) -> list[Problem]:
    _check_problems(reply, {field.key for field in manifest.settings})
    return reply


def _screening(manifest: Manifest, arguments: Mapping[str, Any], reply: Screening) -> Screening:
    for name in ("reasons", "needed"):
        for label in _few(name, getattr(reply, name)):
            _check_label(name, label)
    return reply


def _receipt(manifest: Manifest, arguments: Mapping[str, Any], reply: Receipt) -> Receipt:
    referral: Referral = arguments["referral"]
    return _checked_receipt(_service(manifest, referral.service), reply, arguments["now"])


def _changes(manifest: Manifest, arguments: Mapping[str, Any], reply: Changes) -> Changes:
    entry: Entry = arguments["entry"]
    service = _service(manifest, entry.referral.service)
    return _checked_changes(service, entry.stage, entry, reply, entry.referral.sent_at, arguments["now"])


def _acknowledgement(manifest: Manifest, arguments: Mapping[str, Any], reply: Acknowledgement) -> Acknowledgement:
    if reply.note is not None:
        _check_label("note", reply.note)
    return reply


def _updates(manifest: Manifest, arguments: Mapping[str, Any], reply: Updates) -> Updates:
    """Each update's receipt and changes are held against their referral where they are applied."""
    ids = [update.id for update in _few("updates", reply.updates)]
    for name in [*ids, *(update.referral_id for update in reply.updates), *filter(None, [reply.cursor])]:
        if not 0 < len(name) <= _MAX_CODE_LENGTH:
            raise _Broken("an id or cursor is empty or too long")
    if len(set(ids)) != len(ids):
        raise _Broken("two updates have one id")
    return reply


def _capacity(manifest: Manifest, arguments: Mapping[str, Any], reply: Capacity) -> Capacity:
    offering: Offering = arguments["offering"]
    service = _service(manifest, offering.service)
    if reply.unit != _CAPACITY_UNITS[service.capacity]:
        raise _Broken(f"capacity in {reply.unit}, but the manifest says {service.capacity}")
    for name in ("total", "free", "held", "waiting"):
        number = getattr(reply, name)
        if number is not None and number < 0:
            raise _Broken(f"capacity.{name} is negative")
    _demand_none(problem_of_days(reply, today=local_date(arguments["now"])))
    if reply.total is not None and reply.free is not None and reply.free > reply.total:
        raise _Broken("more is free than there is")
    return reply


_CHECKS: dict[str, Callable[[Manifest, Mapping[str, Any], Any], Any]] = {
    "hub_check_settings": _settings_problems,
    "hub_screen": _screening,
    "hub_receive": _receipt,
    "hub_apply": _changes,
    "hub_withdraw": _acknowledgement,
    "hub_poll": _updates,
    "hub_capacity": _capacity,
}


def _checked_receipt(service: Service, receipt: Receipt, at: datetime) -> Receipt:
    today = local_date(at)
    _demand_none(problem_of_days(receipt, today=today))
    _demand_none(problem_of_place(receipt, today=today))
    if receipt.decision == "declined" and receipt.reason not in DECLINE_REASONS:
        raise _Broken("a decline needs a reason code the hub has (R27)")
    if receipt.decision != "declined" and receipt.reason is not None:
        raise _Broken("only a decline has a reason code")
    if receipt.stage is not None:
        stage = service.stage(receipt.stage)
        if receipt.decision != "accepted" or stage is None or stage.state != "accepted":
            raise _Broken(f"a receipt cannot lead to the stage {_code(receipt.stage)}")
    if receipt.note is not None:
        _check_label("note", receipt.note)
    _check_documents(receipt.documents)
    return receipt


def _checked_changes(
    service: Service, stage: str, entry: Entry | None, changes: Changes, sent_at: datetime | None, at: datetime
) -> Changes:
    form = service.form(entry.form) if entry else None
    if changes.problems:
        keys = {field.key for field in form.fields} if form else set()
        _check_problems(changes.problems, keys | {field.key for field in service.outcome} | {"outcome", "on"})
        # The form is shown again: nothing else of the reply counts.
        return Changes(problems=changes.problems)
    _check_stage(service, stage, changes.stage)
    for event in _few("events", changes.events):
        _check_event(service, event, at)
    _demand_none(problem_of_days(changes, today=local_date(at)))
    _demand_none(problem_of_service(changes, sent_at=sent_at))
    _demand_none(problem_of_aid(changes))
    if changes.outcome is not None:
        if form is not None and not form.outcome:
            raise _Broken(f"the form {form.key} does not ask an outcome")
        _check_outcome(service, changes.outcome)
    for flag in changes.flags:
        if flag not in {choice.code for choice in service.flags}:
            raise _Broken(f"the flag {_code(flag)} is not in the manifest")
    _check_documents(changes.documents)
    return changes


def _demand_none(problem: str | None) -> None:
    if problem is not None:
        raise _Broken(problem)


def _check_stage(service: Service, before: str, after: str | None) -> None:
    if after is None or after == before:
        return
    stage = service.stage(before)
    if service.stage(after) is None:
        raise _Broken(f"the stage {_code(after)} is not in the manifest")
    if stage is None or after not in stage.next:
        raise _Broken(f"the stage {_code(after)} does not follow {before}")


def _check_event(service: Service, event: ServiceEvent, at: datetime) -> None:
    if event.unit not in {unit.key for unit in service.units}:
        raise _Broken(f"the unit {_code(event.unit)} is not in the manifest (R36)")
    _check_quantity("an event", event.quantity)
    if event.on > local_date(at):
        raise _Broken("an event lies in the future")
    if event.kind is not None and event.kind not in {kind.code for kind in service.event_kinds}:
        raise _Broken(f"the kind of event {_code(event.kind)} is not in the manifest")


def _check_quantity(what: str, quantity: Decimal) -> None:
    if not quantity.is_finite() or not 0 < quantity <= _MAX_QUANTITY:
        raise _Broken(f"the quantity of {what} is not above zero, or too large")


def _check_outcome(service: Service, outcome: Outcome) -> None:
    if outcome.code not in {choice.code for choice in service.outcomes}:
        raise _Broken(f"the outcome {_code(outcome.code)} is not in the manifest")
    problems = check_values(service.outcome, outcome.measures)
    if problems:
        known = problems[0].field in {field.key for field in service.outcome}
        raise _Broken(f"outcome measures: {problems[0].message.en if known else 'there is no question of that key'}")


def _check_documents(documents: Sequence[Document]) -> None:
    names = [document.name for document in _few("documents", documents)]
    if len(set(names)) != len(names) or not all(_DOCUMENT_NAME.fullmatch(name) for name in names):
        raise _Broken("documents need names of their own: small letters, digits and _.-")


def _check_problems(problems: Sequence[Problem], keys: set[str]) -> None:
    for problem in _few("problems", problems):
        _check_label("problems", problem.message)
        if problem.field is not None and problem.field not in keys:
            raise _Broken(f"there is no field {_code(problem.field)} to have a problem")


def _check_label(name: str, label: Label) -> None:
    for text in (label.zh, label.en):
        if not text.strip() or len(text) > _MAX_LABEL_LENGTH:
            raise _Broken(f"{name}: a text is empty or longer than {_MAX_LABEL_LENGTH} characters")
        if denied_words(text):
            raise _Broken(f"{name}: a text is not in neutral words (R20)")


def _code(value: str) -> str:
    """A code as it may be told. What is none may be an answer about a client that went astray."""
    return value if _A_CODE.fullmatch(value) else "(no code)"


def _few(name: str, items: Sequence[_Item]) -> Iterable[_Item]:
    if len(items) > _MAX_ITEMS:
        raise _Broken(f"more than {_MAX_ITEMS} {name}")
    return items


def _service(manifest: Manifest, key: str) -> Service:
    service = manifest.service(key)
    if service is None:
        raise _Broken(f"the module has no service {key}")
    return service
