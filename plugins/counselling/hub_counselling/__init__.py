"""心理辅导 psychological counselling: sessions, totals of scales, safety first.

What is said stays in this module's own documents: the core sees the stage, how many sessions, who came, the kind of
outcome and a flag that someone should get in touch today (R22). No form asks about anything that must be reported.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from hub_counselling import stages
from referral_hub.api import (
    Acknowledgement,
    Capacity,
    Changes,
    Document,
    Enquiry,
    Entry,
    Label,
    Offering,
    Problem,
    Receipt,
    Referral,
    Screening,
    Settings,
    Withdrawal,
    hookimpl,
)

_MINORS = frozenset({"0-13", "14-17"})


@hookimpl
def hub_check_settings(settings: Settings) -> list[Problem]:
    return []  # The manifest's bounds say all there is to say.


@hookimpl
def hub_screen(enquiry: Enquiry, offering: Offering) -> Screening:
    reasons = []
    if enquiry.fields.get("age_band") in _MINORS:
        reasons.append(
            Label(zh="未成年人须监护人知情，请先商量。", en="A minor's guardian must be informed; discuss this first.")
        )
    if enquiry.fields.get("language_needs"):
        spoken = offering.settings.get("languages") or "普通话 / Mandarin"
        reasons.append(Label(zh=f"请确认语言：可用{spoken}。", en=f"Please check the language: {spoken} is available."))
    return Screening(verdict="perhaps" if reasons else "eligible", reasons=reasons)


@hookimpl
def hub_receive(referral: Referral) -> Receipt:
    """A person reads every referral: choosing a counsellor is no job for a rule."""
    return Receipt(decision="person")


@hookimpl
def hub_apply(entry: Entry, documents: list[Document], settings: Settings) -> Changes:
    return stages.apply(entry, documents, settings)


@hookimpl
def hub_withdraw(withdrawal: Withdrawal) -> Acknowledgement:
    return Acknowledgement(deleted=True)  # Everything is in the hub's own documents, which it deletes.


@hookimpl
def hub_capacity(offering: Offering, now: datetime) -> Capacity:
    return msgspec.structs.replace(offering.places, unit="place") if offering.places else Capacity()
