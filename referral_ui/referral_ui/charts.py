"""Charts as SVG, drawn on the server: no script, crisp in print, and readable without colour.

Each series has its own pattern as well as its colour, so that a black-and-white print can be told apart. The picture
carries a title and a sentence for screen readers; the page puts the same figures in a table beside it.

    {{ bar_chart(_("每月转介"), months, [Series(...)]) }}

A value of None is a figure that is withheld (R37) or missing: it is drawn as a gap, never as nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import count

import msgspec
from markupsafe import Markup

from referral_hub.i18n import Label
from referral_ui.formats import format_number
from referral_ui.i18n import gettext, text_of

WIDTH = 720
HEIGHT = 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 34, 44
_TICKS = 4
TONES = 4
_serial = count(1)


class Series(msgspec.Struct, frozen=True):
    """One row of figures: its name, and a value for each label. None is withheld."""

    name: Label | str
    values: Sequence[float | None]


def bar_chart(
    title: str, labels: Sequence[str], series: Sequence[Series], *, unit: str = "", height: int = HEIGHT
) -> Markup:
    """Bars side by side, one group for each label."""
    plot = _Plot(labels, series, height)
    group = plot.step * 0.72
    width = group / max(len(series), 1)
    drawn: list[Markup] = []
    for index, row in enumerate(series):
        for place, value in enumerate(row.values):
            x = plot.x(place) - group / 2 + index * width
            drawn.append(_bar(plot, row, value, x, width, index, labels[place], unit))
    return plot.finish(title, unit, drawn, [draw_patterns(plot.key)])


def line_chart(
    title: str, labels: Sequence[str], series: Sequence[Series], *, unit: str = "", height: int = HEIGHT
) -> Markup:
    """Lines over time. A withheld value breaks the line."""
    plot = _Plot(labels, series, height)
    drawn: list[Markup] = []
    for index, row in enumerate(series):
        tone = index % TONES
        for run in _runs(row.values):
            points = " ".join(f"{plot.x(place):.1f},{plot.y(value):.1f}" for place, value in run)
            drawn.append(Markup('<polyline class="line tone-{}" points="{}"/>').format(tone, points))
        for place, value in enumerate(row.values):
            if value is None:
                continue
            tip = _tip(row, labels[place], value, unit)
            drawn.append(
                Markup('<circle class="dot tone-{}" cx="{}" cy="{}" r="3.5"><title>{}</title></circle>').format(
                    tone, f"{plot.x(place):.1f}", f"{plot.y(value):.1f}", tip
                )
            )
    return plot.finish(title, unit, drawn, [])


def next_key() -> int:
    """Tells one chart's titles and patterns from another's, on a page with several."""
    return next(_serial)


class _Plot:
    """The paper: scales, axis and legend."""

    def __init__(self, labels: Sequence[str], series: Sequence[Series], height: int) -> None:
        self.labels = labels
        self.series = series
        self.height = height
        self.key = next_key()
        highest = max((value for row in series for value in row.values if value is not None), default=0)
        self.tick = _nice_step(highest)
        self.top = max(self.tick * math.ceil(highest / self.tick), self.tick)
        self.step = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)

    def x(self, place: int) -> float:
        return _LEFT + self.step * (place + 0.5)

    def y(self, value: float) -> float:
        return _TOP + (self.height - _TOP - _BOTTOM) * (1 - value / self.top)

    def finish(self, title: str, unit: str, drawn: Sequence[Markup], definitions: Sequence[Markup]) -> Markup:
        heading = f"{title}（{unit}）" if unit and not title.isascii() else f"{title} ({unit})" if unit else title
        return Markup(
            '<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-labelledby="chart-{k}-t chart-{k}-d">'
            '<title id="chart-{k}-t">{title}</title><desc id="chart-{k}-d">{desc}</desc>'
            "<defs>{defs}</defs>{grid}{drawn}{labels}{legend}</svg>"
        ).format(
            w=WIDTH,
            h=self.height,
            k=self.key,
            title=heading,
            desc=self._description(unit),
            defs=Markup("").join(definitions),
            grid=self._grid(),
            drawn=Markup("").join(drawn),
            labels=self._labels(),
            legend=self._legend(),
        )

    def _grid(self) -> Markup:
        lines = []
        value = 0.0
        while value <= self.top + self.tick / 2:
            y = f"{self.y(value):.1f}"
            lines.append(
                Markup(
                    '<line class="grid" x1="{x1}" x2="{x2}" y1="{y}" y2="{y}"/>'
                    '<text class="tick" x="{x}" y="{y}" dy="0.35em" text-anchor="end">{v}</text>'
                ).format(x1=_LEFT, x2=WIDTH - _RIGHT, y=y, x=_LEFT - 8, v=_short(value))
            )
            value += self.tick
        return Markup("").join(lines)

    def _labels(self) -> Markup:
        """Every label where there is room, else every second, third …"""
        longest = max((_width_of(label) for label in self.labels), default=1)
        every = max(1, math.ceil((longest * 7 + 8) / self.step))
        return Markup("").join(
            Markup('<text class="label" x="{}" y="{}" text-anchor="middle">{}</text>').format(
                f"{self.x(place):.1f}", self.height - _BOTTOM + 20, label
            )
            for place, label in enumerate(self.labels)
            if place % every == 0
        )

    def _legend(self) -> Markup:
        if len(self.series) < 2:
            return Markup("")
        x = float(_LEFT)
        parts = []
        for index, row in enumerate(self.series):
            name = text_of(row.name)
            parts.append(
                Markup(
                    '<rect class="key tone-{}" x="{}" y="6" width="12" height="12" rx="2"/>'
                    '<text class="label" x="{}" y="16">{}</text>'
                ).format(index % TONES, f"{x:.0f}", f"{x + 18:.0f}", name)
            )
            x += 18 + _width_of(name) * 7 + 22
        return Markup("").join(parts)

    def _description(self, unit: str) -> str:
        rows = []
        for row in self.series:
            figures = ", ".join(
                f"{label} {gettext('不公布') if value is None else format_number(value, _places(value)) + unit}"
                for label, value in zip(self.labels, row.values, strict=True)
            )
            rows.append(f"{text_of(row.name)}: {figures}")
        return "; ".join(rows)


def _bar(
    plot: _Plot, row: Series, value: float | None, x: float, width: float, index: int, label: str, unit: str
) -> Markup:
    tone = index % TONES
    middle = f"{x + width / 2:.1f}"
    if value is None:
        return Markup('<text class="withheld" x="{}" y="{}" text-anchor="middle">…<title>{}</title></text>').format(
            middle, f"{plot.y(0) - 4:.1f}", f"{label}: {gettext('不公布')}"
        )
    y = plot.y(value)
    shape = Markup(
        '<rect class="bar tone-{tone}" x="{x}" y="{y}" width="{w}" height="{h}" rx="2"/>'
        '<rect class="ink" fill="url(#ink-{key}-{tone})" x="{x}" y="{y}" width="{w}" height="{h}"/>'
    ).format(
        tone=tone,
        key=plot.key,
        x=f"{x + 1:.1f}",
        y=f"{y:.1f}",
        w=f"{max(width - 2, 1):.1f}",
        h=f"{max(plot.y(0) - y, 0):.1f}",
    )
    figure = _short(value)
    fits = width >= _width_of(figure) * 6.5
    said = Markup('<text class="figure" x="{}" y="{}" text-anchor="middle">{}</text>').format(
        middle, f"{y - 5:.1f}", figure
    )
    return Markup("<g><title>{}</title>{}{}</g>").format(
        _tip(row, label, value, unit), shape, said if fits else Markup("")
    )


def draw_patterns(key: int) -> Markup:
    """For the chart of that key: strokes laid over the colours in print: none, rising, falling, dots."""
    strokes = ("", "M0 6L6 0", "M0 0L6 6", "M3 3h.5")
    return Markup("").join(
        Markup(
            '<pattern id="ink-{}-{}" width="6" height="6" patternUnits="userSpaceOnUse"><path class="stroke" d="{}"/>'
            "</pattern>"
        ).format(key, tone, stroke)
        for tone, stroke in enumerate(strokes)
    )


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if len(run) > 1]


def _nice_step(highest: float) -> float:
    """1, 2 or 5 times a power of ten, so that about four lines reach the highest value; never under 1."""
    if highest <= _TICKS:
        return 1
    rough = highest / _TICKS
    power = 10 ** math.floor(math.log10(rough))
    return float(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough))


def _tip(row: Series, label: str, value: float, unit: str) -> str:
    return f"{label} {text_of(row.name)}: {format_number(value, _places(value))} {unit}".strip()


def _short(value: float) -> str:
    return format_number(value, _places(value))


def _places(value: float) -> int:
    return 0 if float(value).is_integer() else 1


def _width_of(text: str) -> float:
    """In letters: a Chinese character is about two wide."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)
