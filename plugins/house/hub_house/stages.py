"""What each stage form leads to. A bed night is a night present: the day in counts, the day out does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from referral_hub.api import Assistance, Changes, Document, Entry, Label, Outcome, Problem, ServiceEvent

RECORD = "record"
_COMPLETED = frozenset({"goal_met", "goal_partly_met", "referred_on", "no_longer_needed"})
_NOT_MEASURES = frozenset({"outcome", "advice"})

Record = dict[str, Any]


def apply(entry: Entry, documents: list[Document]) -> Changes:
    record = next((dict(document.content) for document in documents if document.name == RECORD), {})
    return _FORMS[entry.form](entry, record)


def _assess(entry: Entry, record: Record) -> Changes:
    """Who needs a hospital first, or does not wish to stay, is not moved on; the referral is then declined."""
    if not entry.values["voluntary"]:
        return _refused(
            "voluntary",
            "只接收自愿入住的人；不愿意的请答复“不受理”。",
            "Only people who stay voluntarily are accepted; if the client does not wish to, decline the referral.",
        )
    if entry.values["hospital_first"]:
        return _refused(
            "hospital_first",
            "请先联系医院；现在不能入住的请答复“不受理”。",
            "Contact a hospital first; if the client cannot be admitted now, decline the referral.",
        )
    if not entry.values["fits"]:
        return _refused(
            "fits",
            "不适合共同居住的请答复“不受理”并说明。",
            "If shared living is not suitable, decline the referral and state why.",
        )
    return Changes(stage="assessed", documents=[_kept(record, notes=_noted(entry, record))])


def _move_in(entry: Entry, record: Record) -> Changes:
    if not entry.values["rules_signed"]:
        return _refused("rules_signed", "请先签住户守则。", "The house rules must be signed first.")
    if problem := _later_than_form(entry, "moved_in_on"):
        return problem
    day = entry.values["moved_in_on"]
    kept = _kept(record, moved_in_on=day, counted_to=day, nights=0, belongings=entry.values.get("belongings"))
    return Changes(stage="staying", events=[_event(date.fromisoformat(day), "time", kind="moved_in")], documents=[kept])


def _nights(entry: Entry, record: Record) -> Changes:
    counted = _count(entry, record, "through", "nights_away")
    meals = entry.values.get("meals", 0)
    if counted.problems or not meals:
        return counted
    return Changes(
        events=[*counted.events, _event(entry.on, "meal", meals)],
        assistance=counted.assistance,
        documents=counted.documents,
    )


def _assess_again(entry: Entry, record: Record) -> Changes:
    kept = _kept(
        record,
        income=bool(entry.values.get("income")) or record.get("income", False),
        benefit=bool(entry.values.get("benefit")) or record.get("benefit", False),
        notes=_noted(entry, record),
    )
    return Changes(stage=entry.values["next_step"], events=[_event(entry.on, "time", kind="review")], documents=[kept])


def _go_away(entry: Entry, record: Record) -> Changes:
    return _moved_on("away", _count(entry, record, "from_day", None))


def _come_back(entry: Entry, record: Record) -> Changes:
    back = entry.values["back_on"]
    if back < record["counted_to"]:
        return _refused(
            "back_on", "回来日期早于外出日期，请核对。", "The return date is before the departure date; please check."
        )
    return Changes(stage="staying", documents=[_kept(record, counted_to=back)])


def _move_out(entry: Entry, record: Record) -> Changes:
    """Nights up to the day out, which does not count; none for someone who was away."""
    if entry.stage == "away":
        counted = Changes(documents=[Document(name=RECORD, content=record)])
    else:
        counted = _count(entry, record, "moved_out_on", "nights_out")
    if counted.problems:
        return counted
    left = {"moved_out_on": entry.values["moved_out_on"], "kind": entry.values["kind"], "to": entry.values["goes_to"]}
    content = counted.documents[0].content | {"left": left}
    return Changes(
        stage="left",
        events=[*counted.events, _event(date.fromisoformat(left["moved_out_on"]), "time", kind="moved_out")],
        assistance=counted.assistance,
        flags=["left_suddenly"] if entry.values["kind"] == "unplanned" else [],
        documents=[Document(name=RECORD, content=content)],
    )


def _revisit(entry: Entry, record: Record) -> Changes:
    housed = {**record.get("housed", {}), entry.values["months"]: entry.values["housing"]}
    return Changes(events=[_event(entry.on, "time", kind="revisit")], documents=[_kept(record, housed=housed)])


def _close(entry: Entry, record: Record) -> Changes:
    """What the record knows need not be typed twice (R29)."""
    left = record.get("left", {})
    known: Record = {
        "nights": record.get("nights"),
        "exit_kind": left.get("kind"),
        "destination": left.get("to"),
        "income_found": record.get("income"),
        "benefit_found": record.get("benefit"),
        **{f"housed_{months}": housing for months, housing in record.get("housed", {}).items()},
    }
    typed = {key: value for key, value in entry.values.items() if key not in _NOT_MEASURES}
    code = entry.values["outcome"]
    return Changes(
        stage="done" if code in _COMPLETED else "ended",
        outcome=Outcome(
            code=code, measures={key: value for key, value in {**known, **typed}.items() if value is not None}
        ),
    )


_FORMS: dict[str, Callable[[Entry, Record], Changes]] = {
    "assess": _assess,
    "move_in": _move_in,
    "nights": _nights,
    "assess_again": _assess_again,
    "go_away": _go_away,
    "come_back": _come_back,
    "move_out": _move_out,
    "revisit": _revisit,
    "close": _close,
}


def _count(entry: Entry, record: Record, day_key: str, away_key: str | None) -> Changes:
    """The nights since the last count up to the day given, which is not included, less the nights away."""
    if problem := _later_than_form(entry, day_key):
        return problem
    since, until = date.fromisoformat(record["counted_to"]), date.fromisoformat(entry.values[day_key])
    between = (until - since).days
    if between < 0:
        return _refused(
            day_key,
            f"床日已登记到 {since}，请核对日期。",
            f"Bed nights have already been recorded up to {since}; please check the date.",
        )
    away = entry.values.get(away_key, 0) if away_key else 0
    if away > between:
        return _refused(away_key or day_key, f"外宿夜数不能超过 {between}。", f"Nights away cannot exceed {between}.")
    nights = between - away
    kept = _kept(record, counted_to=until.isoformat(), nights=record.get("nights", 0) + nights)
    if not nights:
        return Changes(documents=[kept])
    return Changes(
        events=[_event(until - timedelta(days=1), "bed_night", nights)],
        assistance=_worth(entry, nights, since, until),
        documents=[kept],
    )


def _worth(entry: Entry, nights: int, since: date, until: date) -> list[Assistance]:
    """Free nights as aid in kind, where the offering says what a night is worth."""
    worth = entry.referral.offering.settings.get("nightly_worth")
    if not isinstance(worth, int) or worth <= 0:
        return []
    return [
        Assistance(
            type="housing",
            quantity=Decimal(nights),
            unit="bed_night",
            amount_fen=worth * nights,
            fund=entry.referral.offering.settings.get("fund"),
            paid_on=entry.on,
            period_start=since,
            period_end=until,
        )
    ]


def _moved_on(stage: str, changes: Changes) -> Changes:
    if changes.problems:
        return changes
    return Changes(stage=stage, events=changes.events, assistance=changes.assistance, documents=changes.documents)


def _later_than_form(entry: Entry, key: str) -> Changes | None:
    if date.fromisoformat(entry.values[key]) <= entry.on:
        return None
    return _refused(key, "日期不能晚于填表日期。", "The date cannot be later than the date of the form.")


def _event(on: date, unit: str, quantity: int = 1, kind: str | None = None) -> ServiceEvent:
    return ServiceEvent(on=on, unit=unit, quantity=Decimal(quantity), kind=kind)


def _noted(entry: Entry, record: Record) -> list[dict[str, str]]:
    notes: list[dict[str, str]] = record.get("notes", [])
    text = entry.values.get("notes")
    return [*notes, {"on": entry.on.isoformat(), "text": text}] if text else notes


def _kept(record: Record, **changes: object) -> Document:
    return Document(name=RECORD, content={**record, **changes})


def _refused(field: str, zh: str, en: str) -> Changes:
    return Changes(problems=[Problem(field=field, message=Label(zh=zh, en=en))])
