"""Words and small pictures of the recipient's pages. A state is a word with an icon, never a colour (design §8)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from referral_hub.codes import (
    ASSISTANCE_DECISIONS,
    ASSISTANCE_TYPES,
    BASES,
    DECLINE_REASONS,
    EVIDENCE_LEVELS,
    FUND_SOURCES,
    NO_EVENT_REASONS,
    OFFERING_STATUS,
    OUTCOME_CODES,
    RESERVATION_STATES,
    SEX,
    UNITS,
    URGENCY,
    WITHDRAW_REASONS,
)
from referral_hub.referrals.duties import KINDS
from referral_hub.referrals.transitions import STATES
from referral_hub.words import Label


class PartnerWords(msgspec.Struct, frozen=True, kw_only=True):
    """Every code set that a recipient's template may show."""

    states: Mapping[str, Label] = STATES
    state_icons: Mapping[str, str] = msgspec.field(
        default_factory=lambda: {
            "sent": "mail",
            "received": "mail-opened",
            "accepted": "circle-check",
            "waitlisted": "hourglass",
            "declined": "corner-up-left",
            "in_service": "heart-handshake",
            "on_hold": "player-pause",
            "completed": "checks",
            "discontinued": "player-stop",
            "withdrawn": "arrow-back-up",
            "consent_withdrawn": "hand-stop",
            "expired": "calendar-off",
            "entered_in_error": "eraser",
        }
    )
    reasons: Mapping[str, Label] = WITHDRAW_REASONS | DECLINE_REASONS | OUTCOME_CODES
    declines: Mapping[str, Label] = DECLINE_REASONS
    outcomes: Mapping[str, Label] = OUTCOME_CODES
    no_event: Mapping[str, Label] = NO_EVENT_REASONS
    evidence: Mapping[str, Label] = EVIDENCE_LEVELS
    urgency: Mapping[str, Label] = URGENCY
    units: Mapping[str, Label] = UNITS
    sex: Mapping[str, Label] = SEX
    bases: Mapping[str, Label] = BASES
    duties: Mapping[str, Label] = KINDS
    offering_status: Mapping[str, Label] = OFFERING_STATUS
    reservations: Mapping[str, Label] = RESERVATION_STATES
    aid_types: Mapping[str, Label] = ASSISTANCE_TYPES
    aid_decisions: Mapping[str, Label] = ASSISTANCE_DECISIONS
    fund_sources: Mapping[str, Label] = FUND_SOURCES


PARTNER_WORDS = PartnerWords()
