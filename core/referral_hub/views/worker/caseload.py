"""Lists of cases and finding one: exact by blind index, in part only among a worker's own clients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text

from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.calendar.clock import local_date
from referral_hub.cases.rules import age_band, mask_id_number, mask_phone
from referral_hub.codes import CASE_STATUS
from referral_hub.codes.identity import check_phone
from referral_hub.hub import Transaction
from referral_hub.ids import public_number_is_valid
from referral_hub.paging import Page, read_only_key, take
from referral_hub.storage.personal_fields import decrypt_field, index_of, normal_name
from referral_hub.text import plain

PAGE = 50
_ID_LENGTH = 18
_OWN_CASES = 3000

SearchBy = Literal["id_number", "number", "phone", "name"]


class CaseRow(msgspec.Struct, frozen=True):
    """One case in a list: identity masked but for the name (R23), and how much is under way."""

    id: UUID
    number: str
    name: str
    sex: str
    age_band: str | None
    phone_masked: str | None
    id_masked: str | None
    status: str
    responsible_id: UUID
    responsible: str
    area_code: str | None
    opened_on: date
    planned_release_on: date | None
    needs_open: int
    referrals_open: int

    def __repr__(self) -> str:
        """Names stay out of logs and tracebacks."""
        return f"CaseRow(number={self.number!r})"


class FoundPerson(msgspec.Struct, frozen=True):
    """A case found by something exact."""

    case_id: UUID
    number: str
    name: str
    phone_masked: str | None
    id_masked: str | None
    status: str
    responsible: str


_LIST = """
    SELECT c.id, c.number, c.status, c.responsible_id, a.name AS responsible, c.area_code, c.opened_on,
           c.planned_release_on, p.id AS person_id, p.name, p.phone, p.id_number, p.sex, p.birth_year,
           (SELECT count(*)::int FROM need n
             WHERE n.case_id = c.id AND n.state = ANY (hub_states('need_open'))) AS needs_open,
           (SELECT count(*)::int FROM referral r
             WHERE r.case_id = c.id AND r.state = ANY (hub_states('referral_open'))) AS referrals_open
      FROM client_case c
      JOIN person p ON p.id = c.person_id
      JOIN account a ON a.id = c.responsible_id
     WHERE {conditions}
     ORDER BY c.id DESC
     LIMIT :limit
"""
_STATUS = {"": "true", "served": "c.status <> 'closed'"}
_EXACT = text("""
    SELECT c.id FROM client_case c JOIN person p ON p.id = c.person_id
     WHERE c.office_id = :office
       AND CASE CAST(:by AS text) WHEN 'id_number' THEN p.id_index = :index WHEN 'phone' THEN p.phone_index = :index
                ELSE p.name_index = :index END
     ORDER BY c.id DESC LIMIT 200
""")
_NAMES = text("""
    SELECT c.id, p.id AS person_id, p.name, p.display_name, p.aliases
      FROM client_case c JOIN person p ON p.id = c.person_id
     WHERE c.office_id = :office AND c.responsible_id = :responsible
     ORDER BY c.id DESC LIMIT :limit
