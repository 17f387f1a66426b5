"""The questions about a client: who they are, what they stated about themselves, and the restricted section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from referral_hub.cases.measures import MEASURE_KINDS, MEASURE_STATUS
from referral_hub.codes import EDUCATION, EMPLOYMENT_STATUS, HOUSING_STATUS, JOB_FAMILIES
from referral_hub.codes.case_fields import FIELDS
from referral_hub.i18n import Label
from referral_hub.text_limits import MAX_PROFILE
from referral_ui.bodies.base import inputs_of
from referral_ui.bodies.cases import NewCase
from referral_ui.forms import Input, choices

_WORK = Label(zh="工作", en="Work")
_LIFE = Label(zh="生活", en="Life")
_RESTRICTED = Label(
    zh="限制信息（只有社区专职工作人员能看，从不提供给任何机构）",
    en="Restricted section (only full-time officers can see it; never shared with any organisation)",
)

_KEEP_HELP = Label(zh="已登记的不显示；不改就留空。", en="The recorded value is not shown. Leave empty to keep it.")

IDENTITY = inputs_of(
    NewCase,
    "name",
    "id_number",
    "sex",
    "birth_year",
    "display_name",
    "aliases",
    "guardian",
    "phone",
    "contact_note",
    "address",
    "registered_address",
    "household_number",
)
AREA, RELEASE = inputs_of(NewCase, "area_code", "planned_release_on")
PROFILE: tuple[Input, ...] = (
    Input("education", "choice", FIELDS["education"].label, choices=choices(EDUCATION), group=_WORK),
    Input(
        "employment_status",
        "choice",
        FIELDS["employment_status"].label,
        choices=choices(EMPLOYMENT_STATUS),
        group=_WORK,
    ),
    Input("skills", "text", FIELDS["skills"].label, max=MAX_PROFILE["skills"], group=_WORK),
    Input("work_history", "long", FIELDS["work_history"].label, max=MAX_PROFILE["work_history"], group=_WORK),
    Input(
        "wanted_jobs",
        "choices",
        Label(zh="希望从事的工作", en="Preferred work"),
        choices=choices(JOB_FAMILIES),
        group=_WORK,
    ),
    Input("availability", "text", FIELDS["availability"].label, max=MAX_PROFILE["availability"], group=_WORK),
    Input("constraints", "text", FIELDS["constraints"].label, max=MAX_PROFILE["constraints"], group=_WORK),
    Input("housing_status", "choice", FIELDS["housing_status"].label, choices=choices(HOUSING_STATUS), group=_LIFE),
    Input("language_needs", "text", FIELDS["language_needs"].label, max=MAX_PROFILE["language_needs"], group=_LIFE),
    Input(
        "health_limits",
        "text",
        FIELDS["health_limits"].label,
        max=MAX_PROFILE["health_limits"],
        sensitive=True,
        group=_LIFE,
    ),
    Input(
        "household_members",
        "long",
        FIELDS["household_members"].label,
        max=MAX_PROFILE["household_members"],
        sensitive=True,
        group=_LIFE,
    ),
    Input(
        "family_contact",
        "text",
        FIELDS["family_contact"].label,
        max=MAX_PROFILE["family_contact"],
        sensitive=True,
        group=_LIFE,
    ),
    Input("income", "text", FIELDS["income"].label, max=MAX_PROFILE["income"], sensitive=True, group=_LIFE),
    Input("mood", "text", FIELDS["mood"].label, max=MAX_PROFILE["mood"], sensitive=True, group=_LIFE),
    Input(
        "bank_account",
        "text",
        FIELDS["bank_account"].label,
        help=_KEEP_HELP,
        max=MAX_PROFILE["bank_account"],
        sensitive=True,
        group=_LIFE,
    ),
)
MEASURE: tuple[Input, ...] = (
    Input("kind", "choice", Label(zh="种类", en="Kind"), choices=choices(MEASURE_KINDS), group=_RESTRICTED),
    Input("status", "choice", Label(zh="状态", en="Status"), choices=choices(MEASURE_STATUS), group=_RESTRICTED),
    Input("start", "date", Label(zh="开始日期", en="Start"), group=_RESTRICTED),
    Input("planned_end", "date", Label(zh="预计结束日期", en="Planned end"), group=_RESTRICTED),
    Input("actual_end", "date", Label(zh="实际结束日期", en="Actual end"), group=_RESTRICTED),
    Input("report_by", "date", Label(zh="报到期限", en="Report in by"), group=_RESTRICTED),
)
_DAYS = frozenset(
    {"planned_release_on", "start", "planned_end", "actual_end", "report_by", "due_on", "on", "happened_on"}
)


def kept_secret(inputs: Iterable[Input]) -> tuple[Input, ...]:
    """For changing: recorded numbers are not shown, and an empty field keeps them."""
    return tuple(
        msgspec.structs.replace(field, help=_KEEP_HELP) if field.key in ("id_number", "bank_account") else field
        for field in inputs
    )


def as_days(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with their dates as dates; forms read them as `2026-03-05`."""
    return {key: date.fromisoformat(value) if key in _DAYS and value else value for key, value in values.items()}


def values_of(values: Mapping[str, Any], inputs: Iterable[Input]) -> dict[str, Any]:
    """Of the clean values of a form, those of these inputs; None for what was left empty."""
    return {field.key: values.get(field.key) for field in inputs}
