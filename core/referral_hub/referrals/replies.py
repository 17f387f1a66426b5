"""Writing down what a module proposed. A reply is a proposal: it was checked against the manifest, and every change
goes through the same transition table as a person's act.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.api import Changes, Document, Outcome, Receipt
from referral_hub.api.manifest import Service, Stage
from referral_hub.assistance.actions import grant
from referral_hub.audit.actions import write_record
from referral_hub.calendar.clock import local_date
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.outcomes.actions import add_service_event, give_outcome, schedule_follow_ups
from referral_hub.referrals.answers import accept_now, decline_now, end_attempt, mark_received, waitlist_now
from referral_hub.referrals.duties import open_duty
from referral_hub.referrals.entries import EVIDENCE, NO_EVENT_REASON
from referral_hub.referrals.lookup import Declared
from referral_hub.referrals.placing import NoPlaceFree
from referral_hub.referrals.progress import note_word
from referral_hub.referrals.service import mark_contact
from referral_hub.referrals.transitions import UNANSWERED, Demand, apply_transition
from referral_hub.tables.referrals import ModuleDocument, Referral

MET_CODE = "goal_met"
LOOK_WITHIN_WORKING_DAYS = 1
PATHS: dict[tuple[str, str], tuple[str, ...]] = {
    ("accepted", "in_service"): ("start",),
    ("accepted", "on_hold"): ("start", "hold"),
    ("accepted", "completed"): ("start", "complete"),
    ("accepted", "discontinued"): ("start", "discontinue"),
    ("in_service", "on_hold"): ("hold",),
    ("in_service", "completed"): ("complete",),
    ("in_service", "discontinued"): ("discontinue",),
    ("on_hold", "in_service"): ("resume",),
    ("on_hold", "completed"): ("complete",),
    ("on_hold", "discontinued"): ("discontinue",),
}
"""The acts that lead from one state to the state of a stage; each is still a line of the transition table."""


def apply_receipt(
    session: Transaction,
    referral: Referral,
    receipt: Receipt,
    declared: Declared,
    *,
    waiting: Collection[str] = UNANSWERED,
    by: Actor,
    at: datetime,
) -> None:
    """Take a module's answer to a locked referral in one of the `waiting` states.

    An answer a person gave in the meantime stands.
    """
    if referral.state == "sent":
        mark_received(session, referral, by=by, at=at)
    keep_documents(session, referral, receipt.documents, at=at)
    if referral.state not in waiting:
        return
    if receipt.decision == "accepted":
        try:
            with session.begin_nested():
                accept_now(session, referral, declared, note=receipt.note, stage=receipt.stage, by=by, at=at)
        except NoPlaceFree:
            # The module did not know that the last place went; a person of the organisation decides.
            session.refresh(referral)
    elif receipt.decision == "waitlisted":
        waitlist_now(session, referral, note=receipt.note, expected_on=receipt.expected_on, by=by, at=at)
    elif receipt.decision == "declined":
        decline_now(session, referral, reason_code=receipt.reason or "other", note=receipt.note, by=by, at=at)


def apply_changes(
    session: Transaction,
    referral: Referral,
    changes: Changes,
    declared: Declared,
    *,
    entry_id: UUID | None,
    answers: Mapping[str, Any],
    by: Actor,
    at: datetime,
) -> None:
    """Write what follows from a stage form, or from a module's news: events, aid, outcome, stage and state, flags,
    documents. It is a word from the provider, so the next is due from now.
    """
    service = declared.service
    target = service.stage(changes.stage) if changes.stage else None
    for event in changes.events:
        add_service_event(session, referral=referral, event=event, entry_id=entry_id, by=by, at=at)
    for aid in changes.assistance:
        grant(
            session,
            organisation_id=referral.recipient_id,
            assistance=aid,
            office_id=referral.office_id,
            referral_id=referral.id,
            case_id=referral.case_id,
            by=by,
            at=at,
        )
    if changes.events and referral.first_contact_at is None:
        mark_contact(session, referral, by=by, at=at, on=min(event.on for event in changes.events))
    outcome = _outcome(changes, answers)
    if outcome is not None:
        give_outcome(
            session,
            referral=referral,
            outcome=outcome,
            no_event_reason=answers.get(NO_EVENT_REASON),
            by=by,
            at=at,
        )
    keep_documents(session, referral, changes.documents, at=at)
    if target is not None:
        move_to_stage(session, referral, target, service, outcome=outcome, by=by, at=at)
    note_word(session, referral, at=at)
    if changes.flags:
        _raise_flags(session, referral, changes.flags, by=by, at=at)


def move_to_stage(
    session: Transaction,
    referral: Referral,
    stage: Stage,
    service: Service,
    *,
    outcome: Outcome | None,
    by: Actor,
    at: datetime,
) -> None:
    """Put a locked referral into a stage and, step by step, into the stage's state."""
    for act in PATHS.get((referral.state, stage.state), ()):
        values: dict[str, object] = {"stage": stage.key}
        if act == "start":
            values |= {"started_at": at, "first_contact_at": referral.first_contact_at or at}
        ends = act in ("complete", "discontinue")
        demands_met: tuple[Demand, ...] = ("outcome",) if outcome is not None else ()
        apply_transition(
            session,
            referral,
            act,
            by=by,
            at=at,
            reason_code=outcome.code if ends and outcome else None,
            met=demands_met,
            set_values=values,
        )
        if ends:
            _close(session, referral, service, outcome, by=by, at=at)
    if referral.stage != stage.key:
        referral.stage = stage.key
        session.add(referral)
        session.flush()
        write_record(
            session,
            "referral.stage",
            by=by,
            at=at,
            subject="referral",
            subject_id=referral.id,
            case_id=referral.case_id,
            office_id=referral.office_id,
            referral_id=referral.id,
            recipient_id=referral.recipient_id,
            facts={"stage": stage.key},
        )


