"""Could this offering serve this client: yes, no, or unknown? Search, draft and send ask it here, and alike (R42).

What is not known is never read as no, and a known no never as perhaps. A no says what would have to change, an unknown
says what is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Literal

import msgspec

from referral_hub.api import Screening
from referral_hub.codes import SEX
from referral_hub.codes.areas import serves_area
from referral_hub.i18n import Label
from referral_hub.workflow.errors import NotEligible

Answer = Literal["yes", "unknown", "no"]
Criterion = Literal["sex", "age", "area", "capacity", "module"]

ORDER: dict[Answer, int] = {"yes": 0, "unknown": 1, "no": 2}
"""In which order offerings are shown, and which answer of several counts: the last."""
BAND_AGES = {
    "0-13": (0, 13),
    "14-17": (14, 17),
    "18-24": (18, 24),
    "25-34": (25, 34),
    "35-44": (35, 44),
    "45-54": (45, 54),
    "55-64": (55, 64),
    "65+": (65, 150),
}
_OF_MODULE: dict[str, Answer] = {"eligible": "yes", "perhaps": "unknown", "not_eligible": "no"}
_ASK = Label(zh="向该机构问清什么条件下可以接收", en="Ask the organisation under which conditions it could")


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the client: `sex` (None: not stated), the youngest and oldest they may be, where they live."""

    sex: str | None = None
    ages: tuple[int, int] | None = None
    area_code: str | None = None


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """The places of an offering that counts them: `registered` at all, `usable` now or in a class to come, of those
    `open_to_all` sexes, and `fitting` this client's sex.
    """

    registered: int = 0
    usable: int = 0
    open_to_all: int = 0
    fitting: int = 0


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an offering serves. `sexes` None: any; empty: service and offering contradict each other, so nobody.

    `places` None: places are not counted.
    """

    sexes: tuple[str, ...] | None = None
    min_age: int | None = None
    max_age: int | None = None
    area_codes: tuple[str, ...] = ()
    notes: Label | None = None
    places: Places | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one criterion says and why; `change` is what would have to change, or, of an unknown, what is missing."""

    criterion: Criterion
    answer: Answer
    reason: Label
    change: Label | None = None


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """All findings about one client and one offering; what is plainly met is not among them."""

    findings: tuple[Finding, ...] = ()

    @property
    def answer(self) -> Answer:
        return max((one.answer for one in self.findings), key=ORDER.__getitem__, default="yes")

    @property
    def refused(self) -> frozenset[str]:
        """The criteria that say no."""
        return frozenset(one.criterion for one in self.findings if one.answer == "no")


def assess(client: Client, conditions: Conditions, *, screening: Screening | None = None) -> Fit:
    """Whether the client could be served under these conditions. `screening`: what the module said, where asked."""
    found = (
        _sex(client, conditions),
        _age(client, conditions),
        _area(client, conditions),
        _capacity(client, conditions.places),
    )
    return Fit(findings=(*(one for one in found if one is not None), *_module(screening)))


def check_eligible(fit: Fit, excepted: Collection[str], *, recipient: str | Label) -> None:
    """Raises `NotEligible` where a criterion says no that no supervisor has made an exception of."""
    missing = [one for one in fit.findings if one.answer == "no" and one.criterion not in excepted]
    if not missing:
        return
    raise NotEligible(
        field="exception",
        recipient=recipient,
        why=_joined(one.reason for one in missing),
        change=_joined(one.change for one in missing if one.change is not None),
    )


def ages_of(age: int | None, band: str | None) -> tuple[int, int] | None:
    """From youngest to oldest the client may be. `age` is reached this year, so the birthday may be to come."""
    if age is not None:
        return max(age - 1, 0), age
    return BAND_AGES.get(band or "")


def sexes_in_words(sexes: Iterable[str]) -> Label:
    shown = [SEX[code] for code in sexes if code in SEX]
    return Label(zh="、".join(one.zh for one in shown), en=", ".join(one.en.lower() for one in shown))


def ages_in_words(low: int | None, high: int | None) -> Label:
    if low is None:
        return Label(zh=f"{high}岁及以下", en=f"up to {high} years")
    if high is None:
        return Label(zh=f"{low}岁及以上", en=f"{low} years and over")
    return Label(zh=f"{low}至{high}岁", en=f"{low} to {high} years")


