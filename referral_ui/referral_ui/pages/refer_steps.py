"""The steps of a new referral and the way from one to the next: need, place, details, consent, preview.

Everything typed is in the draft, so any step can be left, and the browser's own back button works.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from referral_hub.calendar.clock import local_date
from referral_hub.hub import Transaction
from referral_hub.views.worker.consents import consent_in_force
from referral_hub.views.worker.referral_drafts import Draft

if TYPE_CHECKING:
    from uuid import UUID


Step = Literal["need", "place", "details", "consent", "preview"]


def step_path(draft: Draft, step: Step) -> str:
    """The address of a step of this draft."""
    if step == "need":
        return f"/cases/{draft.case_id}/refer?choose=1"
    if step == "place":
        return place_path(draft.case_id, draft.need_id, draft_id=draft.id)
    return f"/cases/{draft.case_id}/refer/{draft.id}/{step}"


def place_path(case_id: UUID, need_id: UUID, *, draft_id: UUID | None = None, after: UUID | None = None) -> str:
    """Where a place is chosen for a need; `after` is the attempt that this one follows."""
    path = f"/cases/{case_id}/refer/place?need={need_id}"
    if draft_id:
        path += f"&draft={draft_id}"
    return f"{path}&after={after}" if after else path


def step_to_take(session: Transaction, draft: Draft, *, at: datetime) -> Step:
    """After the request details: straight to the preview where a consent for this recipient and service is in force."""
    standing = consent_in_force(
        session, case_id=draft.case_id, recipient_id=draft.recipient_id, purpose=draft.service_key, on=local_date(at)
    )
    return "preview" if standing else "consent"
