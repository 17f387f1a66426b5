"""What changes a case. Each function acts in the caller's transaction, writes its audit entry, never commits."""

from __future__ import annotations

from referral_hub.cases.actions.case import change_case, close_case, reassign_case, reopen_case
from referral_hub.cases.actions.needs import add_need, change_need, set_need_state
from referral_hub.cases.actions.opening import OpenedCase, open_case
from referral_hub.cases.actions.person import change_person, change_profile, reveal_id_number
from referral_hub.cases.actions.plan import add_note, add_plan_item, finish_plan_item
from referral_hub.cases.actions.restricted import write_measure
from referral_hub.cases.actions.team import add_team_member, end_team_member

__all__ = [
    "OpenedCase",
    "add_need",
    "add_note",
    "add_plan_item",
    "add_team_member",
    "change_case",
    "change_need",
    "change_person",
    "change_profile",
    "close_case",
    "end_team_member",
    "finish_plan_item",
    "open_case",
    "reassign_case",
    "reopen_case",
    "reveal_id_number",
    "set_need_state",
    "write_measure",
]
