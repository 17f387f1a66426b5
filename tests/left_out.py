"""`make test` says at its end what it leaves to continuous integration, and how to run that by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

COMMANDS = {"browser": "make browser-tests", "slow": "make slow-tests"}
_KEY = "left_out"


class LeftOut:
    """Counts what a `-m` deselects. With several processes, each counts all of it and the first one reports."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._count: Counter[str] = Counter()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        for item in items:
            self._count.update([name for name in COMMANDS if item.get_closest_marker(name)][:1])

    def pytest_sessionfinish(self) -> None:
        if (output := getattr(self._config, "workeroutput", None)) is not None:
            output[_KEY] = dict(self._count)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._count = Counter(getattr(node, "workeroutput", {}).get(_KEY, self._count))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name, count in sorted(self._count.items()):
            terminalreporter.write_line(f"Left to continuous integration: {count} {name} tests ({COMMANDS[name]})")
