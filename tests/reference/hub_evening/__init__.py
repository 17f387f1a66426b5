"""夜校 evening classes: a whole module, kept small enough to be shown function by function in the reference."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

from referral_hub.api import (
    Acknowledgement,
    Capacity,
    Changes,
    Document,
    Enquiry,
    Entry,
    Label,
    Offering,
    Outcome,
    Problem,
    Receipt,
    Referral,
    Screening,
    ServiceEvent,
    Settings,
    Update,
    Updates,
    Withdrawal,
    hookimpl,
)


@hookimpl
def hub_check_settings(settings: Settings) -> list[Problem]:
    begins = settings.get("begins")
    if begins is None or re.fullmatch(r"[01]\d:[0-5]\d|2[0-3]:[0-5]\d", begins):
        return []
    return [Problem(field="begins", message=Label(zh="请写成 19:00 这样。", en="Write it as 19:00."))]


@hookimpl
def hub_receive(referral: Referral, now: datetime) -> Receipt:
    places = referral.offering.places
    if places is not None and places.free == 0:
        return Receipt(decision="waitlisted", expected_on=places.next_on)
    wanted = date.fromisoformat(referral.fields.get("from", "1970-01-01"))
    if wanted > now.date() + timedelta(days=90):
        return Receipt(decision="person")
    kept = Document(name="enrolment", content={"number": referral.number})
    return Receipt(decision="accepted", stage="enrolled", documents=[kept])


@hookimpl
def hub_apply(entry: Entry, documents: list[Document]) -> Changes:
    if entry.form == "close":
        finished = entry.values["outcome"] == "goal_met"
        if finished and not entry.values["certificate"]:
            wrong = Label(zh="结业的都有证书，请核对。", en="Whoever finishes has a certificate. Please check.")
            return Changes(problems=[Problem(field="certificate", message=wrong)])
        outcome = Outcome(code=entry.values["outcome"], measures={"certificate": entry.values["certificate"]})
        return Changes(stage="finished" if finished else "left", outcome=outcome)
    hours = ServiceEvent(on=entry.on, unit="class_hour", quantity=Decimal(entry.values["hours"]))
    notes = [Document(name="notes", content={entry.id: entry.values["notes"]})] if "notes" in entry.values else []
    return Changes(stage="learning", events=[hours], documents=notes)


@hookimpl
def hub_withdraw(withdrawal: Withdrawal, documents: list[Document]) -> Acknowledgement:
    return Acknowledgement(deleted=True)


@hookimpl
def hub_screen(enquiry: Enquiry, offering: Offering) -> Screening:
    if enquiry.fields.get("age_band") in ("0-13", "14-17"):
        words = Label(zh="未成年人请找学校。", en="For a minor, ask the school.")
        grown = Label(zh="年满18岁", en="The client turns 18")
        return Screening(verdict="not_eligible", reasons=[words], needed=[grown])
    return Screening(verdict="eligible")


@hookimpl
def hub_poll(cursor: str | None, now: datetime) -> Updates:
    # A real bridge asks its own system here: see docs/tutorial/bridge.
    if cursor == "monday":
        return Updates(cursor=cursor)
    came = ServiceEvent(on=now.date(), unit="class_hour", quantity=Decimal(2))
    news = Update(id="register-17", referral_id="r1", changes=Changes(stage="learning", events=[came]))
    return Updates(cursor="monday", updates=[news])


@hookimpl
def hub_capacity(offering: Offering) -> Capacity:
    if offering.service == "evening.talk":
        return Capacity(unit="open", free=0 if offering.settings.get("full") else None)
    # The seats of a class are the hub's own count.
    return offering.places or Capacity()
