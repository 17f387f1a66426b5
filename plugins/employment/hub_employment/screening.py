"""Who could be served, and by which class. Advice only: local rules decide on subsidies, people on everything else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import msgspec

from referral_hub.api import Capacity, Enquiry, Label, Offering, Screening

_TOO_YOUNG = "0-13"
_MINOR = "14-17"
_NEAR_PENSION = frozenset({"55-64", "65+"})
_AT_WORK = frozenset({"contract", "flexible", "self_employed", "public_welfare"})


def screen(enquiry: Enquiry, offering: Offering) -> Screening:
    if enquiry.fields.get("age_band") == _TOO_YOUNG:
        reason = Label(zh="未满16岁不能参加就业培训。", en="Employment training is not open to persons under 16.")
        grown = Label(zh="年满16岁", en="The client turns 16")
        return Screening(verdict="not_eligible", reasons=[reason], needed=[grown])
    reasons = list(_doubts(enquiry, offering))
    return Screening(verdict="perhaps" if reasons else "eligible", reasons=reasons)


def capacity(offering: Offering, now: datetime) -> Capacity:
    places = offering.places or Capacity()
    begins = next_class(offering, now.date())
    return msgspec.structs.replace(places, unit="place", next_on=begins or places.next_on)


def next_class(offering: Offering, today: date) -> date | None:
    """The first day of the nearest class that has not begun and has a seat."""
    starts = [
        date.fromisoformat(begins)
        for group in _classes(offering)
        if group.get("free", 0) > 0 and isinstance(begins := group.get("starts_on"), str)
    ]
    return min((start for start in starts if start >= today), default=None)


def _doubts(enquiry: Enquiry, offering: Offering) -> Iterator[Label]:
    age = enquiry.fields.get("age_band")
    if age == _MINOR:
        yield Label(
            zh="满16岁才能参加，未成年人须监护人同意。",
            en="Open from the age of 16; a minor needs a guardian's consent.",
        )
    if age in _NEAR_PENSION:
        yield Label(
            zh="接近或超过退休年龄，补贴以当地规定为准。",
            en="Near or past retirement age: subsidies depend on local rules.",
        )
    if enquiry.fields.get("employment_status") in _AT_WORK:
        yield Label(zh="已有工作，请问清是否需要转岗培训。", en="Already in work: ask whether retraining is needed.")
    trained = set(offering.settings.get("families") or [])
    suitable = set(enquiry.fields.get("suitable_jobs") or [])
    if trained and suitable and not trained & suitable:
        yield Label(
            zh="培训的工作类别与适合的类别不同。", en="The training is for kinds of work other than those suitable."
        )


def _classes(offering: Offering) -> list[dict[str, Any]]:
    classes = offering.attributes.get("classes")
    return [group for group in classes if isinstance(group, dict)] if isinstance(classes, list) else []
