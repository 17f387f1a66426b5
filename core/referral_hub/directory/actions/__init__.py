"""What changes the directory. Each function acts in the caller's transaction, writes its audit entry, never commits."""

from __future__ import annotations

from referral_hub.directory.actions.contracts import add_contract, change_contract, end_contract, record_receipt
from referral_hub.directory.actions.offerings import (
    add_offering,
    change_offering,
    close_offering,
    confirm_capacity,
    confirm_entry,
    open_offering,
    pause_offering,
)
from referral_hub.directory.actions.organisations import (
    activate_organisation,
    add_organisation,
    change_organisation,
    suspend_organisation,
)
from referral_hub.directory.actions.places import add_places, set_out_of_service
from referral_hub.directory.places import hold_place, lapse_holds, release_places, take_place

__all__ = [
    "activate_organisation",
    "add_contract",
    "add_offering",
    "add_organisation",
    "add_places",
    "change_contract",
    "change_offering",
    "change_organisation",
    "close_offering",
    "confirm_capacity",
    "confirm_entry",
    "end_contract",
    "hold_place",
    "lapse_holds",
    "open_offering",
    "pause_offering",
    "record_receipt",
    "release_places",
    "set_out_of_service",
    "suspend_organisation",
    "take_place",
]
