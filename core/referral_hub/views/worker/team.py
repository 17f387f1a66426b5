"""A supervisor's view of the office: who carries how much, and what of it is late."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text

from referral_hub.calendar.clock import local_date
from referral_hub.hub import Transaction


class WorkerLoad(msgspec.Struct, frozen=True):
    """One worker's cases and referrals under way. `over_norm` against 30 clients to a worker, the field's norm."""

    account_id: UUID
    name: str
    role: str
    cases: int
    referrals: int
    answers_late: int
    contacts_late: int
    follow_ups_late: int

    @property
    def over_norm(self) -> bool:
        return self.cases > NORM


NORM = 30

_LOAD = text("""
    SELECT a.id AS account_id, a.name, a.role, coalesce(s.cases, 0)::int AS cases,
           coalesce(r.open, 0)::int AS referrals,
           coalesce(r.answers_late, 0)::int AS answers_late, coalesce(r.contacts_late, 0)::int AS contacts_late,
           coalesce(f.late, 0)::int AS follow_ups_late
      FROM account a
      LEFT JOIN (SELECT responsible_id, count(*) AS cases FROM client_case
                  WHERE office_id = :office AND status <> 'closed' GROUP BY 1) s ON s.responsible_id = a.id
      LEFT JOIN (SELECT c.responsible_id, count(*) AS open,
                        count(*) FILTER (WHERE s.kind = 'next_answer' AND s.due_at < :at) AS answers_late,
                        count(*) FILTER (WHERE s.kind = 'next_contact' AND s.due_at < :at) AS contacts_late
                   FROM referral x
                   JOIN client_case c ON c.id = x.case_id
                   JOIN task s ON s.referral_id = x.id AND s.next_step AND s.done_at IS NULL
                  WHERE x.office_id = :office
                    AND x.state = ANY (hub_states('referral_open'))
                  GROUP BY 1) r ON r.responsible_id = a.id
      LEFT JOIN (SELECT c.responsible_id, count(*) AS late
                   FROM follow_up u JOIN client_case c ON c.id = u.case_id
                  WHERE u.office_id = :office AND u.done_on IS NULL AND u.called_off_at IS NULL
                    AND u.due_on < :today
                  GROUP BY 1) f ON f.responsible_id = a.id
     WHERE a.organisation_id = :office AND a.role IN ('worker', 'supervisor')
       AND (a.status = 'active' OR s.cases > 0)
     ORDER BY a.name, a.id
""")


def team_load(session: Transaction, *, at: datetime) -> list[WorkerLoad]:
    """Every worker of the acting office with what they carry, in one statement."""
    rows = session.execute(
        _LOAD, {"office": session.actor.organisation_id, "at": at, "today": local_date(at)}
    ).mappings()
    return [WorkerLoad(**row) for row in rows]
