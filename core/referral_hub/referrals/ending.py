"""Ending a referral whose provider or module is gone: the sender's office does it, and the outcome stays unknown.

While anybody is there the end is theirs to tell (R25). When nobody is, the referral may not hang in service for ever:
the client needs the next place, the place taken must be free, and the figures must show that nobody knows what came
of it, instead of showing nothing.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from referral_hub.actor import Actor
from referral_hub.codes import GONE_REASONS
from referral_hub.errors import Invalid
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.outcomes.actions import note_unknown_outcome
from referral_hub.referrals.answers import end_attempt
from referral_hub.referrals.errors import StillServed
from referral_hub.referrals.lookup import locked_referral
from referral_hub.referrals.standing import standing_of
from referral_hub.referrals.transitions import SERVED, apply_transition
from referral_hub.referrals.withdrawal import recall
from referral_hub.tables.referrals import Referral

LONGEST_NOTE = 1000


def end_unserved(
    session: Transaction, *, referral_id: UUID, reason_code: str, note: str | None = None, by: Actor, at: datetime
) -> None:
    """End a referral in service because its module or its provider is gone. `note`: what the sender knows of it.

    The outcome is written down as unknown, without evidence; places are free, the recipient's access ends, what it
    holds is to be deleted or returned, the need is open again. Raises `StillServed` while module and provider are
    there, `TransitionImpossible` before service (then it is withdrawn), or what the table raises.
    """
    end_unserved_now(session, locked_referral(session, referral_id), reason_code=reason_code, note=note, by=by, at=at)


def end_unserved_now(
    session: Transaction, referral: Referral, *, reason_code: str, note: str | None = None, by: Actor, at: datetime
) -> None:
    """The same for a locked referral."""
    if reason_code not in GONE_REASONS:
        raise Invalid(
            field="reason_code",
            message=Label(
                zh="请选择是模块停用了，还是机构不在了。", en="Choose whether the module or the organisation is gone."
            ),
        )
    gone = standing_of(session, referral.module_key, referral.recipient_id).gone
    if referral.state in SERVED and not gone:
        raise StillServed
    apply_transition(
        session,
        referral,
        "end_unserved",
        by=by,
        at=at,
        reason_code=reason_code,
        met=["gone"] if gone else [],
        set_values={"waiting_since": None},
    )
    words = (note or "").strip()[:LONGEST_NOTE]
    note_unknown_outcome(session, referral=referral, note=words or None, by=by, at=at)
    recall(session, referral, by=by, at=at)
    end_attempt(session, referral, by=by, at=at)
