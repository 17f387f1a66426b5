"""What each stage form leads to. Every function is pure: the record so far comes in, the new one goes out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from referral_hub.api import (
    Assistance,
    Changes,
    Document,
    Entry,
    Label,
    Outcome,
    Problem,
    ServiceEvent,
    Settings,
)

RECORD = "record"
_HOURS_PER_DAY = 8
_COMPLETED = frozenset({"goal_met", "goal_partly_met", "referred_on", "no_longer_needed"})
# Asked on the closing form itself, beside the measures of the manifest's outcome schema.
_NOT_MEASURES = frozenset({"outcome", "advice"})

Record = dict[str, Any]


def apply(entry: Entry, documents: list[Document], settings: Settings) -> Changes:
    record = next((dict(document.content) for document in documents if document.name == RECORD), {})
    return _FORMS[entry.form](entry, record, settings)


def _first_meeting(entry: Entry, record: Record, settings: Settings) -> Changes:
    return Changes(
        stage="guidance",
        events=[_time(entry, "first_meeting")],
        documents=[_kept(record, notes=_noted(entry, record))],
    )


def _guidance(entry: Entry, record: Record, settings: Settings) -> Changes:
    return Changes(
        stage=entry.values["next_step"],
        events=[_time(entry, "guidance")],
        documents=[_kept(record, notes=_noted(entry, record))],
    )


def _class(entry: Entry, record: Record, settings: Settings) -> Changes:
    stage = {"joins": "training", "another": "class_offered", "no_training": "job_search"}[entry.values["answer"]]
    place = {key: entry.values.get(key) for key in ("class_name", "trade", "level", "class_starts_on")}
    return Changes(stage=stage, documents=[_kept(record, place=place)])


def _attendance(entry: Entry, record: Record, settings: Settings) -> Changes:
    hours = Decimal(str(entry.values["hours"]))
    days = entry.values.get("days", 1)
    most = (settings.get("hours_per_day") or _HOURS_PER_DAY) * days
    planned = Decimal(str(entry.values.get("planned_hours", hours)))
    if hours > most:
        return _problem(
            "hours",
            f"{days} 天最多 {most} 课时，请核对。",
            f"{days} day(s) allow at most {most} class hours; please check.",
        )
    if hours > planned:
        return _problem(
            "planned_hours", "应到课时不能少于实到课时。", "Scheduled hours cannot be fewer than attended hours."
        )
    attended = Decimal(record.get("hours", "0")) + hours
    expected = Decimal(record.get("planned_hours", "0")) + planned
    events = [ServiceEvent(on=entry.on, unit="class_hour", quantity=hours, kind="training")] if hours else []
    return Changes(
        stage="exam" if entry.values.get("ready_for_exam") else "training",
        events=events,
        documents=[_kept(record, hours=str(attended), planned_hours=str(expected))],
    )


def _exam(entry: Entry, record: Record, settings: Settings) -> Changes:
    stage = {"passed": "certified", "again": "training", "no_exam": "job_search"}[entry.values["result"]]
    return Changes(stage=stage, events=[_time(entry, "exam")])


def _certificate(entry: Entry, record: Record, settings: Settings) -> Changes:
    issued = entry.values["issued_on"]
    if date.fromisoformat(issued) > entry.on:
        return _problem(
            "issued_on", "发证日期不能晚于填表日期。", "The issue date cannot be later than the date of the form."
        )
    certificate = {"name": entry.values["certificate_name"], "issued_on": issued}
    return Changes(
        stage="job_search" if entry.values["seeks_job"] else "certified",
        documents=[_kept(record, certificate=certificate)],
    )


def _job_referral(entry: Entry, record: Record, settings: Settings) -> Changes:
    stage = {"interview": "interview", "hired": "employed", "open": "job_search"}[entry.values["result"]]
    post = {key: entry.values.get(key) for key in ("job", "employer", "result")}
    posts = [*record.get("posts", []), {"on": entry.on.isoformat(), **post}]
    return Changes(stage=stage, events=[_time(entry, "job_referral")], documents=[_kept(record, posts=posts)])


def _interview(entry: Entry, record: Record, settings: Settings) -> Changes:
    result = entry.values["result"]
    # A missed interview is no service, and nothing follows from it for the person (R28).
    events = [] if result == "not_attended" else [_time(entry, "interview")]
    return Changes(stage="employed" if result == "hired" else "job_search", events=events)


def _job_start(entry: Entry, record: Record, settings: Settings) -> Changes:
    job = {"started_on": entry.values["started_on"], "kind": entry.values["kind"]}
    return Changes(stage="tracking", events=[_time(entry, "job_start")], documents=[_kept(record, job=job)])


def _job_check(entry: Entry, record: Record, settings: Settings) -> Changes:
    checks = {**record.get("in_work", {}), entry.values["months"]: entry.values["in_work"]}
    return Changes(
        stage="job_search" if entry.values.get("looks_again") else "tracking",
        events=[_time(entry, "job_check")],
        documents=[_kept(record, in_work=checks)],
    )


def _subsidy(entry: Entry, record: Record, settings: Settings) -> Changes:
    return Changes(
        assistance=[
            Assistance(
                type="employment",
                unit="time",
                amount_fen=entry.values["amount"],
                fund="employment_subsidy",
                paid_on=date.fromisoformat(entry.values["paid_on"]),
                voucher=entry.values.get("voucher"),
            )
        ]
    )


def _pause(entry: Entry, record: Record, settings: Settings) -> Changes:
    return Changes(stage="paused")


def _resume(entry: Entry, record: Record, settings: Settings) -> Changes:
    return Changes(stage=entry.values["next_step"])


def _close(entry: Entry, record: Record, settings: Settings) -> Changes:
    """What the record knows need not be typed twice (R29)."""
    measures: dict[str, Any] = {}
    if certificate := record.get("certificate"):
        measures |= {
            "certificate": True,
            "certificate_kind": certificate["name"],
            "certificate_on": certificate["issued_on"],
        }
    if job := record.get("job"):
        measures |= {"employed": True, "employed_on": job["started_on"], "employment_type": job["kind"]}
    measures |= {f"in_work_{months}": answer for months, answer in record.get("in_work", {}).items()}
    measures |= {key: value for key, value in entry.values.items() if key not in _NOT_MEASURES}
    if measures.get("employed_on") and not measures.get("employed"):
        return _problem(
            "employed", "填了入职日期，请确认“已就业”。", "A starting date was entered: please confirm “employed”."
        )
    code = entry.values["outcome"]
    return Changes(
        stage="done" if code in _COMPLETED else "stopped",
        outcome=Outcome(code=code, measures=measures),
    )


_FORMS: dict[str, Callable[[Entry, Record, Settings], Changes]] = {
    "first_meeting": _first_meeting,
    "guidance": _guidance,
    "class": _class,
    "attendance": _attendance,
    "exam": _exam,
    "certificate": _certificate,
    "job_referral": _job_referral,
    "interview": _interview,
    "job_start": _job_start,
    "job_check": _job_check,
    "subsidy": _subsidy,
    "pause": _pause,
    "resume": _resume,
    "close": _close,
}


def _time(entry: Entry, kind: str) -> ServiceEvent:
    return ServiceEvent(on=entry.on, unit="time", kind=kind)


def _noted(entry: Entry, record: Record) -> list[dict[str, str]]:
    notes: list[dict[str, str]] = record.get("notes", [])
    text = entry.values.get("notes")
    return [*notes, {"on": entry.on.isoformat(), "text": text}] if text else notes


def _kept(record: Record, **changes: object) -> Document:
    return Document(name=RECORD, content={**record, **changes})


def _problem(field: str, zh: str, en: str) -> Changes:
    return Changes(problems=[Problem(field=field, message=Label(zh=zh, en=en))])
