"""The case page: all that its worker needs on one screen, in about a dozen statements whatever the case holds."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import text

from referral_hub.calendar.clock import local_date
from referral_hub.cases.facts import profile_of
from referral_hub.cases.measures import Measure
from referral_hub.cases.occupations import barred_families, suitable_families
from referral_hub.cases.profile import Profile
from referral_hub.cases.rules import mask_id_number, mask_phone, report_in_by
from referral_hub.codes import DECLINE_NEXT_STEPS, NextStep
from referral_hub.hub import Transaction
from referral_hub.paging import Page
from referral_hub.storage.personal_fields import decrypt_field
from referral_hub.tables.cases import ClientCase, Person
from referral_hub.views.worker.case_head import (
    CaseHead,
    NeedLine,
    head_of,
    needs_of_case,
    open_field,
    read_case,
)
from referral_hub.views.worker.consents import ConsentLine, consents_for_case
from referral_hub.views.worker.disclosures import ReceivedLine, received_for_case
from referral_hub.views.worker.referral import ReferralListItem, attempts_for_case
from referral_hub.views.worker.timeline import TimelineEntry, timeline_for_case


class PersonView(msgspec.Struct, frozen=True):
    """Who the client is. The ID number is masked: `reveal_id_number` shows it for a reason (R23)."""

    sex: str
    birth_year: int | None
    aliases: str | None
    own_display_name: str | None
    id_masked: str | None
    phone: str | None
    phone_masked: str | None
    contact_note: str | None
    address: str | None
    registered_address: str | None
    household_number: str | None
    guardian: str | None

    def __repr__(self) -> str:
        """Kept out of logs and tracebacks."""
        return "PersonView(…)"


class NeedView(msgspec.Struct, frozen=True):
    """A need with its attempts, newest first; `next_step` is what the last decline asks for while it stands alone."""

    need: NeedLine
    attempts: list[ReferralListItem]
    next_step: NextStep | None


class TeamLine(msgspec.Struct, frozen=True):
    account_id: UUID
    name: str
    organisation: str
    part: str
    since: date
    until: date | None


class PlanLine(msgspec.Struct, frozen=True):
    id: UUID
    goal: str
    need_id: UUID | None
    owner_id: UUID
    owner: str
    due_on: date
    done_on: date | None


class NoteLine(msgspec.Struct, frozen=True):
    id: UUID
    kind: str
    words: str
    happened_on: date
    by: str
    created_at: datetime


class CasePage(msgspec.Struct, frozen=True):
    """A case with all its worker may see. `measure` and `report_in_by` are there for full-time officers only (R3).

    `suitable_jobs` is what a release would say; `unsuitable_jobs` is for this screen alone and never leaves (R19).
    """

    head: CaseHead
    person: PersonView
    profile: Profile
    suitable_jobs: list[str]
    unsuitable_jobs: list[str]
    measure: Measure | None
    report_in_by: date | None
    team: list[TeamLine]
    needs: list[NeedView]
    plan: list[PlanLine]
    consents: list[ConsentLine]
    received: list[ReceivedLine]
    notes: list[NoteLine]
    timeline: Page[TimelineEntry]


_TEAM = text("""
    SELECT m.account_id, a.name, o.short_name AS organisation, m.part, m.since, m.until
      FROM care_team_member m
      JOIN account a ON a.id = m.account_id
      JOIN organisation o ON o.id = a.organisation_id
     WHERE m.case_id = :case
     ORDER BY m.until IS NOT NULL, m.since
""")
_PLAN = text("""
    SELECT i.id, i.goal, i.need_id, i.owner_id, a.name AS owner, i.due_on, i.done_on
      FROM plan_item i JOIN account a ON a.id = i.owner_id
     WHERE i.case_id = :case
     ORDER BY i.done_on IS NOT NULL, i.due_on, i.id
     LIMIT 200
""")
_NOTES = text("""
    SELECT n.id, n.kind, n.words, n.happened_on, a.name AS by, n.created_at
      FROM case_note n JOIN account a ON a.id = n.by_id
     WHERE n.case_id = :case
     ORDER BY n.happened_on DESC, n.id DESC
     LIMIT 50
