"""A referral as the rules see it: its state with all its dates, and what stands beside it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec


class ReferralState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one referral that a rule may ask or change.

    `readable`: the recipient may still read what was released to it. `delivered`: the sum of what was delivered under
    the referral and stands; whoever asks about an outcome must have it right.
    """

    state: str = "draft"
    version: int = 1
    stage: str | None = None
    urgency: str = "normal"
    owner_id: UUID | None = None
    sent_at: datetime | None = None
    received_at: datetime | None = None
    answer_due_at: datetime | None = None
    answered_at: datetime | None = None
    first_contact_due_at: datetime | None = None
    first_contact_at: datetime | None = None
    progress_due_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome_due_at: datetime | None = None
    overdue_since: datetime | None = None
    waiting_since: datetime | None = None
    expected_on: date | None = None
    reason_code: str | None = None
    flags: tuple[str, ...] = ()
    client_confirmation: str | None = None
    readable: bool = False
    delivered: Decimal = Decimal()


FACTS = frozenset({"readable", "delivered"})
"""What is known from beside the referral's own row."""
