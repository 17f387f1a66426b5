"""What waits for a worker today, most pressing first: one statement, and one more for a full-time officer and for a
supervisor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from referral_hub.calendar.clock import end_of, local_date
from referral_hub.cases.measures import Measure
from referral_hub.cases.rules import report_in_by
from referral_hub.hub import Transaction
from referral_hub.storage.personal_fields import decrypt_field

SOON = timedelta(days=7)
SILENT_FOR = timedelta(minutes=30)
"""A module that is back sooner is nobody's concern."""
CONSENT_SOON = timedelta(days=14)
RELEASE_SOON = timedelta(days=30)
_MAX_ITEMS = 500

Kind = Literal[
    "escalated",
    "answer_overdue",
    "contact_overdue",
    "word_overdue",
    "step_overdue",
    "feedback_overdue",
    "next_attempt",
    "module_away",
    "follow_up",
    "consent_ending",
    "plan",
    "release",
    "report_in",
    "task",
]


class DueItem(msgspec.Struct, frozen=True):
    """One thing to do for one client. `subject_id` is the referral, follow-up, consent, plan item, task or case.

    `organisation` is the recipient's short name; `code` the service, the reason of the decline, the kind of task, or
    the module that does not answer, of which `due_at` says since when; `words` the goal of a plan item; `months` a
    follow-up's. `late` says that its time is over.
    """

    kind: Kind
    subject_id: UUID
    case_id: UUID
    case_number: str
    client: str
    due_at: datetime
    due_on: date
    late: bool
    referral_id: UUID | None = None
    need_id: UUID | None = None
    task_id: UUID | None = None
    organisation: str | None = None
    code: str | None = None
    words: str | None = None
    months: int | None = None


class DueList(msgspec.Struct, frozen=True):
    """The items by time due, how many of each kind, and how many are late."""

    items: list[DueItem]
    counts: dict[str, int]
    late: int


