"""Tables of the loop: the referral, what was disclosed, forms filled in, what waits to be delivered, tasks."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from referral_hub.tables.columns import Row, document, instant, reference, secret, texts


class Referral(Row, table=True):
    """One attempt at a need with one offering. Its state changes only as `workflow.decide` says.

    `earlier` is where it stood before the last act (`workflow.state.Earlier`).
    """

    __tablename__ = "referral"
    __table_args__ = (
        Index("referral_inbox", "recipient_id", "state", "answer_due_at"),
        Index("referral_office", "office_id", "state"),
        Index("referral_offering", "offering_id", "sent_at"),
        Index("referral_waiting", "offering_id", postgresql_where=text("state = 'waitlisted'")),
    )

    number: str = Field(unique=True)
    case_id: UUID = reference("client_case", index=True)
    office_id: UUID = reference("organisation")
    need_id: UUID = reference("need", index=True)
    offering_id: UUID = reference("offering")
    recipient_id: UUID = reference("organisation")
    module_key: str
    module_ref: str | None = None
    service_key: str
    manifest_digest: str | None = None
    consent_id: UUID | None = reference("consent", index=True, optional=True)
    previous_id: UUID | None = reference("referral", optional=True)
    asked_again: str | None = None
    excepted: list[str] = texts()
    exception_reason: bytes | None = secret(optional=True)
    exception_by_id: UUID | None = reference("account", optional=True)
    state: str = "draft"
    stage: str | None = None
    urgency: str = "normal"
    sender_id: UUID = reference("account", index=True)
    owner_id: UUID | None = reference("account", optional=True)
    sent_at: datetime | None = instant(optional=True)
    received_at: datetime | None = instant(optional=True)
    answer_due_at: datetime | None = instant(optional=True)
    answered_at: datetime | None = instant(optional=True)
    first_contact_due_at: datetime | None = instant(optional=True)
    first_contact_at: datetime | None = instant(optional=True)
    progress_due_at: datetime | None = instant(optional=True)
    started_at: datetime | None = instant(optional=True)
    ended_at: datetime | None = instant(optional=True)
    outcome_due_at: datetime | None = instant(optional=True)
    overdue_since: datetime | None = instant(optional=True)
    reason_code: str | None = None
    reason_note: bytes | None = secret(optional=True)
    expected_on: date | None = None
    queued_at: datetime | None = instant(optional=True)
    offer_until: datetime | None = instant(optional=True)
    offers_missed: int = 0
    flags: list[str] = texts()
    waiting_since: datetime | None = instant(optional=True)
    client_confirmation: str | None = None
    client_satisfaction: str | None = None
    satisfaction_on: date | None = None
    earlier: dict[str, object] | None = document(optional=True)
    version: int = 1


class RequestDetails(Row, table=True):
    """What the sender wrote for one referral: goals, wishes, intake answers. A release is made of it."""

    __tablename__ = "request_details"

    referral_id: UUID = reference("referral", unique=True)
    case_id: UUID = reference("client_case", index=True)
    office_id: UUID = reference("organisation")
    content: bytes = secret()


class Disclosure(Row, table=True):
    """Exactly what was released, to whom, under which consent. The recipient reads this, never the case (R15)."""

    __tablename__ = "disclosure"

    referral_id: UUID = reference("referral", index=True)
    case_id: UUID = reference("client_case", index=True)
    office_id: UUID = reference("organisation")
    recipient_id: UUID = reference("organisation", index=True)
    content: bytes = secret()
    fields: list[str] = texts()
    categories: list[str] = texts()
    consent_id: UUID = reference("consent")
    consent_version: int
    manifest_digest: str
    basis: str
    released_at: datetime = instant()
    released_by: UUID = reference("account")
    access_ended_at: datetime | None = instant(optional=True)


class FormEntry(Row, table=True):
    """A stage form as the recipient filled it in, private fields and all; the office never reads it (R22)."""

    __tablename__ = "form_entry"

    referral_id: UUID = reference("referral", index=True)
    recipient_id: UUID = reference("organisation", index=True)
    form: str
    stage: str | None = None
    happened_on: date
    content: bytes = secret()
    by_id: UUID | None = reference("account", optional=True)
    state: str = "waiting"
    problems: list[dict[str, object]] = document()
    applied_at: datetime | None = instant(optional=True)


class Delivery(Row, table=True):
    """The outbox: a message a module has not answered yet. Written with the change it tells of, in one transaction."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("delivery_due", "due_at", postgresql_where=text("state = 'due'")),
        Index("delivery_referral", "referral_id"),
    )

    referral_id: UUID = reference("referral")
    module_key: str
    kind: str
    entry_id: UUID | None = reference("form_entry", optional=True)
    state: str = "due"
    attempts: int = 0
    due_at: datetime = instant()
    failed_since: datetime | None = instant(optional=True)
    problem: str | None = None
    done_at: datetime | None = instant(optional=True)


