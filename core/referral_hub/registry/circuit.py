"""The circuit breaker of one module: after three failures in a row it is left alone for a while.

Pure: the state comes in and goes out, so that it can be kept in the database and every hub process sees the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

FAILURES_TO_OPEN = 3
FIRST_PAUSE_SECONDS = 60
MAX_PAUSE_SECONDS = 15 * 60


class Circuit(msgspec.Struct, frozen=True):
    """`failures` in a row; `open_until` while the module is left alone; `open_seconds` the length of the pause."""

    failures: int = 0
    open_until: datetime | None = None
    open_seconds: int = 0

    @property
    def tripped(self) -> bool:
        """Whether the module has failed often enough to be left alone, whatever the time is."""
        return self.open_until is not None


def begin_probe(circuit: Circuit, now: datetime) -> Circuit:
    """Take the one probe after a pause: everyone else waits another pause, or until the probe's result is noted.

    The caller holds the module's row under a lock, so two processes cannot both probe.
    """
    if circuit.open_until is None or now < circuit.open_until:
        return circuit
    return msgspec.structs.replace(circuit, open_until=now + timedelta(seconds=circuit.open_seconds))


def after_success(circuit: Circuit) -> Circuit:
    """Closed again."""
    return Circuit()


def after_failure(circuit: Circuit, now: datetime) -> Circuit:
    """One more infrastructure failure: the third opens for 60 s, each failed probe doubles the pause up to 15 min."""
    failures = circuit.failures + 1
    if failures < FAILURES_TO_OPEN:
        return msgspec.structs.replace(circuit, failures=failures)
    seconds = min(circuit.open_seconds * 2 or FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS)
    return Circuit(failures=failures, open_until=now + timedelta(seconds=seconds), open_seconds=seconds)