def keep_documents(session: Transaction, referral: Referral, documents: list[Document], *, at: datetime) -> None:
    """Keep a module's private documents about a referral, each under its name; the latest replaces the one before."""
    for document in documents:
        content = session.vault.encrypt_json(
            document.content, f"module_document:{referral.module_key}:{referral.id}:{document.name}"
        )
        session.execute(
            insert(ModuleDocument)
            .values(
                id=new_id(),
                created_at=at,
                module_key=referral.module_key,
                referral_id=referral.id,
                name=document.name,
                content=content,
                version=1,
                updated_at=at,
            )
            .on_conflict_do_update(
                index_elements=["module_key", "referral_id", "offering_id", "name"],
                set_={"content": content, "version": ModuleDocument.version + 1, "updated_at": at},
            )
        )


def documents_of(session: Transaction, referral: Referral) -> list[Document]:
    """The module's documents about a referral, to hand back to it with the next call."""
    rows = session.exec(
        select(ModuleDocument)
        .where(ModuleDocument.referral_id == referral.id, ModuleDocument.module_key == referral.module_key)
        .order_by(col(ModuleDocument.name))
    ).all()
    vault = session.vault
    return [
        Document(
            name=row.name,
            content=vault.decrypt_json(row.content, f"module_document:{row.module_key}:{row.referral_id}:{row.name}"),
        )
        for row in rows
    ]


def _close(
    session: Transaction, referral: Referral, service: Service, outcome: Outcome | None, *, by: Actor, at: datetime
) -> None:
    """After the end: places free, follow-ups due, the need met when the outcome says so."""
    met = outcome is not None and outcome.code == MET_CODE and referral.state == "completed"
    end_attempt(session, referral, need_state="met" if met else "open", by=by, at=at)
    if referral.state == "completed" and service.followup_months:
        schedule_follow_ups(
            session,
            referral=referral,
            months=service.followup_months,
            ended_on=local_date(at),
            by=by,
            at=at,
        )


def _outcome(changes: Changes, answers: Mapping[str, Any]) -> Outcome | None:
    """The module's outcome, evidenced as the person who filled the form in said; a module cannot see that answer."""
    evidence = answers.get(EVIDENCE)
    if changes.outcome is None or evidence is None:
        return changes.outcome
    return msgspec.structs.replace(changes.outcome, evidence=evidence)


def _raise_flags(session: Transaction, referral: Referral, flags: list[str], *, by: Actor, at: datetime) -> None:
    fresh = [flag for flag in flags if flag not in referral.flags]
    referral.flags = sorted({*referral.flags, *flags})
    session.add(referral)
    session.flush()
    if fresh:
        # What a flag means is the module's word; that somebody must look at it soon is the hub's.
        open_duty(
            session,
            "call_client",
            organisation_id=referral.office_id,
            office_id=referral.office_id,
            referral_id=referral.id,
            account_id=referral.sender_id,
            case_id=referral.case_id,
            working_days=LOOK_WITHIN_WORKING_DAYS,
            by=by,
            at=at,
        )
