"""Reads of the loop, each shaped for the page of one audience."""

from referral_hub.referrals.queries.disclosed import ReceivedLine, received_for_case
from referral_hub.referrals.queries.drafts import Draft, draft_for_need, draft_for_page, drafts_for_case
from referral_hub.referrals.queries.office import (
    Attempt,
    Happening,
    OfficeReferral,
    ReferralPage,
    attempts_for_case,
    attempts_for_need,
    referral_for_office,
    referrals_for_office,
)

__all__ = [
    "Attempt",
    "Draft",
    "Happening",
    "OfficeReferral",
    "ReceivedLine",
    "ReferralPage",
    "attempts_for_case",
    "attempts_for_need",
    "draft_for_need",
    "draft_for_page",
    "drafts_for_case",
    "received_for_case",
    "referral_for_office",
    "referrals_for_office",
]
