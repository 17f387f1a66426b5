"""What stops a new referral, and the way out of it: each refusal links to where it can be put right."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response

from referral_hub.errors import HubError
from referral_hub.i18n import Label
from referral_hub.referrals.next_details import REQUEST_FIELDS
from referral_hub.views.worker.referral_drafts import Draft
from referral_hub.workflow.errors import (
    AlreadyReferred,
    ConsentMissing,
    DeclinedRecently,
    ModuleUnknown,
    NeedEnded,
    NotEligible,
    OfferingClosed,
    RecipientNotReady,
    RequiredNotAgreed,
    WordsNotNeutral,
)
from referral_ui.flash import Link
from referral_ui.pages.refer_steps import Step, step_path
from referral_ui.rendering import redirect
from referral_ui.requests import HubRequest

_STEPS: tuple[tuple[tuple[type[HubError], ...], tuple[Label, Step]], ...] = (
    (
        (OfferingClosed, RecipientNotReady, ModuleUnknown, DeclinedRecently, NotEligible),
        (Label(zh="另选一家", en="Choose another provider"), "place"),
    ),
    ((WordsNotNeutral, RequiredNotAgreed), (Label(zh="改说明", en="Edit the request"), "details")),
    ((ConsentMissing,), (Label(zh="征求同意", en="Ask for consent"), "consent")),
)
"""At which step of the draft it is put right."""


def refused(
    request: HubRequest, refusal: HubError, *, to: str, case_id: UUID, draft: Draft | None = None
) -> Response[Any]:
    """Say at `to` why it does not go on, with the way out."""
    link = way_out(refusal, case_id=case_id, draft=draft)
    # A link to where the reader is already helps nobody.
    return redirect(request, to, done=refusal.label, tone="problem", link=link if link and link.to != to else None)


def way_out(refusal: HubError, *, case_id: UUID, draft: Draft | None) -> Link | None:
    """Where it can be put right; None where the page itself says so."""
    if isinstance(refusal, AlreadyReferred):
        number = refusal.details["number"]
        return Link(Label(zh="查看该转介", en="View that referral"), f"/referrals?number={number}")
    if _is_of_the_case(refusal, draft):
        # A fact about the client, which is kept with the case and not with the draft.
        back = f"?back={step_path(draft, 'consent')}" if draft else ""
        return Link(Label(zh="补充或修改资料", en="Complete or correct the details"), f"/cases/{case_id}/person{back}")
    if isinstance(refusal, NeedEnded):
        return Link(Label(zh="查看需求", en="View the needs"), f"/cases/{case_id}#needs")
    found = next((way for kinds, way in _STEPS if isinstance(refusal, kinds)), None)
    return Link(found[0], step_path(draft, found[1])) if found and draft else None


def _is_of_the_case(refusal: HubError, draft: Draft | None) -> bool:
    """Whether it is put right with the client's details; what is typed for the recipient is put right in the draft."""
    if isinstance(refusal, RequiredNotAgreed):
        missing: Any = refusal.details["missing"]
        names = set(missing)
    elif isinstance(refusal, WordsNotNeutral):
        names = {refusal.field}
    else:
        return False
    asked = {field.key for field in draft.service.intake} if draft and draft.service else set()
    return not names & {*REQUEST_FIELDS, *asked}
