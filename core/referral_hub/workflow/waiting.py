"""A free place is offered to whoever's turn it is: confirmed within some hours, or it goes to the next (R44)."""

from __future__ import annotations

from datetime import timedelta

from referral_hub.i18n import Label
from referral_hub.workflow.answering import accept_with
from referral_hub.workflow.effects import Reservation
from referral_hub.workflow.errors import OfferNotHere, TransitionNotYours
from referral_hub.workflow.events import Accept, OfferLapsed, OfferPlace, PassOffer, TakeOffer
from referral_hub.workflow.plan import Plan
from referral_hub.workflow.table import Party, in_words

_MAY_PASS: frozenset[Party] = frozenset({"sender", "supervisor", "recipient"})
_PASS = Label(zh="这次不要名额", en="pass on the place")


def offer_place(plan: Plan, event: OfferPlace) -> None:
    """Keep a place for who waits. Changes nothing where one is kept already, or the client waits no more."""
    if plan.state.state != "waitlisted" or plan.state.offer_until is not None or not plan.state.readable:
        return
    until = plan.now + timedelta(hours=event.hours or plan.declared.offer_hours)
    plan.set(offer_until=until)
    plan.write(reservation=Reservation(action="offer", until=until))
    plan.audit("referral.offer", with_place=True)


def take_offer(plan: Plan, event: TakeOffer) -> None:
    """The client wants the place: with it the referral is accepted. Raises `OfferNotHere` once its time is over."""
    _check_offer(plan)
    accept_with(plan, Accept(contact_days=event.contact_days), action="take_offer", met=["offer"])


def pass_offer(plan: Plan, event: PassOffer) -> None:
    """Not this time: the place goes to the next, and the client to the end of the list."""
    if not _MAY_PASS & plan.parties:
        raise TransitionNotYours(action=_PASS, who=in_words(_MAY_PASS))
    _check_offer(plan)
    _go_to_the_end(plan, "referral.pass_offer")


def lapse_offer(plan: Plan, event: OfferLapsed) -> None:
    """Nobody confirmed in time: the same as passing it on."""
    until = plan.state.offer_until
    if plan.state.state == "waitlisted" and until is not None and until <= plan.now:
        _go_to_the_end(plan, "referral.lapse_offer")


def _check_offer(plan: Plan) -> None:
    until = plan.state.offer_until
    if plan.state.state != "waitlisted" or until is None or until <= plan.now:
        raise OfferNotHere


def _go_to_the_end(plan: Plan, action: str) -> None:
    plan.set(offer_until=None, queued_at=plan.now, offers_missed=plan.state.offers_missed + 1)
    plan.write(reservation=Reservation(action="release"))
    plan.audit(action)
