from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.api import Choice, Field, Label
from referral_hub.registry.forms import check_values, read_form

YES, NO = Choice(code="a", label=Label(zh="甲", en="A")), Choice(code="b", label=Label(zh="乙", en="B"))


def field(kind: str, **more: Any) -> Field:
    if kind in ("choice", "choices"):
        more.setdefault("choices", [YES, NO])
    return Field(key="x", type=kind, label=Label(zh="金额", en="Amount"), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "typed", "clean"),
    [
        ("text", "  张\u3000三  ", "张 三"),
        ("text", "ＡＢ１２", "AB12"),
        ("long", "第一行 \r\n\r\n 第二行\u3000", "第一行\n\n第二行"),
        ("integer", "１２", 12),
        ("integer", "1,200", 1200),
        ("integer", 7, 7),
        ("number", "1.5", 1.5),
        ("number", "2.0", 2),
        ("money", "1200.5", 120050),
        ("money", "￥1,200.50元", 120050),
        ("money", "0.01", 1),
        ("money", "１２００", 120000),
        ("date", "2026-03-05", "2026-03-05"),
        ("date", "2026.3.5", "2026-03-05"),
        ("date", "2026/3/5", "2026-03-05"),
        ("date", "2026年3月5日", "2026-03-05"),
        ("date", "２０２６．３．５", "2026-03-05"),
        ("date", "20260305", "2026-03-05"),
        ("yes_no", "yes", True),
        ("yes_no", "否", False),
        ("yes_no", True, True),
        ("yes_no", False, False),
        ("choice", "a", "a"),
        ("choices", ["a", "b", "a"], ["a", "b"]),
        ("choices", "b", ["b"]),
        ("phone", "138 0013 8000", "13800138000"),
        ("phone", "+86 138-0013-8000", "13800138000"),
        ("phone", "021-5555 0000", "021-55550000"),
        ("secret", " Ａ b\n", "Ａ b"),
    ],
)
def test_what_people_type_is_understood(kind: str, typed: object, clean: object) -> None:
    assert read_form([field(kind)], {"x": typed}) == ({"x": clean}, [])


@pytest.mark.parametrize(
    ("kind", "typed", "told"),
    [
        ("integer", "十二", "number"),
        ("integer", "1.5", "whole number"),
        ("number", "1e9", "number"),
        ("number", "NaN", "number"),
        ("money", "1200.505", "two decimals"),
        ("money", "-5", "negative"),
        ("money", "一百", "number"),
        ("date", "2026-02-30", "needs a date"),
        ("date", "5/3/2026", "needs a date"),
        ("yes_no", "maybe", "yes or no"),
        ("choice", "c", "from the list"),
        ("choices", ["a", "c"], "from the list"),
        ("phone", "12345", "11 digits"),
        ("text", "长" * 201, "200 characters"),
    ],
)
def test_a_error_names_the_question_and_says_how_to_fix_it(kind: str, typed: object, told: str) -> None:
    clean, problems = read_form([field(kind)], {"x": typed})
    assert clean == {}
    (problem,) = problems
    assert problem.field == "x"
    assert problem.message.en.startswith("“Amount”")
    assert problem.message.zh.startswith("“金额”")
    assert told in problem.message.en


@pytest.mark.parametrize("kind", ["text", "integer", "money", "date", "yes_no", "choice", "choices", "phone"])
@pytest.mark.parametrize("typed", [None, "", "  ", [], "\u3000"])
def test_an_empty_answer_is_missed_only_where_it_is_required(kind: str, typed: object) -> None:
    assert read_form([field(kind)], {"x": typed}) == ({}, [])
    clean, problems = read_form([field(kind, required=True)], {"x": typed})
    assert clean == {}
    assert len(problems) == 1


def test_bounds_are_reported_in_the_unit_people_type() -> None:
    (problem,) = read_form([field("money", max=50_000)], {"x": "600"})[1]
    assert "500.00" in problem.message.en
    (problem,) = read_form([field("integer", min=1)], {"x": "0"})[1]
    assert "at least 1" in problem.message.en


def test_every_error_of_a_form_is_reported_at_once_and_the_rest_is_kept() -> None:
    label = Label(zh="甲", en="A")
    fields = [
        Field(key="a", type="integer", label=label),
        Field(key="b", type="date", label=label, required=True),
        Field(key="c", type="text", label=label),
    ]
    clean, problems = read_form(fields, {"a": "x", "c": "kept", "unknown": "left alone"})
    assert clean == {"c": "kept"}
    assert [problem.field for problem in problems] == ["a", "b"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", True),
        ("integer", 1.5),
        ("money", 1.5),
        ("money", -1),
        ("yes_no", "yes"),
        ("date", "5 March"),
        ("date", 5),
        ("choice", "c"),
        ("choices", "a"),
        ("choices", [1]),
        ("text", None),
    ],
)
def test_clean_values_are_checked_by_type(kind: str, value: object) -> None:
    assert [problem.field for problem in check_values([field(kind)], {"x": value})] == ["x"]


def test_a_value_for_a_question_nobody_asks_is_a_problem() -> None:
    assert [problem.field for problem in check_values([field("text")], {"y": "z"})] == ["y"]


@given(
    st.sampled_from(["text", "long", "integer", "number", "money", "date", "yes_no", "choice", "choices", "phone"]),
    st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text())),
)
def test_nothing_anyone_types_breaks_the_reading(kind: str, typed: object) -> None:
    """What is taken as clean is clean; anything else is a problem."""
    clean, problems = read_form([field(kind)], {"x": typed})
    assert check_values([field(kind)], clean) == []
    assert not (clean and problems)
