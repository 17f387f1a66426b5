"""The small picture beside each state of a referral, the same on every side's pages."""

from __future__ import annotations

from collections.abc import Mapping

REFERRAL_ICONS: Mapping[str, str] = {
    "draft": "pencil",
    "sent": "send",
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

# What the office has sent off lies as a letter in the recipient's inbox.
RECEIVED_REFERRAL_ICONS: Mapping[str, str] = {**REFERRAL_ICONS, "sent": "mail"}
