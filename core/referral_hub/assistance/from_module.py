"""What a module proposes for the ledger: an application taken up, decisions on it, money or goods given."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub import api
from referral_hub.actor import Actor
from referral_hub.assistance.actions import decide, grant, record_application, record_payment, release_reserved
from referral_hub.assistance.entries import sums_of
from referral_hub.assistance.values import Application, Decision
from referral_hub.codes.states import AID_DECIDED
from referral_hub.hub import Transaction
from referral_hub.tables.assistance import AssistanceEntry
from referral_hub.workflow.effects import ProposedAid


class OfReferral(Protocol):
    """What is read of a referral."""

    @property
    def id(self) -> UUID: ...
    @property
    def case_id(self) -> UUID: ...
    @property
    def office_id(self) -> UUID: ...
    @property
    def recipient_id(self) -> UUID: ...


def record_proposed_aid(
    session: Transaction, referral: OfReferral, proposed: ProposedAid, *, by: Actor, at: datetime
) -> None:
    """Write a module's application, decisions and assistance; each is checked by the hub's own rules.

    Assistance with a day of payment pays what a grant of this referral has reserved for its type; without such a grant
    it is granted and paid in one. Raises the refusals of `decide`, `record_payment` and `grant`.
    """
    if proposed.application is not None and _open_application(session, referral.id) is None:
        _apply(session, referral, proposed.application, by=by, at=at)
    for decision in proposed.decisions:
        application_id = _open_application(session, referral.id) or _apply(
            session, referral, api.AidApplication(type=decision.type), by=by, at=at
        )
        decide(session, application_id=application_id, decision=_decision(decision), check_overlap=False, by=by, at=at)
    for aid in proposed.assistance:
        _give(session, referral, aid, by=by, at=at)


def settle_aid(session: Transaction, referral_id: UUID, *, served: bool, by: Actor, at: datetime) -> None:
    """After a referral has ended: an application that nobody decided is withdrawn, and where the service itself came to
    its end what is granted and will not be paid any more goes back to the fund.
    """
    pending = _open_application(session, referral_id)
    if pending is not None:
        decide(session, application_id=pending, decision=Decision(result="withdrawn"), by=by, at=at)
    if served:
        for decision_id in _grants(session, referral_id):
            release_reserved(session, decision_id=decision_id, reason="办结时未发部分退回资金", by=by, at=at)


def _apply(
    session: Transaction, referral: OfReferral, proposed: api.AidApplication, *, by: Actor, at: datetime
) -> UUID:
    return record_application(
        session,
        organisation_id=referral.recipient_id,
        application=Application(
            type=proposed.type,
            applied_on=proposed.on,
            hardship=proposed.hardship,
            household_size=proposed.household_size,
        ),
        office_id=referral.office_id,
        referral_id=referral.id,
        case_id=referral.case_id,
        by=by,
        at=at,
    )


def _decision(proposed: api.AidDecision) -> Decision:
    return Decision(
        result=proposed.result,
        type=proposed.type,
        amount_fen=proposed.amount_fen,
        unit=proposed.unit,
        quantity=proposed.quantity,
        fund=proposed.fund,
        decided_on=proposed.on,
        reason=proposed.reason,
        hardship=proposed.hardship,
        household_size=proposed.household_size,
        investigated_on=proposed.investigated_on,
        investigator=proposed.investigator,
        notice_from=proposed.notice_from,
        notice_to=proposed.notice_to,
        period_start=proposed.period_start,
        period_end=proposed.period_end,
        advance=proposed.advance,
        overlap_reason=proposed.overlap_reason,
    )


def _give(session: Transaction, referral: OfReferral, aid: api.Assistance, *, by: Actor, at: datetime) -> None:
    reserved = _reserved_grant(session, referral.id, aid.type) if aid.paid_on is not None else None
    if reserved is None or aid.paid_on is None:
        grant(
            session, organisation_id=referral.recipient_id, assistance=aid, office_id=referral.office_id,
            referral_id=referral.id, case_id=referral.case_id, by=by, at=at,
        )  # fmt: skip
        return
    record_payment(
        session, decision_id=reserved, paid_on=aid.paid_on, amount_fen=aid.amount_fen, unit=aid.unit,
        quantity=aid.quantity, pay_way=aid.pay_way, voucher=aid.voucher, by=by, at=at,
    )  # fmt: skip
    if aid.last:
        release_reserved(session, decision_id=reserved, reason="已发完，未发部分退回资金", by=by, at=at)


def _open_application(session: Transaction, referral_id: UUID) -> UUID | None:
    """The application under a referral that is not decided; aid given first decides nothing."""
    entry, decision = AssistanceEntry, aliased(AssistanceEntry)
    decided = (
        select(col(decision.id))
        .where(
            col(decision.application_id) == col(entry.id),
            col(decision.kind).in_(sorted(AID_DECIDED)),
            col(decision.advance).is_(False),
        )
        .exists()
    )
    found: UUID | None = session.execute(
        select(col(entry.id))
        .where(col(entry.referral_id) == referral_id, col(entry.kind) == "application", ~decided)
        .order_by(col(entry.id).desc())
        .limit(1)
    ).scalar_one_or_none()
    return found


def _grants(session: Transaction, referral_id: UUID, aid_type: str | None = None) -> list[UUID]:
    entry = AssistanceEntry
    query = select(col(entry.id)).where(col(entry.referral_id) == referral_id, col(entry.kind) == "granted")
    if aid_type is not None:
        query = query.where(col(entry.type) == aid_type)
    return list(session.execute(query.order_by(col(entry.id).desc())).scalars())


def _reserved_grant(session: Transaction, referral_id: UUID, aid_type: str) -> UUID | None:
    """The latest grant of this type with something left to pay."""
    return next((key for key in _grants(session, referral_id, aid_type) if sums_of(session, key).unpaid > 0), None)
