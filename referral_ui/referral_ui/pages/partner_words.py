"""Words and small pictures of the recipient's pages. A state is a word with an icon, never a colour (design §8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

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


class PartnerWords:
    """Every code set that a recipient's template may show."""

    states: ClassVar[Mapping[str, Label]] = STATES
    state_icons: ClassVar[Mapping[str, str]] = {
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
    reasons: ClassVar[Mapping[str, Label]] = WITHDRAW_REASONS | DECLINE_REASONS | OUTCOME_CODES
    declines: ClassVar[Mapping[str, Label]] = DECLINE_REASONS
    outcomes: ClassVar[Mapping[str, Label]] = OUTCOME_CODES
    no_event: ClassVar[Mapping[str, Label]] = NO_EVENT_REASONS
    evidence: ClassVar[Mapping[str, Label]] = EVIDENCE_LEVELS
    urgency: ClassVar[Mapping[str, Label]] = URGENCY
    units: ClassVar[Mapping[str, Label]] = UNITS
    sex: ClassVar[Mapping[str, Label]] = SEX
    bases: ClassVar[Mapping[str, Label]] = BASES
    duties: ClassVar[Mapping[str, Label]] = KINDS
    offering_status: ClassVar[Mapping[str, Label]] = OFFERING_STATUS
    reservations: ClassVar[Mapping[str, Label]] = RESERVATION_STATES
    aid_types: ClassVar[Mapping[str, Label]] = ASSISTANCE_TYPES
    aid_decisions: ClassVar[Mapping[str, Label]] = ASSISTANCE_DECISIONS
    fund_sources: ClassVar[Mapping[str, Label]] = FUND_SOURCES


PARTNER_WORDS = PartnerWords()