class ModuleDocument(Row, table=True):
    """A private document that belongs to a module, per referral or per offering. The core never looks into it (R22).

    `former` is what stood there before the last change.
    """

    __tablename__ = "module_document"
    __table_args__ = (
        UniqueConstraint(
            "module_key",
            "referral_id",
            "offering_id",
            "name",
            postgresql_nulls_not_distinct=True,
        ),
    )

    module_key: str
    referral_id: UUID | None = reference("referral", index=True, optional=True)
    offering_id: UUID | None = reference("offering", index=True, optional=True)
    name: str
    content: bytes = secret()
    former: bytes | None = secret(optional=True)
    version: int = 1
    updated_at: datetime = instant()


class ModuleUpdate(Row, table=True):
    """News that a module brought by polling, so that each piece is taken once however often it comes.

    `content` is the news, kept until it is settled.
    """

    __tablename__ = "module_update"
    __table_args__ = (UniqueConstraint("module_key", "update_id"),)

    module_key: str
    update_id: str
    referral_id: UUID | None = reference("referral", optional=True)
    state: str = "waiting"
    attempts: int = 0
    problem: str | None = None
    content: bytes | None = secret(optional=True)


class Task(Row, table=True):
    """Something an organisation must do by a date: delete or return data, tell the client, answer at last.

    `next_step` is the one that keeps its open referral, need (`need_id`) or case (`case_id`) from standing still;
    `opened_how` and `done_how` say by which act. Of an answer that does not come, `step` is the last step of the
    escalation that was taken, and `escalate_at` when the next is due.
    """

    __tablename__ = "task"
    __table_args__ = (
        Index(
            "task_open",
            "organisation_id",
            "due_at",
            postgresql_where=text("done_at IS NULL"),
        ),
        Index("task_next", "office_id", "due_at", postgresql_where=text("next_step AND done_at IS NULL")),
        Index("task_escalate", "escalate_at", postgresql_where=text("escalate_at IS NOT NULL AND done_at IS NULL")),
        Index(
            "task_escalated_once",
            "referral_id",
            "kind",
            unique=True,
            postgresql_where=text(
                "kind IN ('answer_reminder', 'answer_overdue', 'answer_escalated') AND done_at IS NULL"
            ),
        ),
    )

    kind: str
    organisation_id: UUID = reference("organisation")
    office_id: UUID = reference("organisation")
    referral_id: UUID | None = reference("referral", index=True, optional=True)
    consent_id: UUID | None = reference("consent", optional=True)
    case_id: UUID | None = reference("client_case", index=True, optional=True)
    need_id: UUID | None = reference("need", index=True, optional=True)
    account_id: UUID | None = reference("account", index=True, optional=True)
    next_step: bool = False
    opened_how: str | None = None
    due_at: datetime = instant()
    step: str | None = None
    escalate_at: datetime | None = instant(optional=True)
    done_at: datetime | None = instant(optional=True)
    done_by: UUID | None = reference("account", optional=True)
    done_how: str | None = None


class IdempotencyKey(Row, table=True):
    """What an account already asked for under an idempotency key, and what it was answered."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    account_id: UUID = reference("account")
    key: str
    action: str
    fingerprint: str
    answer: dict[str, object] = document()