def _sex(client: Client, conditions: Conditions) -> Finding | None:
    wanted = conditions.sexes
    if wanted is None or client.sex in wanted:
        return None
    if not wanted:
        return Finding(
            criterion="sex",
            answer="no",
            reason=Label(
                zh="服务本身和这一项目登记的接收性别互相矛盾。",
                en="The sexes accepted by the service and by this offering contradict each other.",
            ),
            change=Label(zh="请管理员更正准入条件", en="Ask the administrator to correct the eligibility"),
        )
    words = sexes_in_words(wanted)
    if client.sex is None:
        return Finding(
            criterion="sex",
            answer="unknown",
            reason=Label(
                zh=f"只接收：{words.zh}；性别未登记。", en=f"Serves only: {words.en}; the sex is not recorded."
            ),
            change=Label(zh="登记性别", en="Record the sex"),
        )
    return Finding(
        criterion="sex",
        answer="no",
        reason=Label(zh=f"只接收：{words.zh}。", en=f"Serves only: {words.en}."),
        change=Label(
            zh="对方放宽性别条件，或更正登记有误的性别",
            en="The provider accepts either sex, or a wrong record is corrected",
        ),
    )


def _age(client: Client, conditions: Conditions) -> Finding | None:
    low, high = conditions.min_age, conditions.max_age
    if low is None and high is None:
        return None
    limits = ages_in_words(low, high)
    if client.ages is None:
        return Finding(
            criterion="age",
            answer="unknown",
            reason=Label(zh=f"接收{limits.zh}；年龄未登记。", en=f"Serves {limits.en}; the age is not recorded."),
            change=Label(zh="登记出生日期", en="Record the date of birth"),
        )
    youngest, oldest = client.ages
    too_young, too_old = low is not None and oldest < low, high is not None and youngest > high
    if too_young or too_old:
        later = Label(zh=f"满{low}岁以后，或对方放宽年龄", en=f"The client turns {low}, or it widens its ages")
        wider = Label(zh="对方放宽年龄", en="The provider widens its age range")
        return Finding(
            criterion="age",
            answer="no",
            reason=Label(zh=f"只接收{limits.zh}。", en=f"Serves only {limits.en}."),
            change=later if too_young and not too_old else wider,
        )
    if (low is not None and youngest < low) or (high is not None and oldest > high):
        return Finding(
            criterion="age",
            answer="unknown",
            reason=Label(zh=f"接收{limits.zh}，正在边界上。", en=f"Serves {limits.en}; the client is at the limit."),
            change=Label(zh="核对生日", en="Check the birthday"),
        )
    return None


def _area(client: Client, conditions: Conditions) -> Finding | None:
    served = conditions.area_codes
    if not served:
        return None
    if client.area_code is None:
        return Finding(
            criterion="area",
            answer="unknown",
            reason=Label(zh="只服务部分地区；居住地区未登记。", en="Serves certain areas; the area is not recorded."),
            change=Label(zh="登记居住地区", en="Record where the client lives"),
        )
    if serves_area(served, client.area_code):
        return None
    codes = "、".join(served)
    return Finding(
        criterion="area",
        answer="no",
        reason=Label(zh=f"不服务本地区（只服务 {codes}）。", en=f"Does not serve this area (only {codes})."),
        change=Label(
            zh="对方扩大服务地区，或服务对象迁入", en="The provider serves a wider area, or the client moves there"
        ),
    )


def _capacity(client: Client, places: Places | None) -> Finding | None:
    """Full is no "no": whoever fits may wait. A house that has no bed for this sex will have none however long."""
    if places is None:
        return None
    if not places.registered:
        return Finding(
            criterion="capacity",
            answer="unknown",
            reason=Label(zh="名额未登记。", en="Its places are not recorded."),
            change=Label(
                zh="请对方登记名额，或电话核对", en="Ask the provider to record its places, or check by telephone"
            ),
        )
    if not places.usable or places.open_to_all or (client.sex is not None and places.fitting):
        return None
    if client.sex is None:
        return Finding(
            criterion="capacity",
            answer="unknown",
            reason=Label(zh="名额分性别；性别未登记。", en="Its places are by sex; the sex is not recorded."),
            change=Label(zh="登记性别", en="Record the sex"),
        )
    sex = sexes_in_words([client.sex])
    return Finding(
        criterion="capacity",
        answer="no",
        reason=Label(zh=f"没有给{sex.zh}性的名额。", en=f"It has no place for the sex recorded ({sex.en})."),
        change=Label(
            zh=f"对方增设{sex.zh}性名额，或更正登记有误的性别",
            en="The provider adds such a place, or a wrong record is corrected",
        ),
    )


def _module(screening: Screening | None) -> Iterator[Finding]:
    if screening is None:
        return
    answer = _OF_MODULE[screening.verdict]
    needed = list(screening.needed)
    reasons = list(screening.reasons)
    if not reasons and answer != "yes":
        reasons = [
            Label(
                zh="按该服务的条件判断，没有写明原因。",
                en="Decided by the service's own conditions; no reason was given.",
            )
        ]
    change = _joined(needed) if needed else _ASK if answer != "yes" else None
    for number, reason in enumerate(reasons):
        yield Finding(criterion="module", answer=answer, reason=reason, change=change if number == 0 else None)


def _joined(labels: Iterable[Label]) -> Label:
    found = list(labels)
    return Label(zh="；".join(one.zh.rstrip("。") for one in found), en="; ".join(one.en.rstrip(".") for one in found))
