"""Yes, no or unknown (R42): what is not known is never a no, what is known to stand against it never a perhaps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.api import Label, Screening
from referral_hub.codes import AGE_BANDS
from referral_hub.workflow.eligibility import (
    BAND_AGES,
    ORDER,
    Client,
    Conditions,
    Places,
    ages_of,
    assess,
    check_eligible,
)
from referral_hub.workflow.errors import NotEligible

AREAS = ("330108", "330108001", "110101", None)
sexes = st.sampled_from(("1", "2", None))
ages = st.none() | st.integers(0, 90).map(lambda age: (max(age - 1, 0), age))
clients = st.builds(Client, sex=sexes, ages=ages, area_code=st.sampled_from(AREAS))
places = st.none() | st.tuples(*(st.integers(0, 2) for _ in range(4)))
limits = st.none() | st.integers(0, 90)


def counted(kinds: tuple[int, int, int, int] | None, sex: str | None) -> Places | None:
    """The places of an offering as the directory counts them for a client of this sex."""
    if kinds is None:
        return None
    men, women, anyone, unused = kinds
    fitting = {"1": men + anyone, "2": women + anyone}.get(sex or "", men + women + anyone)
    usable = men + women + anyone
    return Places(registered=usable + unused, usable=usable, open_to_all=anyone, fitting=fitting)


def asked(client: Client, wanted: Conditions, kinds: tuple[int, int, int, int] | None) -> Conditions:
    return Conditions(
        sexes=wanted.sexes,
        min_age=wanted.min_age,
        max_age=wanted.max_age,
        area_codes=wanted.area_codes,
        places=counted(kinds, client.sex),
    )


wishes = st.builds(
    Conditions,
    sexes=st.sampled_from((None, ("1",), ("2",), ("1", "2"))),
    min_age=limits,
    max_age=limits,
    area_codes=st.sampled_from(((), ("330100",), ("330108001",), ("110101",))),
)


@given(clients, wishes, places)
def test_knowing_more_never_turns_a_no_or_a_yes_around(
    known: Client, wanted: Conditions, kinds: tuple[int, int, int, int] | None
) -> None:
    """With one fact less the answer is the same, or unknown: never the opposite."""
    full = assess(known, asked(known, wanted, kinds)).answer
    for less in (
        Client(ages=known.ages, area_code=known.area_code),
        Client(sex=known.sex, area_code=known.area_code),
        Client(sex=known.sex, ages=known.ages),
    ):
        answer = assess(less, asked(less, wanted, kinds)).answer
        assert answer in ("unknown", full), (less, answer, full)


@given(wishes, places)
def test_of_someone_unknown_nothing_is_refused(wanted: Conditions, kinds: tuple[int, int, int, int] | None) -> None:
    nobody = Client()
    assert assess(nobody, asked(nobody, wanted, kinds)).answer != "no"


@given(clients, wishes, places)
def test_every_no_says_what_would_have_to_change_and_every_unknown_what_is_missing(
    known: Client, wanted: Conditions, kinds: tuple[int, int, int, int] | None
) -> None:
    for finding in assess(known, asked(known, wanted, kinds)).findings:
        assert finding.answer != "yes"
        assert finding.reason.zh
        assert finding.change is not None


@given(clients, wishes, places)
def test_only_a_no_needs_the_exception_and_only_for_what_it_was_made(
    known: Client, wanted: Conditions, kinds: tuple[int, int, int, int] | None
) -> None:
    fit = assess(known, asked(known, wanted, kinds))
    check_eligible(fit, fit.refused, recipient="中心")
    if fit.answer != "no":
        check_eligible(fit, (), recipient="中心")
        return
    for criterion in fit.refused:
        with pytest.raises(NotEligible):
            check_eligible(fit, fit.refused - {criterion}, recipient="中心")


@pytest.mark.parametrize(
    ("kinds", "sex", "answer"),
    [
        ((2, 0, 0, 0), "2", "no"),
        ((2, 0, 0, 0), "1", "yes"),
        ((2, 0, 0, 0), None, "unknown"),
        ((2, 0, 1, 0), None, "yes"),
        ((0, 0, 0, 0), "2", "unknown"),
        ((0, 0, 0, 2), "2", "yes"),
    ],
)
def test_a_house_for_men_is_no_place_for_a_woman_and_one_without_a_count_is_unknown(
    kinds: tuple[int, int, int, int], sex: str | None, answer: str
) -> None:
    client = Client(sex=sex)
    assert assess(client, asked(client, Conditions(), kinds)).answer == answer


@pytest.mark.parametrize(
    ("age", "band", "answer"),
    [
        (17, None, "yes"),
        (16, None, "unknown"),
        (15, None, "no"),
        (61, None, "unknown"),
        (62, None, "no"),
        (None, None, "unknown"),
        (None, "25-34", "yes"),
        (None, "14-17", "unknown"),
        (None, "0-13", "no"),
    ],
)
def test_an_age_at_the_limit_is_unknown_until_the_birthday_is_checked(
    age: int | None, band: str | None, answer: str
) -> None:
    client = Client(ages=ages_of(age, band))
    assert assess(client, Conditions(min_age=16, max_age=60)).answer == answer


@pytest.mark.parametrize(("verdict", "answer"), [("eligible", "yes"), ("perhaps", "unknown"), ("not_eligible", "no")])
def test_what_the_module_says_counts_with_what_the_hub_knows(verdict: str, answer: str) -> None:
    words = Label(zh="甲", en="A")
    for screening in (
        Screening(verdict=verdict),  # type: ignore[arg-type]
        Screening(verdict=verdict, reasons=[words], needed=[words]),  # type: ignore[arg-type]
    ):
        fit = assess(Client(), Conditions(), screening=screening)
        assert fit.answer == answer
        assert all(finding.change is not None for finding in fit.findings if finding.answer != "yes")
        worse = assess(Client(sex="1"), Conditions(sexes=("2",)), screening=screening)
        assert worse.answer == "no"


def test_every_age_band_has_its_ages() -> None:
    assert set(BAND_AGES) == set(AGE_BANDS)
    assert list(ORDER) == ["yes", "unknown", "no"]
