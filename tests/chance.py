"""What chance decides in the tests, and when: nothing by default, everything under `make random-tests`.

`HUB_TEST_SEED` puts the tests in another order and lets hypothesis draw other examples; without it, both are the same
at each run. `HUB_TEST_SEARCH` is how many times as many examples are drawn.
"""

from __future__ import annotations

import ast
import os
import random
import re
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, settings

SEED = os.environ.get("HUB_TEST_SEED", "")
_SEARCH = int(os.environ.get("HUB_TEST_SEARCH", "1"))
# As pytest shows hypothesis's note: every line after a margin of the same width, each argument on a line of its own.
_FAILING = re.compile(
    r"^(?P<margin>E +)Failing test case: \w+\(\n(?P<arguments>.*?)^(?P=margin)\)$", re.DOTALL | re.MULTILINE
)
_ARGUMENT = re.compile(r"^    (?P<name>\w+)=(?P<value>.*?),(?:  #[^\n]*)?\n(?=    \w+=|\Z)", re.DOTALL | re.MULTILINE)

SLOW = (HealthCheck.too_slow,)
"""Health checks that measure time: a busy machine is no fault of a test."""
SHARED = (*SLOW, HealthCheck.function_scoped_fixture)
"""The same, where all examples work on one database, which each leaves as it found it."""


def examples(number: int) -> int:
    """How many examples a test draws that draws `number` by default."""
    return number * _SEARCH


def load_profile() -> None:
    """Let every test of properties draw the same examples each time, and never fail for being slow."""
    settings.register_profile(
        "hub",
        max_examples=examples(100),
        derandomize=not SEED,
        database=None,
        deadline=None,
        suppress_health_check=SLOW,
    )
    settings.load_profile("hub")


def shuffle(items: list[pytest.Item]) -> None:
    """Another order, by the seed alone, so that parallel processes agree. Tests of one file stay together."""
    if not SEED:
        return
    chance = random.Random(SEED)
    by_file: dict[str, list[pytest.Item]] = {}
    for item in items:
        by_file.setdefault(item.nodeid.partition("::")[0], []).append(item)
    files = list(by_file.values())
    chance.shuffle(files)
    for file in files:
        chance.shuffle(file)
    items[:] = [item for file in files for item in file]


def _is_value(text: str) -> bool:
    with suppress(ValueError, SyntaxError):
        ast.literal_eval(text)
        return True
    # A date, a struct: a call of a class. Nothing that can only be shown.
    return bool(re.match(r"[\w.]+\(", text)) and "<" not in text and " object at " not in text and "..." not in text


def examples_to_keep(reports: list[pytest.TestReport]) -> Iterator[str]:
    """For each property that failed, the line to put above its test so that this case is tried for ever."""
    for report in reports:
        found = _FAILING.search(report.longreprtext)
        if found:
            arguments = re.sub(f"^{found['margin']}", "", found["arguments"], flags=re.MULTILINE)
            # Fixtures are arguments too, and read as `<Hub object at …>` or `Hub(...)`: objects, not values.
            given = [
                f"{argument['name']}={argument['value']}"
                for argument in _ARGUMENT.finditer(arguments)
                if _is_value(argument["value"])
            ]
            yield f"{report.nodeid}\n@example({', '.join(given)})"
