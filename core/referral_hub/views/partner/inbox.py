"""The recipient's inbox: what waits for an answer, what is being served, who waits for a place, what has ended.

It is read within the recipient's scope: only referrals sent to it. What to call a client stands in the list only after
someone has opened the referral, and so signed for it; until then a line is a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, exists, func, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub.codes.states import REFERRAL_ACCEPTED, REFERRAL_OPEN, REFERRAL_UNANSWERED
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.modules.titles import service_of, stage_title
from referral_hub.paging import Page, read_key, take
from referral_hub.tables.access import Account
from referral_hub.tables.directory import Offering, Organisation
from referral_hub.tables.referrals import Disclosure, FormEntry, Referral, Task
from referral_hub.workflow.escalation import ESCALATION_KINDS
from referral_hub.workflow.tasks import OFFERING_KINDS

PAGE = 30
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)

VIEWS: dict[str, Label] = {
    "answer": Label(zh="待答复", en="To answer"),
    "serving": Label(zh="服务中", en="In service"),
    "waiting": Label(zh="轮候", en="Waiting list"),
    "ended": Label(zh="已结束", en="Ended"),
}


class InboxLine(msgspec.Struct, frozen=True):
    """One referral in the inbox. `due_at` is that of its next step: the answer, the first contact, the report, the
    result after the planned end, or when to go on with what is on hold.
    """

    id: UUID
    number: str
    state: str
    stage: Label | None
    urgency: str
    service: Label
    offering: str
    office: str
    called: str | None
    owner: str | None
    sent_at: datetime
    due_at: datetime | None
    expected_on: Any
    ended_at: datetime | None
    waiting_since: datetime | None
    to_fix: bool
    flagged: bool


class InboxCounts(msgspec.Struct, frozen=True):
    """How many referrals stand in each view, and how many answers are overdue."""

    answer: int
    serving: int
    waiting: int
    ended: int
    overdue: int
    urgent: int


class TaskLine(msgspec.Struct, frozen=True):
    """Something that this organisation was asked to do about a referral and has not done; `owner` is whose it is."""

    id: UUID
    kind: str
    referral_id: UUID
    number: str
    due_at: datetime
    offering_id: UUID
    offering: str
    owner: str | None

    @property
    def about_answer(self) -> bool:
        """Whether it reminds of an answer that is nearly due."""
        return self.kind in ESCALATION_KINDS

    @property
    def about_offering(self) -> bool:
        """Whether it is about what the organisation offers, and not about what it was given."""
        return self.kind in OFFERING_KINDS

    @property
    def about_place(self) -> bool:
        """Whether a client that was reopened needs a place."""
        return self.kind == "find_place"


class OfferingChoice(msgspec.Struct, frozen=True):
    """One of the organisation's own offerings, for a filter."""

    id: UUID
    title: str


def inbox_for_partner(
    session: Transaction,
    *,
    view: str = "answer",
    offering_id: UUID | None = None,
    owner_id: UUID | None = None,
    number: str = "",
    after: str | None = None,
    limit: int = PAGE,
) -> Page[InboxLine]:
    """One page of a view: by answer-by date, by next deadline, by who waits longest, or the last ended first.

    A `number` is looked for in every view.
    """
    order, descending = _order("ended" if number else view)
    query = _query(order)
    if number:
        query = query.where(col(Referral.number).startswith(number.strip().upper(), autoescape=True))
    else:
        query = query.where(_in_view(view))
    if offering_id:
        query = query.where(col(Referral.offering_id) == offering_id)
    if owner_id:
        query = query.where(col(Referral.owner_id) == owner_id)
    key = tuple_(order, col(Referral.id))
    if last := read_key(after, datetime, UUID):
        query = query.where(key < tuple_(*last) if descending else key > tuple_(*last))
    ordered = (order.desc(), col(Referral.id).desc()) if descending else (order, col(Referral.id))
    rows = session.execute(query.order_by(*ordered).limit(limit + 1)).all()
    found = take(rows, limit, lambda row: (row.due, row.Referral.id))
    called = _called(session, [row.Referral.id for row in found.lines if row.Referral.state != "sent"])
    return found.showing([_line(session, row, called) for row in found.lines])


def inbox_counts(session: Transaction, *, at: datetime) -> InboxCounts:
    """Counts for the tabs, in one statement."""
    state = col(Referral.state)
    unanswered = state.in_(REFERRAL_UNANSWERED)
    row = session.execute(
        _with_step(
            select(
                func.count().filter(unanswered).label("answer"),
                func.count().filter(state.in_(REFERRAL_ACCEPTED)).label("serving"),
                func.count().filter(state == "waitlisted").label("waiting"),
                func.count().filter(state.not_in(REFERRAL_OPEN)).label("ended"),
                func.count().filter(col(Task.kind) == "next_answer", col(Task.due_at) < at).label("overdue"),
                func.count().filter(unanswered, col(Referral.urgency) == "urgent").label("urgent"),
            )
        ).where(state != "draft")
    ).one()
    return InboxCounts(*row)


