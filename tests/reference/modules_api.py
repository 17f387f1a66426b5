"""What a module's author imports: hooks, values, manifest."""

from __future__ import annotations

import inspect
import json
from typing import Any, get_type_hints

import msgspec
from tests.reference.text import fields_table, prose, table, type_text

from referral_hub import api
from referral_hub.api import hooks, manifest, values
from referral_hub.isolation.limits import Limits

_LIMITS = Limits()


def render_hooks() -> str:
    parts = [
        "# Hooks · 模块的函数\n",
        prose(hooks.__doc__) + "\n",
        table(
            ("Hook", "Needed", "Seconds it may take"),
            (
                (f"[`{name}`](#{name})", _needed(name), f"{_LIMITS.for_hook(name):g}")
                for name in (*api.REQUIRED_HOOKS, *api.OPTIONAL_HOOKS)
            ),
        ),
        f"A module has {_LIMITS.start:g} seconds to start. A reply is at most {_LIMITS.reply_bytes // 1024} KiB.\n",
    ]
    for name in (*api.REQUIRED_HOOKS, *api.OPTIONAL_HOOKS):
        hook = getattr(hooks, name)
        hints = get_type_hints(hook)
        arguments = ", ".join(f"{key}: {_short(key, hints[key])}" for key in inspect.signature(hook).parameters)
        declared = f"{name}({arguments}) -> {type_text(hints['return'])}"
        parts.append(f"## {name}\n\n```text\n{declared}\n```\n\n{prose(hook.__doc__)}\n")
    return "\n".join(parts)


def render_values() -> str:
    parts = ["# Values · 模块的数据\n", prose(values.__doc__) + "\n"]
    for name in ("Label", *_structs(values)):
        struct = getattr(api, name)
        parts.append(f"## {name}\n\n{prose(struct.__doc__)}\n\n{fields_table(struct)}")
    return "\n".join(parts)


def render_manifest() -> str:
    parts = [
        "# hub-module.toml · 模块清单\n",
        prose(manifest.__doc__) + "\n",
        f'This hub offers `api = "{api.API_VERSION}"`. A module names the same major number and no higher minor one.\n',
        'Every text is a pair, `{ zh = "…", en = "…" }`, in neutral words.\n',
    ]
    names = sorted(_structs(manifest), key=_ORDER.index)
    for name in names:
        struct = getattr(api, name)
        parts.append(f"## {name}\n\n{prose(struct.__doc__)}\n\n{fields_table(struct)}")
    return "\n".join(parts)


def render_schema() -> str:
    return json.dumps(msgspec.json.schema(api.Manifest), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


# From the whole to its parts.
_ORDER = ["Manifest", "Service", "WantedField", "Field", "Choice", "Stage", "Form", "Unit", "Times", "Eligibility"]


def _structs(module: Any) -> list[str]:
    """The public structs that `module` itself defines, in its order."""
    return [
        name
        for name, kind in vars(module).items()
        if inspect.isclass(kind)
        and issubclass(kind, msgspec.Struct)
        and kind.__module__ == module.__name__
        and name in api.__all__
    ]


def _needed(name: str) -> str:
    return "yes" if name in api.REQUIRED_HOOKS else "no"


def _short(name: str, hint: Any) -> str:
    return "Settings" if name == "settings" else type_text(hint)
