"""中途之家 halfway house: beds by sex, bed nights, and where a person goes from there.

The hub tells the beds in `offering.attributes["classes"]`: groups of beds with `sex` (GB/T 2261.1, or none for any),
`total` and `free`. No text of this module names the house or where it stands.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from hub_house import beds, stages
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

_HAS_A_HOME = frozenset({"own", "rented"})
_MINORS = frozenset({"0-13", "14-17"})


@hookimpl
def hub_check_settings(settings: Settings) -> list[Problem]:
    return []  # The module asks for none.


@hookimpl
def hub_screen(enquiry: Enquiry, offering: Offering) -> Screening:
    sex = enquiry.fields.get("sex")
    if not beds.takes_in(offering, sex):
        return Screening(
            verdict="not_eligible",
            reasons=[Label(zh="这里不接收该性别的住户。", en="This house does not accept residents of that sex.")],
            needed=[Label(zh="该处改为接收该性别", en="The house accepts residents of that sex")],
        )
    reasons = []
    if enquiry.fields.get("age_band") in _MINORS:
        reasons.append(
            Label(zh="未成年人须另行安排，请先联系。", en="Minors need other arrangements; contact the house first.")
        )
    if enquiry.fields.get("housing_status") in _HAS_A_HOME:
        reasons.append(Label(zh="已有住处的一般不能入住。", en="People with a home usually cannot be admitted."))
    return Screening(verdict="perhaps" if reasons else "eligible", reasons=reasons)


@hookimpl
def hub_receive(referral: Referral) -> Receipt:
    """A full house wait-lists by itself; whether someone fits into shared living is for a person to say."""
    sex = referral.fields.get("sex")
    if beds.takes_in(referral.offering, sex) and beds.free(referral.offering, sex) == 0:
        places = referral.offering.places
        return Receipt(
            decision="waitlisted",
            expected_on=places.next_on if places else None,
            note=Label(
                zh="现在没有合适的空床，已列入轮候。",
                en="No suitable bed is free at present; the client has been wait-listed.",
            ),
        )
    return Receipt(decision="person")


@hookimpl
def hub_apply(entry: Entry, documents: list[Document]) -> Changes:
    return stages.apply(entry, documents)


@hookimpl
def hub_withdraw(withdrawal: Withdrawal) -> Acknowledgement:
    return Acknowledgement(deleted=True)  # Everything is in the hub's own documents, which it deletes.


@hookimpl
def hub_capacity(offering: Offering, now: datetime) -> Capacity:
    return msgspec.structs.replace(offering.places, unit="place") if offering.places else Capacity()