# `mine` is the acting worker's own cases, or with no account the whole office's. Follow-ups go on after a case closed.
_DUE = text("""
WITH mine AS MATERIALIZED (
  SELECT c.id, c.number, c.person_id, c.status, c.planned_release_on, p.name
    FROM client_case c JOIN person p ON p.id = c.person_id
   WHERE c.office_id = :office AND (CAST(:account AS uuid) IS NULL OR c.responsible_id = CAST(:account AS uuid))),
due AS (
  SELECT CASE s.kind WHEN 'next_answer' THEN 'answer_overdue' WHEN 'next_contact' THEN 'contact_overdue'
              WHEN 'next_result' THEN 'feedback_overdue' WHEN 'next_report' THEN 'word_overdue' ELSE 'step_overdue'
              END AS kind,
         r.id AS subject_id, r.case_id, r.id AS referral_id, r.need_id, d.id AS task_id,
         s.due_at,
         o.short_name AS organisation,
         CASE WHEN s.kind IN ('next_place', 'next_start', 'next_resume') THEN s.kind ELSE r.service_key END AS code,
         NULL::bytea AS words, NULL::int AS months
    FROM task s
    JOIN referral r ON r.id = s.referral_id
    JOIN organisation o ON o.id = r.recipient_id
    LEFT JOIN LATERAL (SELECT id FROM task WHERE referral_id = r.id AND kind = 'answer_overdue' AND done_at IS NULL
                        LIMIT 1) d ON true
   WHERE s.office_id = :office AND s.next_step AND s.done_at IS NULL AND s.due_at < :at AND s.kind <> 'next_confirm'
     AND r.case_id IN (SELECT id FROM mine)
  UNION ALL
  SELECT 'next_attempt', r.id, r.case_id, r.id, r.need_id, d.id, coalesce(d.due_at, r.ended_at), o.short_name,
         r.reason_code, NULL, NULL
    FROM referral r
    JOIN need n ON n.id = r.need_id AND n.state = 'open'
    JOIN organisation o ON o.id = r.recipient_id
    LEFT JOIN LATERAL (SELECT id, due_at, done_at FROM task WHERE referral_id = r.id AND kind = 'find_next'
                        ORDER BY created_at DESC LIMIT 1) d ON true
   WHERE r.case_id IN (SELECT id FROM mine WHERE status <> 'closed')
     AND r.state = ANY (hub_states('referral_turned_away'))
     AND d.done_at IS NULL
     AND NOT EXISTS (SELECT FROM referral x WHERE x.need_id = r.need_id AND x.id <> r.id
                        AND (x.id > r.id OR x.state = 'draft' OR x.state = ANY (hub_states('referral_open'))))
  UNION ALL
  SELECT 'module_away', r.id, r.case_id, r.id, r.need_id, NULL, coalesce(r.waiting_since, m.changed_at), o.short_name,
         r.module_key, NULL, NULL
    FROM referral r
    JOIN organisation o ON o.id = r.recipient_id
    LEFT JOIN module m ON m.key = r.module_key
   WHERE r.case_id IN (SELECT id FROM mine)
     AND (r.waiting_since < :silent OR m.state <> ALL (hub_states('module_serving')))
     AND (r.state = ANY (hub_states('referral_unanswered')) AND r.answer_due_at >= :at
          OR r.state = ANY (hub_states('referral_answered')))
     AND NOT EXISTS (SELECT FROM task d WHERE d.referral_id = r.id AND d.kind IN ('module_gone', 'module_close')
                        AND d.done_at IS NULL)
  UNION ALL
  SELECT 'follow_up', f.id, f.case_id, f.referral_id, NULL, NULL, f.due_on::timestamp AT TIME ZONE 'Asia/Shanghai',
         o.short_name, f.service_key, NULL, f.months
    FROM follow_up f JOIN organisation o ON o.id = f.recipient_id
   WHERE f.case_id IN (SELECT id FROM mine) AND f.done_on IS NULL AND f.called_off_at IS NULL
     AND f.due_on <= :soon_on
  UNION ALL
  SELECT 'consent_ending', k.id, k.case_id, NULL, NULL, NULL, k.valid_until::timestamp AT TIME ZONE 'Asia/Shanghai',
         o.short_name, k.purpose, NULL, NULL
    FROM consent k JOIN organisation o ON o.id = k.recipient_id
   WHERE k.case_id IN (SELECT id FROM mine WHERE status <> 'closed') AND k.state = 'given'
     AND k.valid_until <= :consent_soon_on
  UNION ALL
  SELECT 'plan', i.id, i.case_id, NULL, i.need_id, NULL, i.due_on::timestamp AT TIME ZONE 'Asia/Shanghai',
         NULL, NULL, i.goal, NULL
    FROM plan_item i
   WHERE i.case_id IN (SELECT id FROM mine WHERE status <> 'closed') AND i.done_on IS NULL
     AND i.due_on <= :soon_on
     AND (CAST(:account AS uuid) IS NULL OR i.owner_id = CAST(:account AS uuid))
  UNION ALL
  SELECT 'release', m.id, m.id, NULL, NULL, NULL, m.planned_release_on::timestamp AT TIME ZONE 'Asia/Shanghai',
         NULL, NULL, NULL, NULL
    FROM mine m
   WHERE m.status <> 'closed' AND m.planned_release_on BETWEEN :today AND :release_soon_on
  UNION ALL
  SELECT 'task', d.id, coalesce(r.case_id, k.case_id, d.case_id), d.referral_id, d.need_id, d.id, d.due_at,
         o.short_name, d.kind, NULL, NULL
    FROM task d
    LEFT JOIN referral r ON r.id = d.referral_id
    LEFT JOIN consent k ON k.id = d.consent_id
    LEFT JOIN organisation o ON o.id = coalesce(r.recipient_id, k.recipient_id)
   WHERE d.organisation_id = :office AND d.done_at IS NULL
     AND d.due_at < CASE WHEN d.next_step AND d.kind <> 'next_confirm' THEN :at ELSE :soon END
     AND d.kind NOT IN ('find_next', 'answer_overdue', 'answer_escalated')
     -- A declined referral has its own line, with the place that was asked.
     AND NOT EXISTS (SELECT FROM task f JOIN referral x ON x.id = f.referral_id
                      WHERE x.need_id = d.need_id AND f.kind = 'find_next' AND f.done_at IS NULL)
     AND coalesce(r.case_id, k.case_id, d.case_id) IN (SELECT id FROM mine))
SELECT due.*, m.number, m.person_id, m.name
  FROM due JOIN mine m ON m.id = due.case_id
 ORDER BY due.due_at, due.subject_id
 LIMIT :most
""")
# Whoever's case it is: this is the step at which it becomes the supervisor's.
_ESCALATED = text("""
    SELECT 'escalated' AS kind, r.id AS subject_id, r.case_id, r.id AS referral_id, r.need_id, d.id AS task_id,
           d.due_at, o.short_name AS organisation, r.service_key AS code, NULL::bytea AS words, NULL::int AS months,
           c.number, c.person_id, p.name
      FROM task d
      JOIN referral r ON r.id = d.referral_id
      JOIN organisation o ON o.id = r.recipient_id
      JOIN client_case c ON c.id = r.case_id
      JOIN person p ON p.id = c.person_id
     WHERE d.organisation_id = :office AND d.kind = 'answer_escalated' AND d.done_at IS NULL
     ORDER BY d.due_at, d.id
     LIMIT :most
""")
_TO_REPORT = text("""
    SELECT e.id, e.content, c.id AS case_id, c.number, c.person_id, c.planned_release_on, p.name
      FROM measure e JOIN client_case c ON c.id = e.case_id JOIN person p ON p.id = c.person_id
     WHERE c.office_id = :office AND c.status <> 'closed'
       AND (CAST(:account AS uuid) IS NULL OR c.responsible_id = CAST(:account AS uuid))
     LIMIT 2000
""")


