"""What it costs to read an office's register, and to start with forty modules installed."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from tests.integration.modules.made import write_module
from tests.unit.imports.registers import id_number, read, workbook

from referral_hub.api.manifest_reader import parse_manifest
from referral_hub.registry.registry import ModuleRegistry

_ROWS = 5_000
_MODULES = 40
_ROUNDS = 5


def register_times() -> dict[str, Any]:
    """A register of 5,000 rows understood, beside openpyxl only opening and reading the same file."""
    rows = [
        ["张伟", id_number(date(1970, 1, 1) + timedelta(days=n), n % 1000), f"138{n:08}", "2025.1.1-2027.12.31"]
        for n in range(_ROWS)
    ]
    data = workbook(["姓名", "身份证号", "联系电话", "社区康复起止日期"], *rows)
    plain = _seconds(lambda: [list(sheet.values) for sheet in load_workbook(BytesIO(data), read_only=True).worksheets])
    ours = _seconds(lambda: read(data))
    return {"register": {"rows": _ROWS, "seconds": round(ours, 2), "against_openpyxl": round(ours / plain, 2)}}


def start_times() -> dict[str, Any]:
    """Milliseconds for finding what is installed: the built-in modules alone, and forty more of partners."""
    with tempfile.TemporaryDirectory(prefix="hub bench ") as made:
        folder = Path(made)
        empty, full = folder / "none", folder / "forty"
        empty.mkdir()
        full.mkdir()
        for number in range(_MODULES):
            write_module(full, f"module_{number}")
        times = {place: _seconds(lambda place=place: _find(folder, place)) for place in (empty, full)}  # type: ignore[misc]
    return {
        "start": {
            "find_built_in_ms": round(times[empty] * 1000, 1),
            "find_with_forty_more_ms": round(times[full] * 1000, 1),
        }
    }


def _find(folder: Path, modules: Path) -> None:
    """As a process does that has just begun and knows no manifest yet."""
    parse_manifest.cache_clear()
    ModuleRegistry(folder=modules, run_folder=folder / "run").modules()


def _seconds(work: Callable[[], object]) -> float:
    """The median of a few rounds, in seconds."""
    times = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)
