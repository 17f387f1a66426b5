"""What people do with referrals, in one place for pages and programs; each lives in the module that explains it."""

from referral_hub.referrals.answers import (
    accept_referral,
    decline_referral,
    name_owner,
    open_referral,
    receive_referral,
    reveal_released,
    waitlist_referral,
)
from referral_hub.referrals.drafts import change_draft, draft_referral, save_request_details
from referral_hub.referrals.leaving import close_with_referrals
from referral_hub.referrals.reassignment import end_unserved, redirect_referral
from referral_hub.referrals.reopening import give_place, reopen_referral
from referral_hub.referrals.sending import preview_release, send_referral
from referral_hub.referrals.service import (
    fill_form,
    hold_referral,
    record_client_confirmation,
    record_client_satisfaction,
    record_first_contact,
    resume_referral,
)
from referral_hub.referrals.undoing import cancel_delivered, undo_last_step
from referral_hub.referrals.waiting import pass_offer, take_offer
from referral_hub.referrals.withdrawal import mark_error, withdraw_consent, withdraw_referral

__all__ = [
    "accept_referral",
    "cancel_delivered",
    "change_draft",
    "close_with_referrals",
    "decline_referral",
    "draft_referral",
    "end_unserved",
    "fill_form",
    "give_place",
    "hold_referral",
    "mark_error",
    "name_owner",
    "open_referral",
    "pass_offer",
    "preview_release",
    "receive_referral",
    "record_client_confirmation",
    "record_client_satisfaction",
    "record_first_contact",
    "redirect_referral",
    "reopen_referral",
    "resume_referral",
    "reveal_released",
    "save_request_details",
    "send_referral",
    "take_offer",
    "undo_last_step",
    "waitlist_referral",
    "withdraw_consent",
    "withdraw_referral",
]
