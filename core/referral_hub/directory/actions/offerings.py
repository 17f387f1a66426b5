"""Offerings: one organisation, one service of a module, certain areas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from referral_hub.actor import Actor
from referral_hub.api import Service
from referral_hub.codes import SEX
from referral_hub.codes.areas import read_area_code
from referral_hub.codes.identity import read_phone
from referral_hub.directory.actions.common import (
    check_keeper,
    check_may_run,
    check_neutral,
    complete_offering_tasks,
    lock_offering,
    record_change,
)
from referral_hub.directory.errors import ServiceUnknown, SettingsUnusable
from referral_hub.errors import Invalid, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.registry.forms import check_values
from referral_hub.tables.directory import Offering, Organisation
from referral_hub.text_limits import (
    MAX_LANGUAGE,
    MAX_OFFERING_DESCRIPTION,
    MAX_OFFERING_NOTES,
    MAX_REASON,
    need_line,
    read_line,
)

_KEEPERS_ONLY = frozenset({"external_id", "area_codes", "answer_days", "contact_days", "offer_hours"})
_MAX_AGE = 120


def add_offering(
    session: Transaction,
    *,
    organisation_id: UUID,
    service_key: str,
    title: str,
    area_codes: Sequence[str] = (),
    languages: Sequence[str] = (),
    hours: str | None = None,
    phone: str | None = None,
    description: str | None = None,
    eligibility: dict[str, object] | None = None,
    settings: dict[str, object] | None = None,
    answer_days: int | None = None,
    contact_days: int | None = None,
    offer_hours: int | None = None,
    external_id: str | None = None,
    by: Actor,
    at: datetime,
) -> UUID:
    """Offer a service of an installed module. No areas named means everywhere.

    `eligibility` narrows what the service declares: min_age, max_age, sexes, notes {zh, en}. `settings` answer the
    service's own questions. Raises `ServiceUnknown`, `SettingsUnusable`, `Invalid`, `NotFound`.
    """
    check_keeper(by)
    if session.get(Organisation, organisation_id) is None:
        raise NotFound
    found = session.hub.modules.find_service(service_key)
    if found is None:
        raise ServiceUnknown(service=service_key, field="service_key")
    offering = Offering(
        id=new_id(),
        organisation_id=organisation_id,
        module_key=found.module_key,
        service_key=service_key,
        title=need_line(title, "title"),
    )
    values = {
        "title": title,
        "area_codes": area_codes,
        "languages": languages,
        "hours": hours,
        "phone": phone,
        "description": description,
        "eligibility": eligibility or {},
        "settings": settings or {},
        "answer_days": answer_days,
        "contact_days": contact_days,
        "offer_hours": offer_hours,
        "external_id": external_id,
    }
    _write(session, offering, found.service, values)
    session.add(offering)
    session.flush()
    record_change(session, offering, by=by, at=at, what="add")
    return offering.id


def change_offering(
    session: Transaction, *, offering_id: UUID, values: dict[str, Any], by: Actor, at: datetime
) -> None:
    """Change an offering. Its organisation may too, but not its areas and times."""
    offering = lock_offering(session, offering_id, by=by)
    if set(values) & _KEEPERS_ONLY:
        check_keeper(by)
    found = session.hub.modules.find_service(offering.service_key)
    if found is None and "settings" in values:
        raise ServiceUnknown(service=offering.service_key)
    _write(session, offering, found.service if found else None, values)
    session.add(offering)
    session.flush()
    record_change(session, offering, by=by, at=at, what="change", fields=list(values))
    done = Label(zh="目录已更正", en="The directory was corrected")
    complete_offering_tasks(session, offering.id, "check_offering", how=done, by=by, at=at)


def confirm_capacity(session: Transaction, *, offering_id: UUID, by: Actor, at: datetime) -> None:
    """Say that what the directory shows of the offering's places is true today."""
    offering = lock_offering(session, offering_id, by=by)
    offering.capacity_confirmed_at = at
    session.add(offering)
    session.flush()
    record_change(session, offering, by=by, at=at, what="confirm")
    done = Label(zh="名额已确认", en="The places were confirmed")
    complete_offering_tasks(session, offering.id, "confirm_capacity", how=done, by=by, at=at)


def confirm_entry(session: Transaction, *, offering_id: UUID, by: Actor, at: datetime) -> None:
    """Say that the directory describes the offering rightly; what declines asked about it is done."""
    offering = lock_offering(session, offering_id, by=by)
    record_change(session, offering, by=by, at=at, what="confirm")
    done = Label(zh="目录已核对", en="The entry in the directory was checked")
    complete_offering_tasks(session, offering.id, "check_offering", how=done, by=by, at=at)


