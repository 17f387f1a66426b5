"""What the office says of a referral."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from referral_hub.codes import CLIENT_CONFIRMATIONS, CLIENT_SATISFACTION, GONE_REASONS, WITHDRAW_REASONS
from referral_hub.codes.declines import ASK_AGAIN_REASONS
from referral_hub.i18n import Label
from referral_hub.text_limits import MAX_NOTE, MAX_REASON
from referral_ui.bodies.base import Body, ask

_REASON = Label(zh="原因", en="Reason")
_ASKED_AGAIN = Label(zh="为什么再问", en="Why it is asked again")
_EXCEPTION = Label(zh="督导的理由", en="The supervisor's reason")
_SAYS = Label(zh="本人的说法", en="The client says")
_NOTE = Label(zh="知道的情况", en="What is known")
REOPEN_REASONS: dict[str, Label] = {
    "need_again": Label(zh="服务对象又需要了", en="The client needs the service again"),
    "ended_too_early": Label(zh="结束得太早", en="The service ended too early"),
    "entered_wrongly": Label(zh="结果登记有误", en="The outcome was entered wrongly"),
    "can_be_served_now": Label(zh="对方现在可以接收", en="The recipient can now accept the client"),
}


class NewReferral(Body, frozen=True, kw_only=True):
    """A draft: one need, one offering, what the sender writes. `details.intake` answers the module's questions.

    `asked_again`: one of `ASK_AGAIN_REASONS`, where the place declined or the client refused a short time ago.
    `exception`: a supervisor's reason, where the place cannot serve the client.
    """

    need_id: UUID
    offering_id: UUID
    details: dict[str, Any]
    urgency: Literal["normal", "urgent"] = "normal"
    previous_id: UUID | None = None
    asked_again: Annotated[str | None, ask("choice", _ASKED_AGAIN, codes=ASK_AGAIN_REASONS)] = None
    exception: Annotated[str | None, ask("text", _EXCEPTION, max=MAX_REASON)] = None


class Withdrawal(Body, frozen=True, kw_only=True):
    """Why a referral is taken back, or crossed out. Of `WITHDRAW_REASONS`."""

    reason_code: Annotated[str, ask("choice", _REASON, codes=WITHDRAW_REASONS)]
    note: str | None = None


class Reopening(Body, frozen=True, kw_only=True):
    """Why a referral that has ended goes on."""

    reason_code: Annotated[str, ask("choice", _REASON, codes=REOPEN_REASONS)]
    note: str | None = None


class EndUnserved(Body, frozen=True, kw_only=True):
    """Why nobody is left who could say what came of a referral, and what the office knows."""

    reason_code: Annotated[str, ask("choice", _REASON, codes=GONE_REASONS)]
    note: Annotated[str | None, ask("long", _NOTE, max=MAX_NOTE)] = None


class Elsewhere(Body, frozen=True, kw_only=True):
    """Where a referral is taken instead, and why. Without `details` the new one begins with what fits of the old."""

    offering_id: Annotated[UUID, ask("choice", Label(zh="转去哪里", en="Where to"))]
    reason_code: Annotated[str, ask("choice", _REASON, codes=WITHDRAW_REASONS)]
    details: dict[str, Any] | None = None
    asked_again: Annotated[str | None, ask("choice", _ASKED_AGAIN, codes=ASK_AGAIN_REASONS)] = None
    exception: Annotated[str | None, ask("text", _EXCEPTION, max=MAX_REASON)] = None


class ClientConfirmation(Body, frozen=True, kw_only=True):
    """What the client says: `received` or `not_received`."""

    confirmation: Annotated[str, ask("choice", _SAYS, codes=CLIENT_CONFIRMATIONS)]


class ClientSatisfaction(Body, frozen=True, kw_only=True):
    """How satisfied the client is: `satisfied`, `neutral` or `dissatisfied`."""

    satisfaction: Annotated[str, ask("choice", Label(zh="满意度", en="Satisfaction"), codes=CLIENT_SATISFACTION)]
