"""How modules answered where nothing can be written: while a place is looked for. A job writes it down."""

from __future__ import annotations

import threading

from referral_hub.isolation.errors import ModuleFailure
from referral_hub.registry.circuit import FAILURES_TO_OPEN

ON_PAGES = frozenset({"hub_screen", "hub_capacity"})
"""Those asked while someone reads a page. The answers to all others are written at once, and so are their failures."""


class Observations:
    """Failures and answers of this process until they are taken. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[str, dict[str, list[ModuleFailure]]] = {}

    def answered(self, key: str, hook: str) -> None:
        """One hook that answers says nothing of another that hangs."""
        with self._lock:
            self._failures.setdefault(key, {})[hook] = []

    def failed(self, key: str, hook: str, failure: ModuleFailure) -> None:
        with self._lock:
            failures = self._failures.setdefault(key, {}).setdefault(hook, [])
            # Enough to leave the module alone; a busy page would bring hundreds.
            if len(failures) < FAILURES_TO_OPEN:
                failures.append(failure)

    def take(self) -> dict[str, list[ModuleFailure]]:
        """By module, the failures since its hooks last answered; none for one that answers."""
        with self._lock:
            taken, self._failures = self._failures, {}
        return {key: [one for failures in hooks.values() for one in failures] for key, hooks in taken.items()}
