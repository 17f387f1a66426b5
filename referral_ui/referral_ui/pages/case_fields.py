"""The questions about a client: who they are, what they stated about themselves, and the restricted section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from referral_hub.cases.measures import MEASURE_KINDS, MEASURE_STATUS
from referral_hub.codes import EDUCATION, EMPLOYMENT_STATUS, HOUSING_STATUS, JOB_FAMILIES, SEX
from referral_hub.codes.case_fields import FIELDS
from referral_hub.i18n import Label
from referral_hub.text_limits import MAX_NUMBER_TYPED, MAX_PERSON, MAX_PROFILE
from referral_ui.forms import Input, choices

_WHO = Label(zh="本人", en="The client")
_REACH = Label(zh="联系与住址", en="Contact and address")
_WORK = Label(zh="工作", en="Work")
_LIFE = Label(zh="生活", en="Life")
_RESTRICTED = Label(
    zh="限制信息（只有社区专职工作人员能看，从不提供给任何机构）",
    en="Restricted section (only full-time officers can see it; never shared with any organisation)",
)

_ID_HELP = Label(zh="18 位；没有可以不填。", en="18 characters; leave empty if there is none.")
_KEEP_HELP = Label(zh="已登记的不显示；不改就留空。", en="The recorded value is not shown. Leave empty to keep it.")

IDENTITY: tuple[Input, ...] = (
    Input("name", "text", Label(zh="姓名", en="Full name"), required=True, max=MAX_PERSON["name"], group=_WHO),
    Input("id_number", "text", Label(zh="身份证号码", en="ID number"), help=_ID_HELP, max=MAX_NUMBER_TYPED, group=_WHO),
    Input("sex", "choice", Label(zh="性别", en="Sex"), choices=choices(SEX), group=_WHO),
    Input(
        "birth_year",
        "integer",
        Label(zh="出生年份", en="Year of birth"),
        help=Label(zh="有身份证号码可以不填。", en="Not needed with an ID number."),
        group=_WHO,
    ),
    Input(
        "display_name",
        "text",
        Label(zh="希望怎么称呼", en="Name to use"),
        help=Label(
            zh="给其他机构看的称呼；不填就用“张先生”这样的。",
            en="How other organisations address the client; if empty, a form such as “Mr Zhang” is used.",
        ),
        max=MAX_PERSON["display_name"],
        group=_WHO,
    ),
    Input("aliases", "text", Label(zh="曾用名", en="Former names"), max=MAX_PERSON["aliases"], group=_WHO),
    Input("guardian", "text", Label(zh="监护人", en="Guardian"), max=MAX_PERSON["guardian"], group=_WHO),
    Input("phone", "phone", Label(zh="电话", en="Telephone"), group=_REACH),
    Input(
        "contact_note",
        "text",
        Label(zh="方便联系的方式和时间", en="How and when to get in touch"),
        help=Label(
            zh="例如：晚上七点后，不要打家里电话。", en="For example: after 7 p.m.; do not call the home telephone."
        ),
        max=MAX_PERSON["contact_note"],
        group=_REACH,
    ),
    Input("address", "text", Label(zh="现住址", en="Address"), max=MAX_PERSON["address"], group=_REACH),
    Input(
        "registered_address",
        "text",
        Label(zh="户籍地址", en="Registered address"),
        max=MAX_PERSON["registered_address"],
        group=_REACH,
    ),
    Input(
        "household_number",
        "text",
        Label(zh="户号", en="Household number"),
        max=MAX_PERSON["household_number"],
        group=_REACH,
    ),
)
AREA = Input(
    "area_code",
    "text",
    Label(zh="所在地区代码", en="Area code"),
    help=Label(
        zh="6 到 12 位行政区划代码，用来找附近的服务。", en="Area code of 6 to 12 digits, used to find nearby services."
    ),
    max=12,
    group=_REACH,
)
RELEASE = Input(
    "planned_release_on",
    "date",
    Label(zh="预计回归日期", en="Planned release"),
    help=Label(
        zh="还没有回到社区的填写，便于提前衔接。",
        en="Enter this for a person who has not yet returned to the community, so that preparations can start early.",
    ),
    group=_REACH,
)
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
