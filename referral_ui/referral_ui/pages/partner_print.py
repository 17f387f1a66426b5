"""Sheets for paper: the acknowledgement (回执) and the feedback at the end (反馈/结案单). A number, never a name."""

from __future__ import annotations

from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from referral_hub.directory.names import organisation_name
from referral_hub.errors import NotFound
from referral_hub.outcomes.queries import delivered, events_for_referral, outcome_for_referral
from referral_hub.views.partner.referral import referral_for_partner
from referral_ui.guards import requires
from referral_ui.pages.partner_words import PARTNER_WORDS
from referral_ui.rendering import page
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest


@get("/inbox/{referral_id:uuid}/slip", guards=[requires("partner")], sync_to_thread=True)
def print_slip(request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]) -> Response[str]:
    with hub.transaction(actor) as session:
        referral = referral_for_partner(session, referral_id)
        recipient = organisation_name(session, actor.organisation_id)
    return page(request, "partner/slip.html", referral=referral, recipient=recipient, words=PARTNER_WORDS)


@get("/inbox/{referral_id:uuid}/feedback", guards=[requires("partner")], sync_to_thread=True)
def print_feedback(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]
) -> Response[str]:
    with hub.transaction(actor) as session:
        referral = referral_for_partner(session, referral_id)
        if referral.released is None:
            raise NotFound
        recipient = organisation_name(session, actor.organisation_id)
        events = [event for event in events_for_referral(session, referral_id) if not event.cancelled]
        outcome = outcome_for_referral(session, referral_id)
        totals = delivered(session, referral_id)
    return page(
        request,
        "partner/feedback.html",
        referral=referral,
        recipient=recipient,
        events=events,
        outcome=outcome,
        totals=totals,
        words=PARTNER_WORDS,
        units={unit.key: unit.title for unit in referral.remembered.units} if referral.remembered else {},
    )


handlers = (print_slip, print_feedback)
