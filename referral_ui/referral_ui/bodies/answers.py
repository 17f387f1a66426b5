"""What a recipient answers, and says of its service."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from referral_hub.codes import SEX
from referral_hub.codes.declines import DECLINE_REASONS
from referral_hub.i18n import Label
from referral_hub.text_limits import MAX_ANSWER_NOTE, MAX_REASON
from referral_ui.bodies.base import Body, ask

_NOTE = ask(
    "long",
    Label(zh="给转出机构的留言", en="Message to the referring office"),
    help=Label(
        zh="例如报到时间、地点和要带的东西。请不要写健康等敏感情况。",
        en="For example when and where to report and what to bring. Do not write about health or other sensitive "
        "matters.",
    ),
    max=MAX_ANSWER_NOTE,
)
_BEDS = {code: SEX[code] for code in ("1", "2")}


class WhichPlace(Body, frozen=True, kw_only=True):
    """Which place, where the service counts places: of a class, for a sex, from a day on."""

    group_label: Annotated[str | None, ask("choice", Label(zh="班次或房间", en="Class or room"))] = None
    sex: Annotated[str | None, ask("choice", Label(zh="床位类别", en="Kind of bed"), codes=_BEDS)] = None
    starts_on: Annotated[date | None, ask("date", Label(zh="开始日期", en="Start date"))] = None


class Acceptance(WhichPlace, frozen=True, kw_only=True):
    """The person in charge, and which place where the service counts places."""

    owner_id: Annotated[UUID | None, ask("choice", Label(zh="承办人", en="Person responsible"), required=True)] = None
    note: Annotated[str | None, _NOTE] = None


class Waiting(Body, frozen=True, kw_only=True):
    """On the waiting list, with the day a place is expected."""

    expected_on: Annotated[
        date | None,
        ask(
            "date",
            Label(zh="预计何时有名额", en="Place expected on"),
            help=Label(zh="不确定的可以不填。", en="Leave empty if unknown."),
        ),
    ] = None
    note: Annotated[str | None, _NOTE] = None


class Decline(Body, frozen=True, kw_only=True):
    """A reason from the code list, and words where they help."""

    reason_code: Annotated[str, ask("choice", Label(zh="原因", en="Reason"), codes=DECLINE_REASONS)]
    note: Annotated[str | None, _NOTE] = None


class Cancellation(Body, frozen=True, kw_only=True):
    """Why a recorded service is cancelled."""

    reason: Annotated[str, ask("text", Label(zh="原因", en="Reason"), max=MAX_REASON)]


class OnDay(Body, frozen=True, kw_only=True):
    """The day it happened."""

    on: Annotated[date, ask("date", Label(zh="日期", en="Date"))]


class FilledForm(Body, frozen=True, kw_only=True):
    """A stage form: the answers by the manifest's keys, and the day they are about."""

    on: Annotated[
        date,
        ask(
            "date",
            Label(zh="哪一天", en="Date of the event"),
            help=Label(
                zh="事情发生的日期，不是填表的日期。",
                en="The day on which it happened, not the day of filling in this form.",
            ),
        ),
    ]
    values: dict[str, Any]
