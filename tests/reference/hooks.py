"""The hooks: what each is asked, how long it may take, and examples that a test has called."""

from __future__ import annotations

import inspect
import json
from typing import Any, get_type_hints

import msgspec
from tests.reference import hub_evening
from tests.reference.examples import EXAMPLES, Example
from tests.reference.text import prose, table, type_text

from referral_hub import api
from referral_hub.api import hooks
from referral_hub.isolation.limits import MIB, Limits
from referral_hub.module_admin.package import MAX_MIB
from referral_hub.referrals import delivery
from referral_hub.registry.circuit import FAILURES_TO_OPEN, FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS
from referral_hub.workflow import updates

_LIMITS = Limits()
_WIDTH = 100
_EVERY_HOOK = (*api.REQUIRED_HOOKS, *api.OPTIONAL_HOOKS)
_EXAMPLES = """\
The examples are of one small module, evening classes (`tests/reference/hub_evening`). Each was called by a test, and
answered as is shown.
"""
_WHEN = {
    "hub_check_settings": "settings are saved, the module is enabled, and every night",
    "hub_receive": "a referral was sent; from the outbox, again until it is answered",
    "hub_apply": "someone of the organisation filled in a form",
    "hub_withdraw": "a consent or a referral was taken back, or kept to its last day; again until acknowledged",
    "hub_screen": "a worker looks for a place, before any consent",
    "hub_poll": "every minute, while the module is in use",
    "hub_capacity": "a worker looks for a place",
}


def render() -> str:
    parts = [
        "# Hooks · 模块的函数\n",
        prose(hooks.__doc__) + "\n",
        table(
            ("Hook", "Needed", "Called when", "Seconds it may take"),
            (
                [f"[`{name}`](#{name})", _needed(name), _WHEN[name], f"{_LIMITS.for_hook(name):g}"]
                for name in _EVERY_HOOK
            ),
        ),
        _limits(),
        _EXAMPLES,
    ]
    return "\n".join([*parts, *(_hook(name) for name in _EVERY_HOOK)])


def _needed(name: str) -> str:
    return "yes" if name in api.REQUIRED_HOOKS else "no"


def _limits() -> str:
    rows = (
        ("Time to start, until imported", f"{_LIMITS.start:g} s (`HUB_MODULE_START_SECONDS`)"),
        ("Time of a call", "as above, times `HUB_MODULE_SLOWNESS`"),
        ("One reply", f"{_LIMITS.reply_bytes // 1024} KiB"),
        ("Memory", f"{_LIMITS.memory_bytes // MIB} MiB (`HUB_MODULE_MEMORY_MB`)"),
        ("Processor time of one process", f"{_LIMITS.cpu_seconds} s, then a new process serves"),
        ("Calls of one process", f"{_LIMITS.calls}, then a new process serves"),
        ("Open files", str(_LIMITS.open_files)),
        ("Written to files", "nothing at all"),
        ("What it prints", f"the last {_LIMITS.log_bytes // 1024} KiB are kept in memory, shown on no page"),
        ("Idle", f"ended after {_LIMITS.idle / 60:g} minutes (`HUB_MODULE_IDLE_SECONDS`)"),
        ("The installed package", f"{MAX_MIB} MiB"),
        (
            f"After {FAILURES_TO_OPEN} failures in a row",
            f"left alone for {FIRST_PAUSE_SECONDS} s, doubling to {MAX_PAUSE_SECONDS // 60} minutes",
        ),
        (
            "A referral that waits",
            f"asked again after 5 s, doubling to {delivery.MAX_WAIT.seconds // 60} minutes, never given up",
        ),
        ("News that comes too early", f"waits {updates.MAX_UPDATE_WAIT.days} days"),
    )
    return "## Limits · 限度\n\n" + table(("What", "How much"), rows)


def _hook(name: str) -> str:
    hook = getattr(hooks, name)
    hints = get_type_hints(hook)
    arguments = ", ".join(f"{key}: {_short(key, hints[key])}" for key in inspect.signature(hook).parameters)
    source = inspect.getsource(getattr(hub_evening, name)).rstrip()
    parts = [
        f"## {name}\n\n```text\n{name}({arguments}) -> {type_text(hints['return'])}\n```\n\n{prose(hook.__doc__)}\n",
        f"```python\n{source}\n```\n",
        *(_example(example) for example in EXAMPLES if example.hook == name),
    ]
    return "\n".join(parts)


def _example(example: Example) -> str:
    asked = "\n".join(f"{name} = {shown(value)}" for name, value in example.arguments.items())
    return f"{example.words}\n\n```python\n{asked}\n# answers\n{shown(example.answer)}\n```\n"


def shown(value: Any, indent: str = "") -> str:
    """A value as an author would write it: what is left at its default is left out, what is long is broken up."""
    before, items, after = _parts(value, indent + "    ")
    line = before + ", ".join(items) + after
    if not items or ("\n" not in line and len(indent + line) <= _WIDTH):
        return line
    broken = "".join(f"{indent}    {item},\n" for item in items)
    return f"{before}\n{broken}{indent}{after}"


def _parts(value: Any, indent: str) -> tuple[str, list[str], str]:
    """What opens the value, what it holds, and what closes it."""
    if isinstance(value, list):
        return "[", [shown(item, indent) for item in value], "]"
    if isinstance(value, dict):
        return "{", [f"{_plain(name)}: {shown(item, indent)}" for name, item in value.items()], "}"
    if isinstance(value, msgspec.Struct):
        given = [f"{field.name}={shown(getattr(value, field.name), indent)}" for field in _given(value)]
        return f"{type(value).__name__}(", given, ")"
    return _plain(value), [], ""


def _given(value: msgspec.Struct) -> list[msgspec.structs.FieldInfo]:
    return [field for field in msgspec.structs.fields(value) if not _is_default(field, getattr(value, field.name))]


def _is_default(field: msgspec.structs.FieldInfo, value: Any) -> bool:
    return bool(value == field.default or (field.default_factory is not msgspec.NODEFAULT and value in ([], {})))


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value).replace("datetime.", "").replace("'", '"')


def _short(name: str, hint: Any) -> str:
    return "Settings" if name == "settings" else type_text(hint)