""")


def caseload(
    session: Transaction,
    *,
    responsible_id: UUID | None = None,
    search: str = "",
    status: str = "served",
    after: str | None = None,
    limit: int = PAGE,
) -> Page[CaseRow]:
    """Cases of the acting office, of one worker or of all, the latest opened first.

    `search` is an ID number, a telephone, a case number or a name: exact by blind index in the whole office; a part
    of a name is looked for among the acting worker's own cases only, by opening them. `status`: served (not closed),
    open, closed, or empty for all. A search is entered in the audit log, without what was typed.
    """
    if status not in ("", "served", *CASE_STATUS):
        status = "served"
    ids = _ids_for(session, search) if search.strip() else None
    return _list(session, responsible_id=responsible_id, ids=ids, status=status, after=after, limit=limit)


def find_person(session: Transaction, words: str) -> list[FoundPerson]:
    """Cases of the acting office by an exact ID number, telephone, case number or full name."""
    ids = _ids_for(session, words, in_part=False)
    return [
        FoundPerson(
            case_id=row.id,
            number=row.number,
            name=row.name,
            phone_masked=row.phone_masked,
            id_masked=row.id_masked,
            status=row.status,
            responsible=row.responsible,
        )
        for row in _list(session, responsible_id=None, ids=ids, status="", after=None, limit=PAGE).lines
    ]


def read_search(words: str) -> tuple[SearchBy, str]:
    """What someone typed into the search box is taken for, in its normal form."""
    text_ = plain(words)
    compact = text_.replace(" ", "").replace("-", "").upper()
    if len(compact) == _ID_LENGTH and compact[:-1].isdigit():
        return "id_number", compact
    if public_number_is_valid(compact):
        return "number", compact
    phone = check_phone(text_)
    return ("phone", phone) if isinstance(phone, str) else ("name", text_)


def _ids_for(session: Transaction, words: str, *, in_part: bool = True) -> list[UUID]:
    by, value = read_search(words)
    office = session.actor.organisation_id
    if by == "number":
        ids = list(
            session.execute(
                text("SELECT id FROM client_case WHERE number = :number AND office_id = :office"),
                {"number": value, "office": office},
            ).scalars()
        )
    else:
        found = session.execute(
            _EXACT, {"office": office, "by": by, "index": index_of(session.cipher, by, value)}
        ).scalars()
        ids = list(found)
        if by == "name" and in_part:
            ids = list(dict.fromkeys([*ids, *_own_cases_named(session, value)]))
    _record_search(session, by, len(ids))
    return ids


def _own_cases_named(session: Transaction, part: str) -> list[UUID]:
    actor, cipher = session.actor, session.cipher
    rows = session.execute(
        _NAMES, {"office": actor.organisation_id, "responsible": actor.account_id, "limit": _OWN_CASES}
    )
    wanted = normal_name(part)
    with session.looks.unshown():
        return [
            row.id
            for row in rows
            if any(
                wanted in normal_name(decrypt_field(cipher, "person", field, row.person_id, getattr(row, field)) or "")
                for field in ("name", "display_name", "aliases")
            )
        ]


def _record_search(session: Transaction, by: SearchBy, found: int) -> None:
    record_audit_entry(
        session,
        "case.search",
        about=AuditSubject("case", office_id=session.actor.organisation_id),
        by=session.actor,
        at=session.hub.clock.now(),
        details={"by": by, "found": found},
    )


def _list(
    session: Transaction,
    *,
    responsible_id: UUID | None,
    ids: Sequence[UUID] | None,
    status: str,
    after: str | None,
    limit: int,
) -> Page[CaseRow]:
    last = read_only_key(after, UUID)
    cipher, today = session.cipher, local_date(session.hub.clock.now())
    rows = session.execute(
        _list_statement(responsible_id is not None, ids is not None, status, last is not None),
        {
            "office": session.actor.organisation_id,
            "responsible": responsible_id,
            "ids": list(ids or ()),
            "status": status,
            "after": last,
            "limit": limit + 1,
        },
    ).all()
    found = take(rows, limit, lambda row: (row.id,))
    lines = [
        CaseRow(
            id=row.id,
            number=row.number,
            name=decrypt_field(cipher, "person", "name", row.person_id, row.name) or "",
            sex=row.sex,
            age_band=age_band(row.birth_year, today),
            phone_masked=mask_phone(decrypt_field(cipher, "person", "phone", row.person_id, row.phone)),
            id_masked=mask_id_number(decrypt_field(cipher, "person", "id_number", row.person_id, row.id_number)),
            status=row.status,
            responsible_id=row.responsible_id,
            responsible=row.responsible,
            area_code=row.area_code,
            opened_on=row.opened_on,
            planned_release_on=row.planned_release_on,
            needs_open=row.needs_open,
            referrals_open=row.referrals_open,
        )
        for row in found.lines
    ]
    return found.showing(lines)


@cache
def _list_statement(one_worker: bool, some_cases: bool, status: str, further: bool) -> TextClause:
    """The list with the conditions that are asked for and no others, so that each is read by its own index."""
    conditions = ["c.office_id = :office", _STATUS.get(status, "c.status = :status")]
    conditions += ["c.responsible_id = :responsible"] if one_worker else []
    conditions += ["c.id = ANY(:ids)"] if some_cases else []
    conditions += ["c.id < :after"] if further else []
    return text(_LIST.format(conditions=" AND ".join(conditions)))
