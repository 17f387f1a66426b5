"""Sets of states of a referral, a need and a consent, named once.

Python imports them by name, SQL asks `hub_states('referral_open')`, templates read `state_sets.referral_open`. The sets
of a module's states stand beside its transitions, in `registry.lifecycle`.
"""

from __future__ import annotations

REFERRAL_OPEN = frozenset({"sent", "received", "waitlisted", "accepted", "in_service", "on_hold"})
REFERRAL_UNANSWERED = frozenset({"sent", "received"})
REFERRAL_ANSWERABLE = frozenset({"received", "waitlisted"})
"""The recipient has it and may accept or decline it."""
REFERRAL_NOT_ACCEPTED = REFERRAL_UNANSWERED | REFERRAL_ANSWERABLE
"""Open, and nobody has accepted it so far."""
REFERRAL_ANSWERED = REFERRAL_OPEN - REFERRAL_UNANSWERED
REFERRAL_AT_RECIPIENT = REFERRAL_OPEN - {"sent"}
REFERRAL_SERVED = frozenset({"in_service", "on_hold"})
REFERRAL_ACCEPTED = REFERRAL_SERVED | {"accepted"}
"""Open and accepted: the recipient fills in forms for it."""
REFERRAL_BEFORE_SERVICE = REFERRAL_OPEN - REFERRAL_SERVED
"""On its way, and no service yet: the sender may take it back."""
REFERRAL_TO_BEGIN = frozenset({"accepted", "in_service"})
"""States in which a first contact may still be due."""
REFERRAL_CONCLUDED = frozenset({"completed", "discontinued"})
"""Served to an end, with an outcome."""
REFERRAL_EVER_ACCEPTED = REFERRAL_ACCEPTED | REFERRAL_CONCLUDED
REFERRAL_TAKEN_BACK = frozenset({"withdrawn", "entered_in_error"})
"""Ended by the office that sent it, with a reason."""
REFERRAL_NEVER_SENT = frozenset({"draft", "entered_in_error"})
"""Not counted as referrals."""
REFERRAL_ANSWERS = frozenset({"accepted", "waitlisted", "declined"})
"""What a recipient may answer."""
REFERRAL_ENDED = REFERRAL_CONCLUDED | {"declined", "expired", "withdrawn", "consent_withdrawn", "entered_in_error"}
REFERRAL_TURNED_AWAY = frozenset({"declined", "expired"})
"""Nobody took it: the need wants another attempt."""

NEED_OPEN = frozenset({"open", "being_met"})
NEED_UNMET = frozenset({"open", "unmet"})
"""Nobody is meeting it."""
NEED_REOPENABLE = frozenset({"open", "met", "unmet", "withdrawn"})
"""A reopened referral is an attempt at it again."""
NEED_ENDED = frozenset({"met", "unmet", "withdrawn"})

CONSENT_ENDED = frozenset({"withdrawn", "expired", "replaced"})
"""It was given once and gives nothing any more."""

AID_DECIDED = frozenset({"granted", "refused", "withdrawn"})
"""Kinds of entry in the ledger of assistance that decide on an application."""
AID_NOT_GRANTED = AID_DECIDED - {"granted"}

STATE_SETS: dict[str, frozenset[str]] = {
    "referral_open": REFERRAL_OPEN,
    "referral_unanswered": REFERRAL_UNANSWERED,
    "referral_answerable": REFERRAL_ANSWERABLE,
    "referral_not_accepted": REFERRAL_NOT_ACCEPTED,
    "referral_answered": REFERRAL_ANSWERED,
    "referral_at_recipient": REFERRAL_AT_RECIPIENT,
    "referral_served": REFERRAL_SERVED,
    "referral_accepted": REFERRAL_ACCEPTED,
    "referral_to_begin": REFERRAL_TO_BEGIN,
    "referral_concluded": REFERRAL_CONCLUDED,
    "referral_ever_accepted": REFERRAL_EVER_ACCEPTED,
    "referral_taken_back": REFERRAL_TAKEN_BACK,
    "referral_never_sent": REFERRAL_NEVER_SENT,
    "referral_ended": REFERRAL_ENDED,
    "referral_turned_away": REFERRAL_TURNED_AWAY,
    "need_open": NEED_OPEN,
    "need_unmet": NEED_UNMET,
    "consent_ended": CONSENT_ENDED,
}
"""The sets by the names that SQL and templates use."""
