from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.i18n import Label
from referral_ui.charts import HEIGHT, WIDTH, Series, bar_chart, line_chart
from referral_ui.i18n import use_locale

SVG = "{http://www.w3.org/2000/svg}"
MONTHS = ["1月", "2月", "3月"]
SENT = Series(Label(zh="转出", en="Sent"), [4, None, 12])
DONE = Series(Label(zh="办结", en="Completed"), [1, 2, 3])


@pytest.fixture(autouse=True)
def _in_chinese() -> Iterator[None]:
    with use_locale("zh", datetime(2026, 3, 2, tzinfo=UTC)):
        yield


def parsed(chart: Any) -> ET.Element:
    return ET.fromstring(str(chart).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def test_a_chart_says_in_words_what_it_shows() -> None:
    chart = parsed(bar_chart("每月转介", MONTHS, [SENT], unit="件"))
    title, said = chart.find(f"{SVG}title"), chart.find(f"{SVG}desc")
    assert title is not None
    assert said is not None
    assert title.text == "每月转介（件）"
    assert said.text == "转出: 1月 4件, 2月 不公布, 3月 12件"


def test_a_withheld_figure_is_a_gap_and_not_a_zero() -> None:
    chart = parsed(bar_chart("每月转介", MONTHS, [SENT]))
    assert len(chart.findall(f".//{SVG}rect[@class='bar tone-0']")) == 2
    assert len([text for text in chart.iter(f"{SVG}text") if text.get("class") == "withheld"]) == 1


def test_a_line_breaks_where_a_figure_is_withheld() -> None:
    four = Series("x", [1, 2, None, 3, 4])
    assert len(parsed(line_chart("y", list("abcde"), [four])).findall(f".//{SVG}polyline")) == 2


def test_several_series_have_a_legend_and_patterns_for_print() -> None:
    chart = parsed(bar_chart("每月转介", MONTHS, [SENT, DONE]))
    assert {"转出", "办结"} <= {text.text for text in chart.iter(f"{SVG}text")}
    assert len(chart.findall(f".//{SVG}pattern")) == 4


def test_what_people_wrote_cannot_become_markup() -> None:
    chart = str(bar_chart("<script>alert(1)</script>", ['"><b>'], [Series("<i>", [1])]))
    assert "<script>" not in chart
    assert "<b>" not in chart
    assert "<i>" not in chart


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 10**9), st.floats(0, 1e9, allow_nan=False)), min_size=0, max_size=24)
)
def test_whatever_the_figures_the_drawing_stays_on_its_paper(values: list[float | None]) -> None:
    labels = [str(n) for n in range(len(values))]
    for draw in (bar_chart, line_chart):
        chart = parsed(draw("t", labels, [Series("s", values)]))
        for shape in chart.iter(f"{SVG}rect"):
            if shape.get("class", "").startswith("bar"):
                assert 0 <= float(shape.get("y", 0)) <= HEIGHT
                assert float(shape.get("height", 0)) >= 0
        for dot in chart.iter(f"{SVG}circle"):
            assert 0 <= float(dot.get("cx", 0)) <= WIDTH
            assert 0 <= float(dot.get("cy", 0)) <= HEIGHT
