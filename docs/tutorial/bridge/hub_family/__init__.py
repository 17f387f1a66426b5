"""家庭关系辅导：the provider keeps its cases in a system of its own; this module carries referrals there, news back.

Whatever fails on the way is raised. The hub then asks again later, with the same ids; so the other system must take
the same referral twice without harm, and so does the hub with the same news.
"""

from __future__ import annotations

from typing import Any

from hub_family import system
from referral_hub.api import (
    Acknowledgement,
    Changes,
    Entry,
    Label,
    Outcome,
    Problem,
    Receipt,
    Referral,
    ServiceEvent,
    Settings,
    Update,
    Updates,
    Withdrawal,
    hookimpl,
)

COMPLETED = frozenset({"goal_met", "goal_partly_met"})
OVERLAP = 20
"""Asked for again each time: a busy system may show news 8 before it shows news 7. The hub drops what it has."""


@hookimpl
def hub_check_settings(settings: Settings) -> list[Problem]:
    if system.is_address(settings.get("address")):
        return []
    words = Label(zh="请写成 http://主机:端口。", en="Write it as http://host:port.")
    return [Problem(field="address", message=words)]


@hookimpl
def hub_receive(referral: Referral, settings: Settings) -> Receipt:
    """Hand it over. Someone there answers; their answer comes by `hub_poll`."""
    told = {"id": referral.id, "number": referral.number, "urgent": referral.urgency == "urgent"}
    system.ask(settings, "POST", "/referrals", {**told, "fields": referral.fields})
    return Receipt(decision="person")


@hookimpl
def hub_poll(cursor: str | None, settings: Settings) -> Updates:
    """News after the cursor, each number once."""
    last = int(cursor or 0)
    reply = system.ask(settings, "GET", f"/news?after={max(0, last - OVERLAP)}")
    news = {int(piece["number"]): piece for piece in reply["news"]}
    return Updates(
        cursor=str(max([last, *news])),
        updates=[_update(number, piece) for number, piece in sorted(news.items())],
    )


@hookimpl
def hub_apply(entry: Entry) -> Changes:
    """Entered by hand, while the provider's system is away."""
    if entry.form == "close":
        return _finished(entry.values["outcome"])
    return Changes(stage="serving", events=[ServiceEvent(on=entry.on, unit="session")])


@hookimpl
def hub_withdraw(withdrawal: Withdrawal, settings: Settings) -> Acknowledgement:
    """Their system is told until it says that nothing of the person remains, also when it may never have known."""
    reply = system.ask(settings, "POST", f"/referrals/{withdrawal.referral_id}/withdraw", {})
    return Acknowledgement(deleted=reply["deleted"])


def _update(number: int, piece: dict[str, Any]) -> Update:
    named = {"id": f"news-{number}", "referral_id": piece["referral"]}
    match piece["kind"]:
        case "accepted" | "waitlisted":
            return Update(**named, receipt=Receipt(decision=piece["kind"]))
        case "declined":
            return Update(**named, receipt=Receipt(decision="declined", reason=piece["reason"]))
        case "session":
            return Update(**named, changes=Changes(stage="serving", events=[system.event(piece)]))
        case "finished":
            return Update(**named, changes=_finished(piece["outcome"]))
    return Update(**named)  # A kind of news this module does not know: nothing follows from it.


def _finished(code: str) -> Changes:
    return Changes(stage="done" if code in COMPLETED else "stopped", outcome=Outcome(code=code))