def pause_offering(session: Transaction, *, offering_id: UUID, reason: str, by: Actor, at: datetime) -> None:
    """Accept no new referrals for now; what is under way goes on."""
    _set_status(session, offering_id, "paused", reason=reason, by=by, at=at)


def open_offering(session: Transaction, *, offering_id: UUID, by: Actor, at: datetime) -> None:
    """Accept referrals again."""
    _set_status(session, offering_id, "open", reason=None, by=by, at=at)


def close_offering(session: Transaction, *, offering_id: UUID, reason: str, by: Actor, at: datetime) -> None:
    """End an offering. Its history stays."""
    _set_status(session, offering_id, "closed", reason=reason, by=by, at=at)


def _set_status(
    session: Transaction, offering_id: UUID, status: str, *, reason: str | None, by: Actor, at: datetime
) -> None:
    offering = lock_offering(session, offering_id, by=by)
    check_may_run(by, offering.organisation_id)
    why = need_line(reason, "reason", maximum=MAX_REASON) if reason is not None else None
    offering.status = status
    session.add(offering)
    session.flush()
    record_change(session, offering, by=by, at=at, what=status, reason=why)


def _write(session: Transaction, offering: Offering, service: Service | None, values: dict[str, Any]) -> None:
    for field, value in values.items():
        if field == "settings":
            offering.settings = _settings(service, value)
        elif field in _READERS:
            setattr(offering, field, _READERS[field](value))
        else:
            raise Invalid(field=field, message=Label(zh="这一项不能在这里修改。", en="This cannot be changed here."))


def _eligibility(value: dict[str, object]) -> dict[str, object]:
    kept: dict[str, object] = {}
    for name in ("min_age", "max_age"):
        age = value.get(name)
        if age is None:
            continue
        if not isinstance(age, int) or isinstance(age, bool) or not 0 <= age <= _MAX_AGE:
            raise Invalid(field=name, message=Label(zh="年龄应为整数。", en="Age must be a whole number."))
        kept[name] = age
    sexes = value.get("sexes") or []
    if not isinstance(sexes, list) or any(sex not in SEX for sex in sexes):
        raise Invalid(field="sexes", message=Label(zh="请从列表中选择性别。", en="Choose the sex from the list."))
    if sexes:
        kept["sexes"] = list(sexes)
    notes = value.get("notes")
    if isinstance(notes, dict):
        kept["notes"] = {
            name: check_neutral(read_line(notes.get(name), "notes", maximum=MAX_OFFERING_NOTES), "notes") or ""
            for name in ("zh", "en")
        }
    return kept


def _settings(service: Service | None, values: dict[str, object]) -> dict[str, object]:
    """Answers already read by `registry.forms`. A secret belongs to the module's own settings, which are encrypted."""
    if service is None:
        return dict(values)
    wrong = [(problem.field, problem.message) for problem in check_values(service.settings, values)]
    for question in service.settings:
        if question.type == "secret" and question.key in values:
            wrong.append(
                (
                    question.key,
                    Label(
                        zh=f"“{question.label.zh}”请填在模块设置里。",
                        en=f"“{question.label.en}” is set in the module's settings.",
                    ),
                )
            )
        elif question.required and values.get(question.key) in (None, "", []):
            wrong.append(
                (
                    question.key,
                    Label(zh=f"“{question.label.zh}”请填写。", en=f"“{question.label.en}” must be filled in."),
                )
            )
    if wrong:
        raise SettingsUnusable(
            field=f"settings.{wrong[0][0]}",
            problems=Label(zh="；".join(one.zh for _, one in wrong), en="; ".join(one.en for _, one in wrong)),
        )
    return dict(values)


def _days(value: object, field: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 60:
        raise Invalid(field=field, message=Label(zh="应为1至60个工作日。", en="Enter 1 to 60 working days."))
    return value


def _hours(value: object, field: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 336:
        raise Invalid(field=field, message=Label(zh="应为1至336小时。", en="Enter 1 to 336 hours."))
    return value


_READERS: dict[str, Callable[[Any], object]] = {
    "title": lambda value: check_neutral(need_line(value, "title"), "title"),
    "hours": lambda value: check_neutral(read_line(value, "hours"), "hours"),
    "description": lambda value: check_neutral(
        read_line(value, "description", maximum=MAX_OFFERING_DESCRIPTION), "description"
    ),
    "phone": lambda value: read_phone(value) if value else None,
    "external_id": lambda value: read_line(value, "external_id"),
    "area_codes": lambda value: [code for one in value if (code := read_area_code(str(one), field="area_codes"))],
    "languages": lambda value: [need_line(one, "languages", maximum=MAX_LANGUAGE) for one in value],
    "eligibility": _eligibility,
    "answer_days": lambda value: _days(value, "answer_days"),
    "contact_days": lambda value: _days(value, "contact_days"),
    "offer_hours": lambda value: _hours(value, "offer_hours"),
}
