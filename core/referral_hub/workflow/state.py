"""A referral as the rules see it: its state with all its dates, and what stands beside it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a referral stands: what an act changes, and what is put back when that act is taken back."""

    state: str = "draft"
    stage: str | None = None
    owner_id: UUID | None = None
    answer_due_at: datetime | None = None
    answered_at: datetime | None = None
    first_contact_due_at: datetime | None = None
    first_contact_at: datetime | None = None
    progress_due_at: datetime | None = None
    started_at: datetime | None = None
    outcome_due_at: datetime | None = None
    overdue_since: datetime | None = None
    expected_on: date | None = None
    queued_at: datetime | None = None
    offer_until: datetime | None = None
    reason_code: str | None = None


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """Where the referral stood before the last act, for whoever takes it back. `act` is an action of the table, or
    `stage`; `by_id` the account that acted, None where a module or the hub itself did. `by_form`: the module made it of
    a form; `flagged`: it raised an urgent flag.
    """

    act: str
    at: datetime
    by_id: UUID | None = None
    by_form: bool = False
    flagged: bool = False
    standing: Standing


class ReferralState(Standing, frozen=True, kw_only=True):
    """Everything about one referral that a rule may ask or change.

    `readable`: the recipient may still read what was released to it. `delivered`: the sum of what was delivered under
    the referral and stands; whoever asks about an outcome must have it right. `earlier`: kept as long as nothing was
    built on the last act, and after the end of the referral.
    """

    version: int = 1
    urgency: str = "normal"
    sent_at: datetime | None = None
    received_at: datetime | None = None
    ended_at: datetime | None = None
    waiting_since: datetime | None = None
    offers_missed: int = 0
    flags: tuple[str, ...] = ()
    client_confirmation: str | None = None
    client_satisfaction: str | None = None
    satisfaction_on: date | None = None
    earlier: Earlier | None = None
    readable: bool = False
    delivered: Decimal = Decimal()

    def standing(self) -> Standing:
        """Where it stands now, without the rest."""
        return Standing(**{name: getattr(self, name) for name in Standing.__struct_fields__})


FACTS = frozenset({"readable", "delivered"})
"""What is known from beside the referral's own row."""
