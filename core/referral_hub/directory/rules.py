"""Rules of the directory: who may be offered (R1, R41), who could be served, in what order offers are shown (R19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from referral_hub.api import Eligibility, Screening
from referral_hub.codes import SEX
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.workflow.events import ClosedReason

Verdict = Literal["eligible", "perhaps", "not_eligible"]

STALE_AFTER = timedelta(days=7)
"""A capacity nobody confirmed for so long is shown as old."""
HISTORY = timedelta(days=90)
"""Over which the usual time to answer is worked out."""
SORTED_BY = Label(
    zh="排序规则：先是可能适合的，再是有空名额的，再是离得近的，再是答复快的。仅供参考，由您和服务对象决定。",
    en="Order: services that may be suitable first, then those with a free place, then the nearest, then the "
    "quickest to answer. For information only; you and the client decide.",
)
_VERDICTS: dict[Verdict, int] = {"eligible": 0, "perhaps": 1, "not_eligible": 2}
_BAND_AGES = {
    "0-13": (0, 13),
    "14-17": (14, 17),
    "18-24": (18, 24),
    "25-34": (25, 34),
    "35-44": (35, 44),
    "45-54": (45, 54),
    "55-64": (55, 64),
    "65+": (65, 150),
}
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


def narrowed(service: Eligibility, offering: Mapping[str, object]) -> Eligibility:
    """Who may be served by an offering: what its service declares, narrowed by what the offering adds."""
    ages = (service.min_age, _number(offering.get("min_age"))), (service.max_age, _number(offering.get("max_age")))
    lowest = [age for age in ages[0] if age is not None]
    highest = [age for age in ages[1] if age is not None]
    added = offering.get("sexes")
    sexes = [str(sex) for sex in added] if isinstance(added, list) else []
    both = [sex for sex in service.sexes if not sexes or sex in sexes] if service.sexes else sexes
    notes = offering.get("notes")
    note = Label(zh=str(notes.get("zh", "")), en=str(notes.get("en", ""))) if isinstance(notes, dict) else service.notes
    return Eligibility(min_age=max(lowest, default=None), max_age=min(highest, default=None), sexes=both, notes=note)


def screen(eligibility: Eligibility, *, sex: str | None, age: int | None, age_band: str | None) -> Screening:
    """What the declared eligibility says of a client. Unknown facts make it "perhaps", never "no"."""
    verdict: Verdict = "eligible"
    reasons: list[Label] = []
    for found, reason in (_screen_sex(eligibility, sex), _screen_age(eligibility, _ages(age, age_band))):
        if _VERDICTS[found] > _VERDICTS[verdict]:
            verdict = found
        if reason is not None:
            reasons.append(reason)
    return Screening(verdict=verdict, reasons=reasons)


def worse(one: Screening, other: Screening) -> Screening:
    """Both answers together: the less hopeful verdict, all reasons."""
    verdict = max(one.verdict, other.verdict, key=_VERDICTS.__getitem__)
    return Screening(verdict=verdict, reasons=[*one.reasons, *other.reasons])


def rank(verdict: Verdict, *, has_place: bool, nearness: int, answer_hours: float | None) -> tuple[float, ...]:
    """The sorting key behind `SORTED_BY`, smallest first."""
    return (
        _VERDICTS[verdict],
        0 if has_place else 1,
        -nearness,
        answer_hours if answer_hours is not None else float("inf"),
    )


def requirements(eligibility: Eligibility) -> list[Label]:
    """Who is served, in words, for someone who looks without a client in mind."""
    found: list[Label] = []
    shown = [SEX[code] for code in eligibility.sexes if code in SEX]
    if shown:
        wanted = Label(zh="、".join(one.zh for one in shown), en=", ".join(one.en.lower() for one in shown))
        found.append(Label(zh=f"只接收：{wanted.zh}", en=f"Serves only: {wanted.en}"))
    if eligibility.min_age is not None or eligibility.max_age is not None:
        limits = _limits(eligibility.min_age, eligibility.max_age)
        found.append(Label(zh=limits.zh, en=limits.en[:1].upper() + limits.en[1:]))
    return [*found, eligibility.notes] if eligibility.notes else found


def _screen_sex(eligibility: Eligibility, sex: str | None) -> tuple[Verdict, Label | None]:
    if not eligibility.sexes or sex in eligibility.sexes:
        return "eligible", None
    shown = [SEX[code] for code in eligibility.sexes if code in SEX]
    wanted = Label(zh="、".join(one.zh for one in shown), en=", ".join(one.en.lower() for one in shown))
    if sex is None:
        return "perhaps", Label(
            zh=f"只接收：{wanted.zh}；性别未登记。", en=f"Serves only: {wanted.en}; sex not recorded."
        )
    return "not_eligible", Label(zh=f"只接收：{wanted.zh}。", en=f"Serves only: {wanted.en}.")


def _screen_age(eligibility: Eligibility, ages: tuple[int, int] | None) -> tuple[Verdict, Label | None]:
    low, high = eligibility.min_age, eligibility.max_age
    if low is None and high is None:
        return "eligible", None
    limits = _limits(low, high)
    if ages is None:
        return "perhaps", Label(zh=f"接收{limits.zh}；年龄未登记。", en=f"Serves {limits.en}; age not recorded.")
    youngest, oldest = ages
    if (low is not None and oldest < low) or (high is not None and youngest > high):
        return "not_eligible", Label(zh=f"只接收{limits.zh}。", en=f"Serves only {limits.en}.")
    if (low is not None and youngest < low) or (high is not None and oldest > high):
        return "perhaps", Label(zh=f"接收{limits.zh}，请核对生日。", en=f"Serves {limits.en}; check the date of birth.")
    return "eligible", None


def _limits(low: int | None, high: int | None) -> Label:
    if low is None:
        return Label(zh=f"{high}岁及以下", en=f"up to {high} years")
    if high is None:
        return Label(zh=f"{low}岁及以上", en=f"{low} years and over")
    return Label(zh=f"{low}至{high}岁", en=f"{low} to {high} years")


def _ages(age: int | None, band: str | None) -> tuple[int, int] | None:
    """From youngest to oldest the client may be. `age` is reached this year, so the birthday may be to come."""
    if age is not None:
        return max(age - 1, 0), age
    return _BAND_AGES.get(band or "")


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
