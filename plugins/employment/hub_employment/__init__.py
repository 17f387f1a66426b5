"""就业培训 employment training: guidance, classes with seats, certificates, posts, and who is still in work."""

from __future__ import annotations

from datetime import datetime

from hub_employment import screening, stages
from referral_hub.api import (
    Acknowledgement,
    Capacity,
    Changes,
    Document,
    Enquiry,
    Entry,
    Offering,
    Problem,
    Receipt,
    Referral,
    Screening,
    Settings,
    Withdrawal,
    hookimpl,
)


@hookimpl
def hub_check_settings(settings: Settings) -> list[Problem]:
    return []  # The manifest's bounds say all there is to say.


@hookimpl
def hub_screen(enquiry: Enquiry, offering: Offering) -> Screening:
    return screening.screen(enquiry, offering)


@hookimpl
def hub_receive(referral: Referral) -> Receipt:
    """With `auto_accept` and a free seat the referral is accepted; otherwise someone reads it."""
    places = referral.offering.places
    free = places is None or places.free is None or places.free > 0
    if referral.offering.settings.get("auto_accept") is True and free:
        return Receipt(decision="accepted")
    return Receipt(decision="person")


@hookimpl
def hub_apply(entry: Entry, documents: list[Document], settings: Settings) -> Changes:
    return stages.apply(entry, documents, settings)


@hookimpl
def hub_withdraw(withdrawal: Withdrawal) -> Acknowledgement:
    return Acknowledgement(deleted=True)  # Everything is in the hub's own documents, which it deletes.


@hookimpl
def hub_capacity(offering: Offering, now: datetime) -> Capacity:
    """Seats of all classes together; the next date is the nearest class still to begin with a seat."""
    return screening.capacity(offering, now)
