"""Totals of the scales in use, and whether the change between first and last is more than chance.

Only totals are kept: the items of SCL-90, SAS and SDS are not ours to print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# How many points of a total are a reliable change. Lower is better on every one of them.
SCALES: Mapping[str, int] = {"phq9": 6, "gad7": 4, "sas": 10, "sds": 10, "scl90": 43}


def change(scores: Sequence[Mapping[str, object]]) -> str:
    """`better`, `worse` or `same` by the first scale measured twice, in the order of `SCALES`; else `not_measured`."""
    for scale, points in SCALES.items():
        totals = [total for score in scores if isinstance(total := score.get(scale), int)]
        if len(totals) < 2:
            continue
        difference = totals[-1] - totals[0]
        if abs(difference) < points:
            return "same"
        return "better" if difference < 0 else "worse"
    return "not_measured"
