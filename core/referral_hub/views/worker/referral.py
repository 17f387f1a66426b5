"""Referrals as the sending office sees them: where each stands, who has it, what it waits for, what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub.codes.states import REFERRAL_ACCEPTED, REFERRAL_OPEN, REFERRAL_TO_BEGIN, REFERRAL_UNANSWERED
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.modules.history import remembered_service, service_under
from referral_hub.modules.titles import module_name, past_stage_title, service_of, service_title
from referral_hub.paging import Page, read_only_key, take
from referral_hub.referrals.presentation import ReleasedLine, note_of, released_labels, released_lines
from referral_hub.referrals.provider_status import ProviderStatus, provider_status_of
from referral_hub.referrals.state import possible_for, undoable_for
from referral_hub.referrals.waiting import QueuePlace, queue_place
from referral_hub.storage.personal_fields import decrypt_field
from referral_hub.tables.access import Account
from referral_hub.tables.audit import AuditEntry
from referral_hub.tables.cases import ClientCase, Need, Person
from referral_hub.tables.consent import Consent
from referral_hub.tables.directory import Offering, Organisation
from referral_hub.tables.outcomes import Outcome
from referral_hub.tables.referrals import Disclosure, Referral
from referral_hub.workflow.escalation import expires_at
from referral_hub.workflow.table import Transition

PAGE = 30

FILTERS: dict[str, Label] = {
    "open": Label(zh="进行中", en="Under way"),
    "unanswered": Label(zh="等答复", en="Waiting for an answer"),
    "overdue": Label(zh="超时未答", en="Answer overdue"),
    "waitlisted": Label(zh="轮候中", en="Wait-listed"),
    "declined": Label(zh="不受理", en="Declined"),
    "in_service": Label(zh="服务中", en="In service"),
    "ended": Label(zh="已结束", en="Ended"),
    "draft": Label(zh="草稿", en="Drafts"),
}


class ReferralListItem(msgspec.Struct, frozen=True):
    """One referral in a list: an attempt at a need. `waiting_since` is set while the recipient's module is away."""

    id: UUID
    number: str
    case_id: UUID
    need_id: UUID
    client: str
    offering_id: UUID
    offering: str
    recipient: str
    service: Label
    module: Label
    state: str
    stage: Label | None
    urgency: str
    sender: str
    owner: str | None
    created_at: datetime
    sent_at: datetime | None
    answer_due_at: datetime | None
    answered_at: datetime | None
    first_contact_due_at: datetime | None
    first_contact_at: datetime | None
    progress_due_at: datetime | None
    outcome_due_at: datetime | None
    expected_on: date | None
    ended_at: datetime | None
    overdue_since: datetime | None
    waiting_since: datetime | None
    reason_code: str | None
    client_confirmation: str | None
    client_satisfaction: str | None
    outcome_code: str | None
    previous_id: UUID | None

    @property
    def is_open(self) -> bool:
        return self.state in REFERRAL_OPEN

    @property
    def due_at(self) -> datetime | None:
        """What is being waited for next: the answer, the first contact, the progress report or, overdue, the result."""
        if self.state in REFERRAL_UNANSWERED:
            return self.answer_due_at
        if self.state in REFERRAL_TO_BEGIN and self.first_contact_at is None:
            return self.first_contact_due_at
        return min((due for due in (self.progress_due_at, self.outcome_due_at) if due), default=None)


class ReferralEvent(msgspec.Struct, frozen=True):
    """One audit entry about a referral: who did what when. Never contents."""

    at: datetime
    action: str
    by: str | None
    organisation: str | None
    reason: str | None
    details: dict[str, Any]


class OfficeReferral(msgspec.Struct, frozen=True):
    """One referral with all that its office may see. What the recipient's module keeps private is not here (R22).

    `provider_status`: whether anyone is there to serve it. `expires_at`: when it expires at the earliest if nobody
    answers. Its `actions` are those possible now. `exception`: why it was sent to a place that cannot serve the client,
    in the supervisor's words. `queue`: where it stands on a waiting list.
    """

    attempt: ReferralListItem
    case_number: str
    need_kind: str
    need_words: str
    need_state: str
    service_key: str
    recipient_phone: str | None
    owner_phone: str | None
    received_at: datetime | None
    started_at: datetime | None
    note: Label | str | None
    exception: str | None
    queue: QueuePlace | None
    flags: list[Label]
    consent_id: UUID | None
    consent_number: str | None
    consent_until: date | None
    basis: str | None
    released: list[ReleasedLine]
    withheld: list[Label]
    released_at: datetime | None
    access_ended_at: datetime | None
    actions: list[Transition]
    undo: Label | None
    provider_status: ProviderStatus
    expires_at: datetime | None
    others: list[ReferralListItem]
    events: list[ReferralEvent]


def attempts_for_case(session: Transaction, case_id: UUID) -> list[ReferralListItem]:
    """Every referral of a case, newest first."""
    return _attempts(session, _query().where(col(Referral.case_id) == case_id))