def my_due_list(session: Transaction, *, account_id: UUID | None, at: datetime) -> DueList:
    """What waits for the worker `account_id` in their own cases; with None for the whole office, for a supervisor.

    Late: answers, first contacts, monthly words, results after a planned end. Half an hour or more without an answer of
    a module. Within 7 days: follow-ups, plan items, tasks; within 14 days: consents that end; within 30: releases.
    For a full-time officer also who has to report in, and until when (R30); for a supervisor the answers that were
    escalated, in every case of the office.
    """
    actor = session.actor
    today = local_date(at)
    facts = {"office": actor.organisation_id, "account": account_id, "today": today, "at": at}
    facts_due = {
        **facts,
        "soon": end_of(today + SOON),
        "soon_on": today + SOON,
        "consent_soon_on": today + CONSENT_SOON,
        "release_soon_on": today + RELEASE_SOON,
        "silent": at - SILENT_FOR,
        "most": _MAX_ITEMS,
    }
    rows = session.execute(_DUE, facts_due).mappings()
    items = [_item(session, row, today=today, at=at) for row in rows]
    if actor.statutory:
        items += _to_report(session, facts, today=today)
    if actor.role == "supervisor":
        escalated = session.execute(_ESCALATED, facts_due).mappings()
        items += [_item(session, row, today=today, at=at) for row in escalated]
    if actor.statutory or actor.role == "supervisor":
        items.sort(key=lambda item: (item.due_at, str(item.subject_id)))
    return DueList(
        items=items, counts=dict(Counter(item.kind for item in items)), late=sum(item.late for item in items)
    )


# Due on a day, until its midnight; the others are due at a moment.
_BY_DAY = frozenset({"follow_up", "consent_ending", "plan", "release", "report_in"})


def _item(session: Transaction, row: RowMapping, *, today: date, at: datetime) -> DueItem:
    cipher = session.cipher
    due_on = local_date(row["due_at"])
    due_at = end_of(due_on) if row["kind"] in _BY_DAY else row["due_at"]
    late = due_on < today if row["kind"] in _BY_DAY else row["due_at"] < at and row["kind"] != "module_away"
    return DueItem(
        kind=row["kind"],
        subject_id=row["subject_id"],
        case_id=row["case_id"],
        case_number=row["number"],
        client=decrypt_field(cipher, "person", "name", row["person_id"], row["name"]) or "",
        due_at=due_at,
        due_on=due_on,
        late=late,
        referral_id=row["referral_id"],
        need_id=row["need_id"],
        task_id=row["task_id"],
        organisation=row["organisation"],
        code=row["code"],
        words=decrypt_field(cipher, "plan_item", "goal", row["subject_id"], row["words"]),
        months=row["months"],
    )


def _to_report(session: Transaction, facts: Mapping[str, object], *, today: date) -> list[DueItem]:
    cipher = session.cipher
    items = []
    for row in session.execute(_TO_REPORT, facts):
        context = f"measure.content:{row.id}"
        with session.looks.unshown():
            measure = msgspec.convert(cipher.decrypt_json(bytes(row.content), context), Measure)
        until = measure.report_by or (report_in_by(row.planned_release_on) if row.planned_release_on else None)
        if measure.status != "awaiting_report" or until is None or until - today > RELEASE_SOON:
            continue
        session.looks.note(context)
        items.append(
            DueItem(
                kind="report_in",
                subject_id=row.case_id,
                case_id=row.case_id,
                case_number=row.number,
                client=decrypt_field(cipher, "person", "name", row.person_id, row.name) or "",
                due_at=end_of(until),
                due_on=until,
                late=until < today,
            )
        )
    return items
