"""What a client is asked and answers."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from referral_hub.api.manifest import Service
from referral_hub.codes import SIGNED_HOW
from referral_hub.consent.values import Request, Signature
from referral_hub.i18n import Label
from referral_hub.text_limits import MAX_PAPER_REFERENCE, MAX_REASON, MAX_RELATION, MAX_WITNESS
from referral_ui.bodies.base import Body, ask

_SIGNER = {"self": Label(zh="本人", en="The client"), "guardian": Label(zh="监护人", en="A guardian")}


class ConsentQuestion(Body, frozen=True, kw_only=True):
    """Who is asked about which recipient, service and categories."""

    case_id: UUID
    recipient_id: UUID
    service: str
    categories: Annotated[list[str], ask("choices", Label(zh="愿意提供的信息", en="Information shared"))]
    excluded_fields: Annotated[list[str], ask("choices", Label(zh="划掉的项目", en="Excluded"))] = msgspec.field(
        default_factory=list
    )
    method: str = "online"
    valid_days: Annotated[int | None, ask("choice", Label(zh="有效期", en="Valid for"))] = None
    language: Literal["zh", "en"] = "zh"
    read_aloud: Annotated[bool, ask("yes_no", Label(zh="已经念给本人听", en="Read aloud"))] = False
    asked_by_client: Annotated[bool, ask("yes_no", Label(zh="本人主动提出", en="The client asked for it"))] = False


class NewConsent(ConsentQuestion, frozen=True, kw_only=True):
    """The client agreed, and how that was signed."""

    signed_how: Annotated[str, ask("choice", Label(zh="签署方式", en="Method of signing"), codes=SIGNED_HOW)]
    signer: Annotated[str, ask("choice", Label(zh="签署人", en="Signed by"), codes=_SIGNER, required=True)] = "self"
    signer_relation: Annotated[
        str | None,
        ask(
            "text",
            Label(zh="监护人与本人的关系", en="Guardian's relation to the client"),
            help=Label(zh="由监护人签时填写。", en="Required when a guardian signs."),
            max=MAX_RELATION,
        ),
    ] = None
    witness: Annotated[
        str | None,
        ask(
            "text",
            Label(zh="见证人", en="Witness"),
            help=Label(zh="按手印或口头同意时填写。", en="Required for a thumbprint or a spoken consent."),
            max=MAX_WITNESS,
        ),
    ] = None
    paper_reference: Annotated[
        str | None,
        ask("text", Label(zh="纸质件存放编号", en="Filing number of the paper form"), max=MAX_PAPER_REFERENCE),
    ] = None


class EndConsent(Body, frozen=True, kw_only=True):
    """How the client took the consent back."""

    how: Annotated[str, ask("text", Label(zh="提出方式", en="How it was said"), max=MAX_REASON)]


def consent_request(told: ConsentQuestion, service: Service) -> Request:
    """As the action takes it, with the service that its key names."""
    return Request(
        case_id=told.case_id,
        recipient_id=told.recipient_id,
        service=service,
        purpose=told.service,
        categories=tuple(told.categories),
        excluded_fields=tuple(told.excluded_fields),
        method=told.method,
        valid_days=told.valid_days,
        language=told.language,
        read_aloud=told.read_aloud,
        asked_by_client=told.asked_by_client,
    )


def signature(told: NewConsent) -> Signature:
    return Signature(
        how=told.signed_how,
        signer=told.signer,
        relation=told.signer_relation,
        witness=told.witness,
        paper_reference=told.paper_reference,
    )
