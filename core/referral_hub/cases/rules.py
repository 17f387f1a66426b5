"""Pure rules of case work: ages, names, masks, what may follow what."""

from __future__ import annotations

from datetime import date, timedelta

from referral_hub.codes import CASE_CLOSING_REASONS
from referral_hub.text import mask_number

REPORT_IN_DAYS = 15  # 戒毒条例 14, 38: within 15 days; a place may set fewer in the measure itself
REOPEN_DAYS = 30

_BANDS = ((14, "0-13"), (18, "14-17"), (25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"))
_LONG_SURNAMES = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙"
    "慕容仲孙钟离长孙宇文司徒鲜于司空闾丘令狐呼延第五东郭南门百里西门左丘梁丘轩辕"
)
_LONG = frozenset(_LONG_SURNAMES[i : i + 2] for i in range(0, len(_LONG_SURNAMES), 2))
_TITLES = {"1": "先生", "2": "女士"}

NEED_MOVES: dict[str, frozenset[str]] = {
    "open": frozenset({"being_met", "met", "unmet", "withdrawn"}),
    "being_met": frozenset({"open", "met", "unmet", "withdrawn"}),
    "met": frozenset({"open"}),
    "unmet": frozenset({"open"}),
    "withdrawn": frozenset({"open"}),
}

# What a worker decides, in the order a page offers it; that a need is being met follows from a referral.
_DECIDED = ("met", "unmet", "withdrawn", "open")

# What an unanswered need becomes when the case closes: no longer there, or a need that was not met.
_NO_NEED_LEFT = frozenset({"no_longer_needed", "client_left", "opened_in_error", "term_ended", "in_custody", "died"})


def need_state_at_closing(reason: str) -> str | None:
    """The state an open need takes when the case closes; None where open needs forbid the reason."""
    if reason not in CASE_CLOSING_REASONS:
        raise KeyError(reason)
    if reason == "goals_met":
        return None
    return "withdrawn" if reason in _NO_NEED_LEFT else "unmet"


def need_decisions(state: str) -> list[str]:
    """The states that a worker may give a need which is in `state`."""
    return [after for after in _DECIDED if after in NEED_MOVES[state]]


def age_in(birth_year: int, on: date) -> int:
    """The age reached in the year of `on`. Only the year of birth is kept in clear, so it may be a year too high."""
    return on.year - birth_year


def age_band(birth_year: int | None, on: date) -> str | None:
    """The age band a partner receives instead of a birth date (R16)."""
    if birth_year is None:
        return None
    age = age_in(birth_year, on)
    return next((band for limit, band in _BANDS if age < limit), "65+")


def surname(name: str) -> str:
    return name[:2] if name[:2] in _LONG and len(name) > 2 else name[:1]


def polite_name(name: str, sex: str) -> str:
    """What to call a client whose own wish is not recorded: 张先生, 欧阳女士, or 张* where the sex is not stated."""
    title = _TITLES.get(sex)
    if not name.isascii():
        return surname(name) + (title or "*")
    return mask_name(name)


def mask_name(name: str) -> str:
    """`张*`: enough to tell two rows apart, not to name someone."""
    first = surname(name)
    return first + "*" * max(1, min(2, len(name) - len(first)))


def mask_phone(phone: str | None) -> str | None:
    """`138****1234`."""
    return mask_number(phone) if phone else None


def mask_id_number(number: str | None) -> str | None:
    """`110***********002X` (R23)."""
    return mask_number(number) if number else None


def report_in_by(released_on: date, days: int = REPORT_IN_DAYS) -> date:
    """The last day to report in after release (R30)."""
    return released_on + timedelta(days=days)
