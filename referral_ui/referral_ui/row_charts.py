"""Charts of lying bars, one group for each row of a table: for names too long to stand under a bar, and for phones.

Lengths are per cent and letters keep their size, so that the same picture is read on a wide screen, a phone and paper.
A figure that is withheld (R37) has no bar; its mark stands in its place, so that it is not taken for nothing.

    {{ row_chart(_("各机构转介"), labels, [Rows(name, figures)], unit) }}
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from markupsafe import Markup

from referral_hub.i18n import Label
from referral_hub.views.civil.figures import UNIT_WORDS, Figure, Unit
from referral_ui.charts import TONES, draw_patterns, next_key
from referral_ui.i18n import text_of

_WIDEST = Decimal(74)
"""Per cent of the width; the figure stands beside the longest bar."""
_NAME, _BAR, _GAP, _LEGEND = 22, 21, 9, 30


class Rows(msgspec.Struct, frozen=True):
    """One figure for each row, and what they count."""

    name: Label | str
    figures: Sequence[Figure]


def row_chart(title: str, labels: Sequence[Label | str], series: Sequence[Rows], unit: Unit) -> Markup:
    """Bars lying under the name of each row, one for each series; all series are of one unit (R36)."""
    key = next_key()
    values = [figure.value for row in series for figure in row.figures if figure.value is not None]
    top = max([*values, Decimal(100 if unit == "percent" else 0)])
    legend = _legend(series)
    y = _LEGEND if legend else 0
    drawn: list[Markup] = []
    for place, label in enumerate(labels):
        drawn.append(Markup('<text class="label" x="0" y="{}">{}</text>').format(y + 14, text_of(label)))
        y += _NAME
        for index, row in enumerate(series):
            drawn.append(_bar(row.figures[place], top, y, index, key, unit))
            y += _BAR
        y += _GAP
    words = text_of(UNIT_WORDS[unit])
    return Markup(
        '<svg class="row-chart" width="100%" height="{h}" role="img" aria-labelledby="chart-{k}-t chart-{k}-d">'
        '<title id="chart-{k}-t">{title}{unit}</title><desc id="chart-{k}-d">{said}</desc><defs>{patterns}</defs>'
        '<g class="chart">{legend}{drawn}</g></svg>'
    ).format(
        h=max(y - _GAP + 4, 1),
        k=key,
        title=title,
        unit=f" ({words})" if words else "",
        said=_said(labels, series, unit),
        patterns=draw_patterns(key),
        legend=legend,
        drawn=Markup("").join(drawn),
    )


def _bar(figure: Figure, top: Decimal, y: int, index: int, key: int, unit: Unit) -> Markup:
    length = figure.value * _WIDEST / top if figure.value is not None and top else Decimal()
    shape = Markup("")
    if length > 0:
        shape = Markup(
            '<rect class="bar tone-{tone}" x="0" y="{y}" width="{w:.2f}%" height="15" rx="2"/>'
            '<rect class="ink" fill="url(#ink-{key}-{tone})" x="0" y="{y}" width="{w:.2f}%" height="15"/>'
        ).format(tone=index % TONES, key=key, y=y, w=length)
    said = Markup('<text class="figure" x="{:.2f}%" dx="{}" y="{}">{}</text>').format(
        length, 7 if length > 0 else 0, y + 12, _text(figure, unit)
    )
    return shape + said


def _text(figure: Figure, unit: Unit) -> str:
    text = figure.text(unit)
    return f"{text}%" if unit == "percent" and figure.state == "shown" else text


def _legend(series: Sequence[Rows]) -> Markup:
    if len(series) < 2:
        return Markup("")
    x = 0
    parts = []
    for index, row in enumerate(series):
        name = text_of(row.name)
        parts.append(
            Markup(
                '<rect class="key tone-{}" x="{}" y="3" width="12" height="12" rx="2"/>'
                '<text class="label" x="{}" y="14">{}</text>'
            ).format(index % TONES, x, x + 18, name)
        )
        x += 18 + 22 + sum(13 if ord(letter) > 0x2E7F else 7 for letter in name)
    return Markup("").join(parts)


def _said(labels: Sequence[Label | str], series: Sequence[Rows], unit: Unit) -> str:
    return "; ".join(
        f"{text_of(row.name)}: "
        + ", ".join(
            f"{text_of(label)} {_text(figure, unit)}" for label, figure in zip(labels, row.figures, strict=True)
        )
        for row in series
    )
