"""The API of a recipient: its inbox, answers, stage forms. It sees disclosures and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar.params import FromPath, FromQuery, JSONBody

from referral_hub.i18n import Label
from referral_hub.paging import Page
from referral_hub.referrals.actions import (
    accept_referral,
    cancel_delivered,
    decline_referral,
    fill_form,
    give_place,
    hold_referral,
    pass_offer,
    receive_referral,
    record_first_contact,
    resume_referral,
    undo_last_step,
    waitlist_referral,
)
from referral_hub.referrals.delivery import deliver_one
from referral_hub.referrals.undoing import Undone
from referral_hub.referrals.waiting import QueuePlace
from referral_hub.views.partner.form_entries import entry_for_partner, waiting_deliveries
from referral_hub.views.partner.inbox import InboxLine, inbox_for_partner
from referral_hub.views.partner.referral import ReceivedData, referral_for_partner
from referral_ui.api.routes import Key, Made, Once, acts, reads
from referral_ui.bodies.answers import Acceptance, Cancellation, Decline, FilledForm, OnDay, Waiting, WhichPlace
from referral_ui.guards import requires
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

RECIPIENT = requires("partner")


class FormTitle(msgspec.Struct, frozen=True):
    """A form that may be filled in at the present stage."""

    key: str
    title: Label


class ReceivedReferral(msgspec.Struct, frozen=True):
    """A referral as its recipient may know it. `released` is null once access has ended."""

    id: UUID
    number: str
    state: str
    stage_key: str | None
    service_key: str
    offering: str
    office: str
    office_phone: str | None
    urgency: str
    sent_at: datetime
    answer_due_at: datetime | None
    answered_at: datetime | None
    first_contact_due_at: datetime | None
    first_contact_at: datetime | None
    progress_due_at: datetime | None
    outcome_due_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    waiting_since: datetime | None
    reason_code: str | None
    owner: str | None
    released: ReceivedData | None
    queue: QueuePlace | None
    actions: list[str]
    forms: list[FormTitle]


class EntryTaken(msgspec.Struct, frozen=True):
    """A form that was kept. `state`: applied, returned (with problems), or waiting for the module to answer."""

    id: UUID
    state: str
    problems: list[dict[str, Any]]


@reads("/inbox", guards=[RECIPIENT])
def show_inbox(
    hub: CurrentHub, actor: CurrentActor, view: FromQuery[str] = "answer", after: FromQuery[str | None] = None
) -> Page[InboxLine]:
    """Referrals to answer, being served, waiting or ended (`view`), by the date that is due next."""
    with hub.transaction(actor) as session:
        return inbox_for_partner(session, view=view, after=after)


@reads("/inbox/{referral_id:uuid}", guards=[RECIPIENT])
def read_referral(
    hub: CurrentHub, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key]
) -> ReceivedReferral:
    """What was released, and where it stands. Reading a new referral signs for it."""
    with hub.transaction(actor) as session:
        receive_referral(session, referral_id=referral_id, by=actor, at=request.now)
        return msgspec.convert(referral_for_partner(session, referral_id), ReceivedReferral, from_attributes=True)


@acts("/inbox/{referral_id:uuid}/accept", guards=[RECIPIENT], status_code=204)
def accept(
    once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key], data: JSONBody[Acceptance]
) -> None:
    """Accept, and take a place where the service counts places."""
    once.do(
        lambda session: accept_referral(
            session, referral_id=referral_id, **msgspec.structs.asdict(data), by=actor, at=request.now
        )
    )


@acts("/inbox/{referral_id:uuid}/place", guards=[RECIPIENT], status_code=204)
def place(
    once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key], data: JSONBody[WhichPlace]
) -> None:
    """Give a client that was accepted the place that is missing, as after a reopening."""
    once.do(
        lambda session: give_place(
            session, referral_id=referral_id, **msgspec.structs.asdict(data), by=actor, at=request.now
        )
    )


@acts("/inbox/{referral_id:uuid}/waitlist", guards=[RECIPIENT], status_code=204)
def waitlist(
    once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key], data: JSONBody[Waiting]
) -> None:
    """Put on the waiting list."""
    once.do(
        lambda session: waitlist_referral(
            session, referral_id=referral_id, **msgspec.structs.asdict(data), by=actor, at=request.now
        )
    )


@acts("/inbox/{referral_id:uuid}/pass-place", guards=[RECIPIENT], status_code=204)
def pass_place(once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key]) -> None:
    """Pass on the place that is kept for this client: it goes to the next, the client to the end of the list."""
    once.do(lambda session: pass_offer(session, referral_id=referral_id, by=actor, at=request.now))


@acts("/inbox/{referral_id:uuid}/decline", guards=[RECIPIENT], status_code=204)
def decline(
    once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key], data: JSONBody[Decline]
) -> None:
    """Decline with a reason code; the need stays open with the sender."""
    once.do(
        lambda session: decline_referral(
            session, referral_id=referral_id, **msgspec.structs.asdict(data), by=actor, at=request.now
        )
    )


@acts("/inbox/{referral_id:uuid}/contact", guards=[RECIPIENT], status_code=204)
def contact(
    once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key], data: JSONBody[OnDay]
) -> None:
    """The client was reached for the first time."""
    once.do(
        lambda session: record_first_contact(session, referral_id=referral_id, on=data.on, by=actor, at=request.now)
    )


@acts("/inbox/{referral_id:uuid}/undo", guards=[RECIPIENT], status_code=200)
def undo(once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key]) -> Undone:
    """Take your last step back, within a day and while nothing of it has left."""
    return once.answer(
        lambda session: undo_last_step(session, referral_id=referral_id, by=actor, at=request.now), Undone
    )


@acts("/inbox/{referral_id:uuid}/events/{event_id:uuid}/cancel", guards=[RECIPIENT], status_code=204)
def cancel_event(
    once: Once,
    actor: CurrentActor,
    request: HubRequest,
    referral_id: FromPath[Key],
    event_id: FromPath[Key],
    data: JSONBody[Cancellation],
) -> None:
    """Cancel one recorded service by a second entry; the first stays readable."""
    once.do(
        lambda session: cancel_delivered(
            session, referral_id=referral_id, event_id=event_id, reason=data.reason, by=actor, at=request.now
        )
    )


@acts("/inbox/{referral_id:uuid}/hold", guards=[RECIPIENT], status_code=204)
def hold(once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key]) -> None:
    """Pause a running service."""
    once.do(lambda session: hold_referral(session, referral_id=referral_id, by=actor, at=request.now))


@acts("/inbox/{referral_id:uuid}/resume", guards=[RECIPIENT], status_code=204)
def resume(once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key]) -> None:
    """Go on with a paused service."""
    once.do(lambda session: resume_referral(session, referral_id=referral_id, by=actor, at=request.now))


@acts("/inbox/{referral_id:uuid}/forms/{form_key:str}", guards=[RECIPIENT], status_code=200)
def fill(
    hub: CurrentHub,
    once: Once,
    actor: CurrentActor,
    request: HubRequest,
    referral_id: FromPath[Key],
    form_key: FromPath[str],
    data: JSONBody[FilledForm],
) -> EntryTaken:
    """Fill in a stage form. It is kept at once; the module's answer is waited for a few seconds."""
    kept = once.answer(
        lambda session: Made(
            fill_form(
                session,
                referral_id=referral_id,
                form=form_key,
                values=data.values,
                on=data.on,
                by=actor,
                at=request.now,
            )
        ),
        Made,
    )
    with hub.transaction(actor) as session:
        waiting = waiting_deliveries(session, referral_id)
    for delivery_id in waiting:
        # In order, and not past one that did not get through: its turn comes again with the job.
        if not deliver_one(hub, delivery_id):
            break
    with hub.transaction(actor) as session:
        entry = entry_for_partner(session, kept.id)
        return EntryTaken(id=kept.id, state=entry.state, problems=msgspec.to_builtins(entry.problems))


ROUTES: list[Any] = [
    show_inbox,
    read_referral,
    accept,
    place,
    waitlist,
    pass_place,
    decline,
    contact,
    undo,
    cancel_event,
    hold,
    resume,
    fill,
]
