"""What every module promises about its answers: the same each time, valid, nothing kept back, ready for a later hub."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from referral_hub.api import Withdrawal
from referral_hub.testing import samples
from referral_hub.testing.check import demand, offerings
from referral_hub.testing.subject import Subject
from referral_hub.testing.walk import walk

_MAX_REPEATED = 60


def settings_are_checked(subject: Subject) -> None:
    """The settings it is tried with are usable; empty and complete ones get an answer, not an exception."""
    problems = subject.call("hub_check_settings", settings=subject.settings)
    told = problems[0].message if problems else None
    demand(
        told is None,
        f"试用的设置不能用：{told and told.zh}",
        f"the settings of the trial are not usable: {told and told.en}",
    )
    for settings in ({}, samples.settings_of(subject.manifest.settings)):
        subject.call("hub_check_settings", settings=settings)


def screening_is_the_same_each_time(subject: Subject) -> None:
    for service, offering in offerings(subject):
        enquiry = samples.enquiry_of(service)
        for asked in (enquiry, msgspec.structs.replace(enquiry, fields={})):
            args = {"enquiry": asked, "offering": offering, "settings": subject.settings}
            demand(
                subject.call("hub_screen", **args) == subject.call("hub_screen", **args),
                f"{service.key}：同样的询问，第二次的答复不一样",
                f"{service.key}: the same enquiry is answered differently the second time",
            )


def receiving_twice_is_receiving_once(subject: Subject) -> None:
    """After a time-out the hub repeats the call with the same id, with and without what the first one left."""
    for service, offering in offerings(subject):
        for everything in (True, False):
            referral = samples.referral_of(service, offering, everything=everything)
            args: dict[str, Any] = {"referral": referral, "settings": subject.settings, "now": samples.NOW}
            first = subject.call("hub_receive", documents=[], **args)
            demand(
                subject.call("hub_receive", documents=[], **args) == first,
                f"{service.key}：同一转介收到两次，第二次的答复不一样",
                f"{service.key}: the same referral is answered differently the second time",
            )
            again = subject.call("hub_receive", documents=first.documents, **args)
            demand(
                again.decision == first.decision,
                f"{service.key}：带着自己上次的文档再收一次，决定变了",
                f"{service.key}: given its own documents again, it decides differently",
            )


def every_form_gets_a_valid_reply_the_same_each_time(subject: Subject) -> None:
    for service in subject.manifest.services:
        for step in walk(subject, service):
            again = subject.call("hub_apply", **step.args())
            demand(
                again == step.changes,
                f"表格 {step.entry.form} 同样填写，第二次的答复不一样",
                f"the form {step.entry.form} is answered differently the second time",
            )


def a_fresh_process_answers_the_same(subject: Subject) -> None:
    """Everything asked again, the last first, of a process that was just started: nothing is kept in between."""
    asked: list[tuple[str, dict[str, Any], Any]] = []
    for service, offering in offerings(subject):
        enquiry = samples.enquiry_of(service)
        args: dict[str, Any] = {"enquiry": enquiry, "offering": offering, "settings": subject.settings}
        asked.append(("hub_screen", args, subject.call("hub_screen", **args)))
        referral = samples.referral_of(service, offering, everything=True)
        args = {"referral": referral, "documents": [], "settings": subject.settings, "now": samples.NOW}
        asked.append(("hub_receive", args, subject.call("hub_receive", **args)))
        steps = islice(walk(subject, service), _MAX_REPEATED)
        asked += [("hub_apply", step.args(), step.changes) for step in steps]
    subject.caller.renew()
    for hook, args, reply in reversed(asked):
        what = f"{hook} {args['entry'].form}" if "entry" in args else hook
        demand(
            subject.call(hook, **args) == reply,
            f"{what}：换一个新的进程来问，答复不一样",
            f"{what}: a new process answers differently",
        )


def withdrawal_is_acknowledged_and_erased(subject: Subject) -> None:
    for service, offering in offerings(subject):
        referral = samples.referral_of(service, offering, everything=True)
        receipt = subject.call(
            "hub_receive", referral=referral, documents=[], settings=subject.settings, now=samples.NOW
        )
        _demand_erased(subject, referral.id, receipt.documents)
        _demand_erased(subject, referral.id, [])


def a_referral_it_never_saw_can_be_withdrawn(subject: Subject) -> None:
    """A withdrawal can overtake the referral it withdraws, or come to a module that was installed again."""
    _demand_erased(subject, "referral-nobody-sent", [])


def _demand_erased(subject: Subject, referral_id: str, documents: list[Any]) -> None:
    reply = subject.call(
        "hub_withdraw",
        withdrawal=Withdrawal(referral_id=referral_id, reason="consent_withdrawn"),
        documents=documents,
        settings=subject.settings,
        now=samples.NOW,
    )
    demand(
        reply.deleted,
        "撤回同意之后，还留着服务对象的信息",
        "information about the client remains after the withdrawal",
    )


def capacity_is_counted_in_the_declared_unit(subject: Subject) -> None:
    """The unit is the manifest's, no number is negative: the hub's own rules of a valid reply."""
    for _, offering in offerings(subject):
        subject.call("hub_capacity", offering=offering, documents=[], now=samples.NOW)


def values_of_a_later_hub_are_understood(subject: Subject) -> None:
    """A newer hub adds fields to its values, facts to an offering, and a newer version of the module has more settings.

    All of them are ignored: the answer is the one given without them.
    """
    for hook, args in _calls(subject):
        demand(
            subject.call_raw(hook, _grown(args), args) == subject.call(hook, **args),
            f"{hook}：系统升级后多给的内容，改变了答复",
            f"{hook}: additional content of a later hub changes the answer",
        )


def _calls(subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    settings, now = subject.settings, samples.NOW
    shared: dict[str, Any] = {"documents": [], "settings": settings, "now": now}
    yield "hub_check_settings", {"settings": settings}
    for service, offering in offerings(subject):
        referral = samples.referral_of(service, offering, everything=True)
        enquiry = samples.enquiry_of(service)
        yield "hub_screen", {"enquiry": enquiry, "offering": offering, "settings": settings}
        yield "hub_receive", {"referral": referral, **shared}
        yield "hub_capacity", {"offering": offering, "documents": [], "now": now}
        for step in walk(subject, service):
            yield "hub_apply", step.args()
            break
        yield "hub_withdraw", {"withdrawal": Withdrawal(referral_id=referral.id, reason="withdrawn"), **shared}


def _grown(value: Any) -> Any:
    """The same with what a later hub may add: fields of values, attributes of an offering, settings."""
    if isinstance(value, msgspec.Struct):
        inside = {name: _grown(getattr(value, name)) for name in value.__struct_fields__}
        if "attributes" in inside:
            inside["attributes"] = {**inside["attributes"], "added_later": 1}
        return {**inside, "added_later": {"x": 1}}
    if isinstance(value, list):
        return [_grown(item) for item in value]
    if isinstance(value, dict):
        grown = {name: _grown(item) for name, item in value.items()}
        if isinstance(grown.get("settings"), dict):
            grown["settings"] = {**grown["settings"], "added_later": 1}
        return grown
    return value
