"""Giving a consent, with what follows for what was released under the consent that it replaces."""

from __future__ import annotations

from datetime import datetime

from referral_hub.actor import Actor
from referral_hub.consent import actions
from referral_hub.consent.values import ConsentGiven, Request, Signature
from referral_hub.hub import Transaction
from referral_hub.referrals.disclosures import restrict_disclosures


def give_consent(
    session: Transaction, request: Request, signature: Signature, *, by: Actor, at: datetime
) -> ConsentGiven:
    """Record that the client agrees. What goes beyond it and was released under an earlier consent is taken back."""
    return _restrict(session, actions.give_consent(session, request, signature, by=by, at=at), by=by, at=at)


def record_other_basis(
    session: Transaction, request: Request, *, basis: str, article: str, reason: str, by: Actor, at: datetime
) -> ConsentGiven:
    """Release without consent (R10), as `consent.actions.record_other_basis`, with the same consequences."""
    given = actions.record_other_basis(session, request, basis=basis, article=article, reason=reason, by=by, at=at)
    return _restrict(session, given, by=by, at=at)


def _restrict(session: Transaction, given: actions.InForce, *, by: Actor, at: datetime) -> ConsentGiven:
    consent = given.consent
    for former in given.replaced:
        restrict_disclosures(session, former, consent, by=by, at=at)
    return ConsentGiven(id=consent.id, number=consent.number, version=consent.version, valid_until=consent.valid_until)
