"""Rules of the directory: who may be offered (R1, R41), who could be served, in what order offers are shown (R19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from referral_hub.api import Eligibility
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.workflow.eligibility import ORDER, Answer, Conditions, Places, ages_in_words, sexes_in_words
from referral_hub.workflow.events import ClosedReason

STALE_AFTER = timedelta(days=7)
"""A capacity nobody confirmed for so long is shown as old."""
HISTORY = timedelta(days=90)
"""Over which the usual time to answer is worked out."""
SORTED_BY = Label(
    zh="排序规则：先是可以接收的，再是情况不明的，最后是不能接收的；同类里先是有空名额的，再是离得近的，再是答复快的。"
    "可以接收的由您和服务对象选择。",
    en="Order: services that can accept the client first, then those where this is unknown, then those that "
    "cannot; within each, those with a free place, then the nearest, then the quickest to answer. You and the "
    "client choose.",
)
_LACKING = text("SELECT 1 FROM hub_lacking_contract(:on) WHERE organisation_id = :organisation")
_CLOSED = text("SELECT reason FROM hub_closed_offerings(:installed, :on) WHERE offering_id = :offering")


def lacks_contract(session: Transaction, organisation_id: UUID, *, on: date) -> bool:
    """Whether the organisation is entrusted and has no contract in force that day (R1)."""
    return session.execute(_LACKING, {"organisation": organisation_id, "on": on}).first() is not None


def closed_reason(
    session: Transaction, offering_id: UUID, *, installed: Iterable[str], on: date
) -> ClosedReason | None:
    """Why the offering takes no new referrals; None when it takes them. `installed`: keys of the services there are.

    The search and the directory put the same question to `hub_closed_offerings` for many offerings at once.
    """
    asked = {"offering": offering_id, "installed": list(installed), "on": on}
    reason: ClosedReason | None = session.execute(_CLOSED, asked).scalar_one()
    return reason


def capacity_is_stale(confirmed_at: datetime | None, at: datetime) -> bool:
    return confirmed_at is None or at - confirmed_at > STALE_AFTER


def conditions(
    service: Eligibility,
    offering: Mapping[str, object],
    *,
    area_codes: Sequence[str] = (),
    places: Places | None = None,
) -> Conditions:
    """Whom an offering serves: what its service declares, narrowed by what the offering adds."""
    ages = (service.min_age, _number(offering.get("min_age"))), (service.max_age, _number(offering.get("max_age")))
    lowest = [age for age in ages[0] if age is not None]
    highest = [age for age in ages[1] if age is not None]
    notes = offering.get("notes")
    note = Label(zh=str(notes.get("zh", "")), en=str(notes.get("en", ""))) if isinstance(notes, dict) else service.notes
    return Conditions(
        sexes=_sexes(service, offering.get("sexes")),
        min_age=max(lowest, default=None),
        max_age=min(highest, default=None),
        area_codes=tuple(area_codes),
        notes=note,
        places=places,
    )


def rank(verdict: Answer, *, has_place: bool, nearness: int, answer_hours: float | None) -> tuple[float, ...]:
    """The sorting key behind `SORTED_BY`, smallest first."""
    return (
        ORDER[verdict],
        0 if has_place else 1,
        -nearness,
        answer_hours if answer_hours is not None else float("inf"),
    )


def requirements(wanted: Conditions) -> list[Label]:
    """Who is served, in words, for someone who looks without a client in mind."""
    found: list[Label] = []
    if wanted.sexes:
        words = sexes_in_words(wanted.sexes)
        found.append(Label(zh=f"只接收：{words.zh}", en=f"Serves only: {words.en}"))
    if wanted.min_age is not None or wanted.max_age is not None:
        limits = ages_in_words(wanted.min_age, wanted.max_age)
        found.append(Label(zh=limits.zh, en=limits.en[:1].upper() + limits.en[1:]))
    return [*found, wanted.notes] if wanted.notes else found


def _sexes(service: Eligibility, added: object) -> tuple[str, ...] | None:
    declared = set(service.sexes) or None
    own = {str(sex) for sex in added} if isinstance(added, list) and added else None
    if declared is not None and own is not None:
        return tuple(sorted(declared & own))
    either = declared or own
    return tuple(sorted(either)) if either is not None else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
