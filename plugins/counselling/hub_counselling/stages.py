"""What each stage form leads to. Notes and scores go into the record, which is this module's alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub_counselling.scales import SCALES, change
from referral_hub.api import Changes, Document, Entry, Label, Outcome, Problem, ServiceEvent, Settings

RECORD = "record"
ATTENTION, HOSPITAL = "attention_today", "hospital"
_REVIEW_EVERY = 6
_COMPLETED = frozenset({"goal_met", "goal_partly_met", "referred_on", "no_longer_needed"})
_DROPPED = frozenset({"client_left", "lost_contact"})
_NOT_MEASURES = frozenset({"outcome", "advice"})

Record = dict[str, Any]


def apply(entry: Entry, documents: list[Document], settings: Settings) -> Changes:
    record = next((dict(document.content) for document in documents if document.name == RECORD), {})
    problem = _safety_problem(entry)
    return Changes(problems=[problem]) if problem else _FORMS[entry.form](entry, record, settings)


def in_danger(entry: Entry) -> bool:
    """PHQ-9 item 9 above 0, or danger said aloud."""
    return entry.values.get("phq9_item9") not in (None, "0") or entry.values.get("risk") not in (None, "none")


def _safety_problem(entry: Entry) -> Problem | None:
    """The crisis prompt: with any sign of danger the form is not taken before something was done about it."""
    if not in_danger(entry) or entry.values.get("safety_steps"):
        return None
    return _problem(
        "safety_steps",
        "有伤害自己或他人的迹象：请先直接询问、制定安全计划并报告督导，必要时拨打120，再勾选已完成的步骤。",
        "There are signs of harm to self or others: ask directly, make a safety plan and inform the supervisor; "
        "call 120 if necessary; then tick the completed steps.",
    )


def _book(entry: Entry, record: Record, settings: Settings) -> Changes:
    if not entry.values["limits_explained"]:
        return Changes(
            problems=[
                _problem(
                    "limits_explained",
                    "请先说明自愿、保密及其例外，本人同意后再预约。",
                    "First explain that counselling is voluntary and confidential, and the limits of "
                    "confidentiality; make an appointment once the client agrees.",
                )
            ]
        )
    booking = {key: entry.values.get(key) for key in ("appointment_on", "mode", "recording", "counsellor")}
    return Changes(stage="first_visit", documents=[_kept(record, booking=booking)])


def _first_session(entry: Entry, record: Record, settings: Settings) -> Changes:
    came = entry.values["attended"] == "yes"
    return Changes(
        stage="plan" if came else "first_visit",
        events=_events(entry, "first_visit"),
        flags=_flags(entry),
        documents=[_met(entry, record)],
    )


def _make_plan(entry: Entry, record: Record, settings: Settings) -> Changes:
    plan = {key: entry.values[key] for key in ("goals_agreed", "planned_sessions")}
    return Changes(stage="ongoing", documents=[_kept(record, plan=plan)])


def _session(entry: Entry, record: Record, settings: Settings) -> Changes:
    """Every few sessions the next step is a review."""
    kept = _met(entry, record)
    held = kept.content["held"]
    every = settings.get("review_every") or _REVIEW_EVERY
    due = entry.stage == "ongoing" and entry.values["attended"] == "yes" and held % every == 0
    return Changes(
        stage="review" if due else entry.stage,
        events=_events(entry, entry.values["kind"]),
        flags=_flags(entry),
        documents=[kept],
    )


def _assess(entry: Entry, record: Record, settings: Settings) -> Changes:
    kept = _scored(entry, {**record, "rating": entry.values["rating"]})
    return Changes(
        stage=entry.values["next_step"],
        events=[ServiceEvent(on=entry.on, unit="time", kind="review")],
        flags=_flags(entry),
        documents=[kept],
    )


def _to_hospital(entry: Entry, record: Record, settings: Settings) -> Changes:
    """Counsellors refer a suspected disorder to a medical institution (精神卫生法 art. 23)."""
    flags = [HOSPITAL, ATTENTION] if entry.values["why"] == "danger" else [HOSPITAL]
    return Changes(
        stage="hospital", events=[ServiceEvent(on=entry.on, unit="time", kind="hospital_referral")], flags=flags
    )


def _end(entry: Entry, record: Record, settings: Settings) -> Changes:
    rating = entry.values.get("rating", record.get("rating"))
    return Changes(
        stage="revisit",
        events=[ServiceEvent(on=entry.on, unit="session", kind="closing")],
        flags=_flags(entry),
        documents=[_scored(entry, {**record, "rating": rating, "held": record.get("held", 0) + 1})],
    )


def _revisit(entry: Entry, record: Record, settings: Settings) -> Changes:
    return Changes(
        stage="ongoing" if entry.values.get("wants_more") else "revisit",
        events=[ServiceEvent(on=entry.on, unit="time", kind="revisit")] if entry.values["reached"] else [],
        documents=[_scored(entry, record)],
    )


def _pause(entry: Entry, record: Record, settings: Settings) -> Changes:
    return Changes(stage="paused")


def _resume(entry: Entry, record: Record, settings: Settings) -> Changes:
    return Changes(stage=entry.values["next_step"])


def _close(entry: Entry, record: Record, settings: Settings) -> Changes:
    """Counts and categories leave; scores and words do not (R22)."""
    code = entry.values["outcome"]
    known: Record = {
        "sessions_held": record.get("held", 0),
        "sessions_missed": record.get("missed", 0),
        "goal_rating": record.get("rating"),
        "change": change(record.get("scores", [])),
        "dropped_out": code in _DROPPED,
    }
    typed = {key: value for key, value in entry.values.items() if key not in _NOT_MEASURES}
    measures = {key: value for key, value in {**known, **typed}.items() if value is not None}
    return Changes(
        stage="done" if code in _COMPLETED else "stopped",
        outcome=Outcome(code=code, measures=measures),
    )


_FORMS: dict[str, Callable[[Entry, Record, Settings], Changes]] = {
    "book": _book,
    "first_session": _first_session,
    "make_plan": _make_plan,
    "session": _session,
    "assess": _assess,
    "to_hospital": _to_hospital,
    "end": _end,
    "revisit": _revisit,
    "pause": _pause,
    "resume": _resume,
    "close": _close,
}


def _events(entry: Entry, kind: str) -> list[ServiceEvent]:
    """A session held; of a group, one attendance. A missed one is no service and has no consequence (R28)."""
    if entry.values["attended"] != "yes":
        return []
    unit = {"group": "attendance", "hotline": "time"}.get(kind, "session")
    return [ServiceEvent(on=entry.on, unit=unit, kind=kind)]


def _flags(entry: Entry) -> list[str]:
    return [ATTENTION] if in_danger(entry) else []


def _met(entry: Entry, record: Record) -> Document:
    attended = entry.values["attended"]
    counts = {
        "held": record.get("held", 0) + (attended == "yes"),
        "missed": record.get("missed", 0) + (attended == "missed"),
    }
    return _scored(entry, {**record, **counts})


def _scored(entry: Entry, record: Record) -> Document:
    """The record with this day's notes and scores added."""
    scores = {name: entry.values[name] for name in (*SCALES, "phq9_item9") if name in entry.values}
    on = entry.on.isoformat()
    kept = dict(record)
    if scores:
        kept["scores"] = [*record.get("scores", []), {"on": on, **scores}]
    if entry.values.get("notes"):
        kept["notes"] = [*record.get("notes", []), {"on": on, "text": entry.values["notes"]}]
    if entry.values.get("safety_steps"):
        kept["safety"] = [*record.get("safety", []), {"on": on, "steps": entry.values["safety_steps"]}]
    return Document(name=RECORD, content=kept)


def _kept(record: Record, **changes: object) -> Document:
    return Document(name=RECORD, content={**record, **changes})


def _problem(field: str, zh: str, en: str) -> Problem:
    return Problem(field=field, message=Label(zh=zh, en=en))