""")
_MEASURE = text("SELECT id, content FROM measure WHERE case_id = :case")


def case_for_page(session: Transaction, case_id: UUID) -> CasePage:
    """One case with all that the acting account may see of it. Raises `NotFound`."""
    case, person, office, responsible = read_case(session, case_id)
    today = local_date(session.hub.clock.now())
    profile = profile_of(session, case)
    measure = _measure(session, case)
    return CasePage(
        head=head_of(session, case, person, office=office, responsible=responsible),
        person=_person(session, person),
        profile=profile,
        suitable_jobs=suitable_families(profile.wanted_jobs, profile.jobs_barred_until, today),
        unsuitable_jobs=barred_families(profile.jobs_barred_until, today),
        measure=measure,
        report_in_by=_report_in_by(case, measure),
        team=[TeamLine(**row) for row in session.execute(_TEAM, {"case": case_id}).mappings()],
        needs=_needs(session, case_id),
        plan=_plan(session, case_id),
        consents=consents_for_case(session, case_id),
        received=received_for_case(session, case_id),
        notes=_notes(session, case_id),
        timeline=timeline_for_case(session, case_id),
    )


def _person(session: Transaction, person: Person) -> PersonView:
    cipher = session.cipher
    phone = open_field(cipher, person, "phone")
    return PersonView(
        sex=person.sex,
        birth_year=person.birth_year,
        aliases=open_field(cipher, person, "aliases"),
        own_display_name=open_field(cipher, person, "display_name"),
        id_masked=mask_id_number(open_field(cipher, person, "id_number")),
        phone=phone,
        phone_masked=mask_phone(phone),
        contact_note=open_field(cipher, person, "contact_note"),
        address=open_field(cipher, person, "address"),
        registered_address=open_field(cipher, person, "registered_address"),
        household_number=open_field(cipher, person, "household_number"),
        guardian=open_field(cipher, person, "guardian"),
    )


def _measure(session: Transaction, case: ClientCase) -> Measure | None:
    """What the law ordered, for an officer of the office. For anyone else the database has no such row."""
    if not session.actor.statutory:
        return None
    row = session.execute(_MEASURE, {"case": case.id}).one_or_none()
    if row is None:
        return None
    content = session.cipher.decrypt_json(bytes(row.content), f"measure.content:{row.id}")
    return msgspec.convert(content, Measure)


def _report_in_by(case: ClientCase, measure: Measure | None) -> date | None:
    """R30: until when the client must report in, while they have not."""
    if measure is None or measure.status != "awaiting_report":
        return None
    if measure.report_by is not None:
        return measure.report_by
    return report_in_by(case.planned_release_on) if case.planned_release_on else None


def _needs(session: Transaction, case_id: UUID) -> list[NeedView]:
    attempts: dict[UUID, list[ReferralListItem]] = {}
    for attempt in attempts_for_case(session, case_id):
        attempts.setdefault(attempt.need_id, []).append(attempt)
    return [
        NeedView(need=need, attempts=attempts.get(need.id, []), next_step=_next_step(need, attempts.get(need.id, [])))
        for need in needs_of_case(session, case_id)
    ]


def _next_step(need: NeedLine, attempts: list[ReferralListItem]) -> NextStep | None:
    if need.state != "open" or not attempts or any(one.is_open or one.state == "draft" for one in attempts):
        return None
    last = attempts[0]
    return DECLINE_NEXT_STEPS.get(last.reason_code or "other") if last.state == "declined" else None


def _plan(session: Transaction, case_id: UUID) -> list[PlanLine]:
    cipher = session.cipher
    return [
        PlanLine(**{**row, "goal": decrypt_field(cipher, "plan_item", "goal", row["id"], row["goal"]) or ""})
        for row in session.execute(_PLAN, {"case": case_id}).mappings()
    ]


def _notes(session: Transaction, case_id: UUID) -> list[NoteLine]:
    cipher = session.cipher
    return [
        NoteLine(**{**row, "words": decrypt_field(cipher, "case_note", "words", row["id"], row["words"]) or ""})
        for row in session.execute(_NOTES, {"case": case_id}).mappings()
    ]
