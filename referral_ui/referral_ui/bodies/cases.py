"""What the office says of a client and of a need."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from referral_hub.codes import CASE_CLOSING_REASONS, NEED_KINDS, PRIORITIES, SEX
from referral_hub.i18n import Label
from referral_hub.text_limits import MAX_NEED, MAX_NUMBER_TYPED, MAX_PERSON
from referral_ui.bodies.base import Body, ask

_WHO = Label(zh="本人", en="The client")
_REACH = Label(zh="联系与住址", en="Contact and address")


class NewCase(Body, frozen=True, kw_only=True):
    """A new case of the caller's office. `responsible_id` is the caller where it is left out."""

    name: Annotated[str, ask("text", Label(zh="姓名", en="Full name"), max=MAX_PERSON["name"], group=_WHO)]
    id_number: Annotated[
        str | None,
        ask(
            "text",
            Label(zh="身份证号码", en="ID number"),
            help=Label(zh="18 位；没有可以不填。", en="18 characters; leave empty if there is none."),
            max=MAX_NUMBER_TYPED,
            group=_WHO,
        ),
    ] = None
    sex: Annotated[str, ask("choice", Label(zh="性别", en="Sex"), codes=SEX, group=_WHO)] = "0"
    birth_year: Annotated[
        int | None,
        ask(
            "integer",
            Label(zh="出生年份", en="Year of birth"),
            help=Label(zh="有身份证号码可以不填。", en="Not needed with an ID number."),
            group=_WHO,
        ),
    ] = None
    display_name: Annotated[
        str | None,
        ask(
            "text",
            Label(zh="希望怎么称呼", en="Name to use"),
            help=Label(
                zh="给其他机构看的称呼；不填就用“张先生”这样的。",
                en="How other organisations address the client; if empty, a form such as “Mr Zhang” is used.",
            ),
            max=MAX_PERSON["display_name"],
            group=_WHO,
        ),
    ] = None
    aliases: Annotated[
        str | None, ask("text", Label(zh="曾用名", en="Former names"), max=MAX_PERSON["aliases"], group=_WHO)
    ] = None
    guardian: Annotated[
        str | None, ask("text", Label(zh="监护人", en="Guardian"), max=MAX_PERSON["guardian"], group=_WHO)
    ] = None
    phone: Annotated[str | None, ask("phone", Label(zh="电话", en="Telephone"), group=_REACH)] = None
    contact_note: Annotated[
        str | None,
        ask(
            "text",
            Label(zh="方便联系的方式和时间", en="How and when to get in touch"),
            help=Label(
                zh="例如：晚上七点后，不要打家里电话。", en="For example: after 7 p.m.; do not call the home telephone."
            ),
            max=MAX_PERSON["contact_note"],
            group=_REACH,
        ),
    ] = None
    address: Annotated[
        str | None, ask("text", Label(zh="现住址", en="Address"), max=MAX_PERSON["address"], group=_REACH)
    ] = None
    registered_address: Annotated[
        str | None,
        ask(
            "text",
            Label(zh="户籍地址", en="Registered address"),
            max=MAX_PERSON["registered_address"],
            group=_REACH,
        ),
    ] = None
    household_number: Annotated[
        str | None,
        ask("text", Label(zh="户号", en="Household number"), max=MAX_PERSON["household_number"], group=_REACH),
    ] = None
    area_code: Annotated[
        str | None,
        ask(
            "text",
            Label(zh="所在地区代码", en="Area code"),
            help=Label(
                zh="6 到 12 位行政区划代码，用来找附近的服务。",
                en="Area code of 6 to 12 digits, used to find nearby services.",
            ),
            max=12,
            group=_REACH,
        ),
    ] = None
    planned_release_on: Annotated[
        date | None,
        ask(
            "date",
            Label(zh="预计回归日期", en="Planned release"),
            help=Label(
                zh="还没有回到社区的填写，便于提前衔接。",
                en="Enter this for a person who has not yet returned to the community, so that preparations "
                "can start early.",
            ),
            group=_REACH,
        ),
    ] = None
    responsible_id: Annotated[
        UUID | None,
        ask("choice", Label(zh="负责这个个案的社工", en="Responsible worker"), required=True, group=_REACH),
    ] = None
    opened_on: date | None = None
    profile: dict[str, Any] | None = None
    allow_duplicate: bool = False


class CaseEnd(Body, frozen=True, kw_only=True):
    """Why a case is closed: a code of `CASE_CLOSING_REASONS`."""

    reason: Annotated[str, ask("choice", Label(zh="原因", en="Reason"), codes=CASE_CLOSING_REASONS)]


class NewNeed(Body, frozen=True, kw_only=True):
    """A need; `priority` 1 is the most pressing."""

    kind: Annotated[str, ask("choice", Label(zh="种类", en="Kind"), codes=NEED_KINDS)]
    words: Annotated[
        str,
        ask(
            "long",
            Label(zh="本人的说法", en="In the client's own words"),
            help=Label(zh="写现在需要什么，不写过去的经历。", en="Write what is needed now, not past history."),
            max=MAX_NEED,
        ),
    ]
    priority: Annotated[int, ask("choice", Label(zh="紧急程度", en="Priority"), codes=PRIORITIES, required=True)] = 2