def attempts_for_need(session: Transaction, need_id: UUID) -> list[ReferralListItem]:
    """The chain of attempts at one need, newest first."""
    return _attempts(session, _query().where(col(Referral.need_id) == need_id))


def referrals_for_office(
    session: Transaction,
    *,
    show: str = "",
    number: str = "",
    sender_id: UUID | None = None,
    recipient_id: UUID | None = None,
    at: datetime,
    after: str | None = None,
    limit: int = PAGE,
) -> Page[ReferralListItem]:
    """The office's referrals, newest first. `show` is one of `FILTERS`; without it, all that were sent and drafts."""
    query = _query()
    if number:
        query = query.where(col(Referral.number) == number.strip().upper())
    if sender_id:
        query = query.where(col(Referral.sender_id) == sender_id)
    if recipient_id:
        query = query.where(col(Referral.recipient_id) == recipient_id)
    query = _shown(query, show, at)
    last = read_only_key(after, UUID)
    if last is not None:
        query = query.where(col(Referral.id) < last)
    return take(_attempts(session, query, limit=limit + 1), limit, lambda attempt: (attempt.id,))


def referral_for_office(session: Transaction, referral_id: UUID) -> OfficeReferral:
    """One referral with its need, consent, disclosure, record and the other attempts. Raises `NotFound`."""
    need, owner = aliased(Need, name="need_row"), aliased(Account, name="owner_row")
    row = session.execute(
        select(Referral, need, ClientCase, Person, Consent, Disclosure, Organisation, owner)
        .join(need, col(need.id) == col(Referral.need_id))
        .join(ClientCase, col(ClientCase.id) == col(Referral.case_id))
        .join(Person, col(Person.id) == col(ClientCase.person_id))
        .join(Organisation, col(Organisation.id) == col(Referral.recipient_id))
        .outerjoin(Consent, col(Consent.id) == col(Referral.consent_id))
        .outerjoin(Disclosure, col(Disclosure.referral_id) == col(Referral.id))
        .outerjoin(owner, col(owner.id) == col(Referral.owner_id))
        .where(col(Referral.id) == referral_id)
        .order_by(col(Disclosure.released_at).desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound
    referral, disclosure = row.Referral, row.Disclosure
    attempts = attempts_for_need(session, referral.need_id)
    past = remembered_service(session, referral.service_key, digest=disclosure.manifest_digest if disclosure else None)
    flags = {choice.code: choice.label for choice in past.flags} if past else {}
    provider_status = provider_status_of(session, referral.module_key, referral.recipient_id)
    cipher = session.cipher
    return OfficeReferral(
        attempt=next(attempt for attempt in attempts if attempt.id == referral.id),
        case_number=row.ClientCase.number,
        need_kind=row.need_row.kind,
        need_words=decrypt_field(cipher, "need", "words", row.need_row.id, row.need_row.words) or "",
        need_state=row.need_row.state,
        service_key=referral.service_key,
        recipient_phone=row.Organisation.phone,
        owner_phone=row.owner_row.phone if row.owner_row else None,
        received_at=referral.received_at,
        started_at=referral.started_at,
        note=note_of(session, referral),
        queue=queue_place(session, referral, at=session.hub.clock.now()),
        exception=(
            cipher.decrypt(referral.exception_reason, f"referral.exception:{referral.id}")
            if referral.exception_reason
            else None
        ),
        flags=[flags.get(code, untranslated(code)) for code in referral.flags],
        consent_id=referral.consent_id,
        consent_number=row.Consent.number if row.Consent else None,
        consent_until=row.Consent.valid_until if row.Consent else None,
        basis=disclosure.basis if disclosure else None,
        released=_released(session, past, disclosure),
        withheld=_withheld(session, referral.service_key, disclosure),
        released_at=disclosure.released_at if disclosure else None,
        access_ended_at=disclosure.access_ended_at if disclosure else None,
        # What demands that nobody is there is no choice while someone is.
        actions=possible_for(referral, session.actor, provider_gone=provider_status.gone),
        undo=undoable_for(referral, session.actor, at=session.hub.clock.now()),
        provider_status=provider_status,
        expires_at=_expires_at(session, referral),
        others=[attempt for attempt in attempts if attempt.id != referral.id],
        events=events_of_referral(session, referral.id),
    )


def _expires_at(session: Transaction, referral: Referral) -> datetime | None:
    """When it expires at the earliest, while it waits for an answer."""
    if referral.state not in REFERRAL_UNANSWERED or referral.answer_due_at is None:
        return None
    return expires_at(referral.answer_due_at, session.work_calendar)


def events_of_referral(session: Transaction, referral_id: UUID, *, limit: int = 100) -> list[ReferralEvent]:
    """The audit entries of one referral, newest first. A draft is written once, however often it was changed."""
    rows = session.execute(
        select(AuditEntry, col(Account.name).label("by"), col(Organisation.short_name).label("organisation"))
        .outerjoin(Account, col(Account.id) == col(AuditEntry.account_id))
        .outerjoin(Organisation, col(Organisation.id) == col(AuditEntry.organisation_id))
        .where(
            col(AuditEntry.referral_id) == referral_id,
            (col(AuditEntry.action) != "referral.draft") | col(AuditEntry.details)["changed"].is_(None),
        )
        .order_by(col(AuditEntry.seq).desc())
        .limit(limit)
    ).all()
    return [
        ReferralEvent(
            at=row.AuditEntry.at,
            action=row.AuditEntry.action,
            by=row.by,
            organisation=row.organisation,
            reason=row.AuditEntry.reason,
            details=row.AuditEntry.details,
        )
        for row in rows
    ]


def _released(session: Transaction, service: Any, disclosure: Disclosure | None) -> list[ReleasedLine]:
    if disclosure is None:
        return []
    content: Mapping[str, object] = session.cipher.decrypt_json(disclosure.content, f"disclosure:{disclosure.id}")
    return released_lines(service, content)


def _withheld(session: Transaction, service_key: str, disclosure: Disclosure | None) -> list[Label]:
    """What the service asked for when it was sent, and did not get."""
    if disclosure is None:
        return []
    service = service_under(session, service_key, disclosure.manifest_digest) or service_of(session, service_key)
    asked = [part.name for part in service.fields] + [part.key for part in service.intake] if service else []
    return released_labels(service, [name for name in asked if name not in disclosure.fields])


def _shown(query: Any, show: str, at: datetime) -> Any:
    state = col(Referral.state)
    conditions: dict[str, list[ColumnElement[bool]]] = {
        "open": [state.in_(REFERRAL_OPEN)],
        "unanswered": [state.in_(REFERRAL_UNANSWERED)],
        "overdue": [state.in_(REFERRAL_UNANSWERED), col(Referral.answer_due_at) < at],
        "waitlisted": [state == "waitlisted"],
        "declined": [state == "declined"],
        "in_service": [state.in_(REFERRAL_ACCEPTED)],
        "ended": [state.not_in(REFERRAL_OPEN | {"draft"})],
        "draft": [state == "draft"],
    }
    return query.where(*conditions.get(show, []))


def _query() -> Any:
    sender, owner = aliased(Account, name="sender"), aliased(Account, name="owner")
    code = (
        select(col(Outcome.code))
        .where(col(Outcome.referral_id) == col(Referral.id), col(Outcome.replaced_at).is_(None))
        .limit(1)
        .correlate(Referral)
        .scalar_subquery()
        .label("outcome_code")
    )
    return (
        select(
            Referral,
            col(Offering.title).label("offering"),
            col(Organisation.name).label("recipient"),
            col(sender.name).label("sender"),
            col(owner.name).label("owner"),
            col(Person.id).label("person_id"),
            col(Person.name).label("person_name"),
            code,
        )
        .join(Offering, col(Offering.id) == col(Referral.offering_id))
        .join(Organisation, col(Organisation.id) == col(Referral.recipient_id))
        .join(ClientCase, col(ClientCase.id) == col(Referral.case_id))
        .join(Person, col(Person.id) == col(ClientCase.person_id))
        .join(sender, col(sender.id) == col(Referral.sender_id))
        .outerjoin(owner, col(owner.id) == col(Referral.owner_id))
    )


def _attempts(session: Transaction, query: Any, *, limit: int = 200) -> list[ReferralListItem]:
    rows: Sequence[Any] = session.execute(query.order_by(col(Referral.id).desc()).limit(limit)).all()
    return [_attempt(session, row) for row in rows]


def _attempt(session: Transaction, row: Any) -> ReferralListItem:
    referral = row.Referral
    return ReferralListItem(
        id=referral.id,
        number=referral.number,
        case_id=referral.case_id,
        need_id=referral.need_id,
        client=decrypt_field(session.cipher, "person", "name", row.person_id, row.person_name) or "",
        offering_id=referral.offering_id,
        offering=row.offering,
        recipient=row.recipient,
        service=service_title(session, referral.service_key),
        module=module_name(session, referral.module_key),
        state=referral.state,
        stage=past_stage_title(session, referral.service_key, referral.stage),
        urgency=referral.urgency,
        sender=row.sender,
        owner=row.owner,
        created_at=referral.created_at,
        sent_at=referral.sent_at,
        answer_due_at=referral.answer_due_at,
        answered_at=referral.answered_at,
        first_contact_due_at=referral.first_contact_due_at,
        first_contact_at=referral.first_contact_at,
        progress_due_at=referral.progress_due_at,
        outcome_due_at=referral.outcome_due_at,
        expected_on=referral.expected_on,
        ended_at=referral.ended_at,
        overdue_since=referral.overdue_since,
        waiting_since=referral.waiting_since,
        reason_code=referral.reason_code,
        client_confirmation=referral.client_confirmation,
        client_satisfaction=referral.client_satisfaction,
        outcome_code=row.outcome_code,
        previous_id=referral.previous_id,
    )
