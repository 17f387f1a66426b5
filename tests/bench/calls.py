"""What a call to a module costs, and how soon the command line answers."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import Any

from referral_hub.hub import Hub

_CALLS = 500


def call_times(hub: Hub) -> dict[str, Any]:
    """Median of a trivial hook through the worker in milliseconds, and of `hub --help` in seconds."""
    times = []
    for _ in range(_CALLS):
        begun = time.perf_counter()
        hub.modules.call("living", "hub_check_settings", settings={})
        times.append((time.perf_counter() - begun) * 1000)
    helps = []
    for _ in range(7):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "referral_hub", "--help"], capture_output=True, check=True)
        helps.append(time.perf_counter() - begun)
    return {
        "module_call": {"median_ms": round(statistics.median(times[20:]), 3)},
        "cli_help": {"seconds": round(statistics.median(helps), 3)},
    }
