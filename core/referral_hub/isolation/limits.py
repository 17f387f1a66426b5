"""How long a module may take and how much it may use. Read on both sides of the pipe, so light."""

from __future__ import annotations

import msgspec

MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True):
    """Seconds and bytes. `start` counts from the spawn until the module is imported and its hooks are checked."""

    start: float = 15.0
    check_settings: float = 10.0
    screen: float = 2.0
    capacity: float = 2.0
    receive: float = 10.0
    apply: float = 10.0
    withdraw: float = 10.0
    poll: float = 30.0
    idle: float = 600.0
    reply_bytes: int = MIB
    memory_bytes: int = 512 * MIB
    cpu_seconds: int = 300
    open_files: int = 64
    log_bytes: int = 64 * 1024
    calls: int = 10_000

    def for_hook(self, hook: str) -> float:
        """The seconds one call of `hook` may take."""
        seconds: float = getattr(self, hook.removeprefix("hub_"))
        return seconds

    def slowed(self, factor: float) -> Limits:
        """The same limits on a slow machine: every hook's time multiplied."""
        hooks = ("check_settings", "screen", "capacity", "receive", "apply", "withdraw", "poll")
        return msgspec.structs.replace(self, **{hook: getattr(self, hook) * factor for hook in hooks})