def tasks_for_partner(session: Transaction, organisation_id: UUID) -> list[TaskLine]:
    """What the organisation was asked to do and has not done: to answer, to delete or return data (R9). What several
    declines ask about one offering is one line.
    """
    rows = session.execute(
        select(
            Task,
            col(Referral.number),
            col(Offering.id).label("offering_id"),
            col(Offering.title),
            col(Account.name).label("owner"),
        )
        .join(Referral, col(Referral.id) == col(Task.referral_id))
        .join(Offering, col(Offering.id) == col(Referral.offering_id))
        .outerjoin(Account, col(Account.id) == col(Task.account_id))
        .where(col(Task.organisation_id) == organisation_id, col(Task.done_at).is_(None), ~col(Task.next_step))
        .order_by(col(Task.due_at))
        .limit(50)
    ).all()
    lines = [
        TaskLine(
            id=row.Task.id,
            kind=row.Task.kind,
            referral_id=row.Task.referral_id,
            number=row.number,
            due_at=row.Task.due_at,
            offering_id=row.offering_id,
            offering=row.title,
            owner=row.owner,
        )
        for row in rows
    ]
    first = {(line.kind, line.offering_id if line.about_offering else line.id): line for line in reversed(lines)}
    return [line for line in lines if line in first.values()]


def own_offerings(session: Transaction, organisation_id: UUID) -> list[OfferingChoice]:
    """The organisation's offerings by title."""
    rows = session.execute(
        select(col(Offering.id), col(Offering.title))
        .where(col(Offering.organisation_id) == organisation_id)
        .order_by(col(Offering.title))
    ).all()
    return [OfferingChoice(id=row.id, title=row.title) for row in rows]


def _order(view: str) -> tuple[ColumnElement[datetime], bool]:
    """What the view is sorted by, and whether the greatest comes first."""
    if view == "waiting":
        return func.coalesce(col(Referral.sent_at), _NEVER), False
    if view == "ended":
        return func.coalesce(col(Referral.ended_at), col(Referral.sent_at), _NEVER), True
    return func.coalesce(col(Task.due_at), _NEVER), False


def _with_step(query: Any) -> Any:
    """With the next step of each referral that is open, which is the recipient's."""
    open_step = (col(Task.referral_id) == col(Referral.id)) & col(Task.next_step) & col(Task.done_at).is_(None)
    return query.outerjoin(Task, open_step)


def _in_view(view: str) -> ColumnElement[bool]:
    state = col(Referral.state)
    if view == "serving":
        return state.in_(REFERRAL_ACCEPTED)
    if view == "waiting":
        return state == "waitlisted"
    if view == "ended":
        return state.not_in(REFERRAL_OPEN | {"draft"})
    return state.in_(REFERRAL_UNANSWERED)


def _query(order: ColumnElement[datetime]) -> Any:
    owner = aliased(Account, name="owner")
    later = aliased(FormEntry)
    to_fix = exists().where(
        col(FormEntry.referral_id) == col(Referral.id),
        col(FormEntry.state) == "returned",
        ~exists().where(
            col(later.referral_id) == col(FormEntry.referral_id),
            col(later.form) == col(FormEntry.form),
            col(later.id) > col(FormEntry.id),
        ),
    )
    return _with_step(
        select(
            Referral,
            col(Task.due_at).label("due_at"),
            col(Offering.title).label("offering"),
            col(Organisation.short_name).label("office"),
            col(owner.name).label("owner"),
            to_fix.label("to_fix"),
            order.label("due"),
        )
        .join(Offering, col(Offering.id) == col(Referral.offering_id))
        .join(Organisation, col(Organisation.id) == col(Referral.office_id))
        .outerjoin(owner, col(owner.id) == col(Referral.owner_id))
        .where(col(Referral.state) != "draft")
    )


def _called(session: Transaction, referral_ids: list[UUID]) -> dict[UUID, str]:
    """What to call each client, from the disclosures that are still open."""
    if not referral_ids:
        return {}
    rows = session.execute(
        select(Disclosure)
        .where(col(Disclosure.referral_id).in_(referral_ids), col(Disclosure.access_ended_at).is_(None))
        .order_by(col(Disclosure.released_at))
    ).scalars()
    cipher = session.cipher
    contents: dict[UUID, Mapping[str, Any]] = {
        row.referral_id: cipher.decrypt_json(row.content, f"disclosure:{row.id}") for row in rows
    }
    return {key: str(fields["display_name"]) for key, fields in contents.items() if fields.get("display_name")}


def _line(session: Transaction, row: Any, called: Mapping[UUID, str]) -> InboxLine:
    referral: Referral = row.Referral
    service = service_of(session, referral.service_key)
    open_state = referral.state in REFERRAL_OPEN
    return InboxLine(
        id=referral.id,
        number=referral.number,
        state=referral.state,
        stage=stage_title(service, referral.stage) if open_state else None,
        urgency=referral.urgency,
        service=service.title if service else untranslated(row.offering),
        offering=row.offering,
        office=row.office,
        called=called.get(referral.id),
        owner=row.owner,
        sent_at=referral.sent_at or referral.created_at,
        due_at=row.due_at if referral.state != "waitlisted" else None,
        expected_on=referral.expected_on,
        ended_at=referral.ended_at,
        waiting_since=referral.waiting_since if open_state else None,
        to_fix=row.to_fix and open_state,
        flagged=bool(referral.flags) and open_state,
    )
