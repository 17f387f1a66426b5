"""The environment variables that the hub reads."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo
from tests.reference.text import prose, table, type_text

from referral_hub.settings import Settings


def render() -> str:
    rows = [
        (f"`{_variable(name, field)}`", _kind(field), _default(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return (
        f"# Settings · 设置\n\n{prose(Settings.__doc__)}\n\n"
        "A variable that is empty counts as not set. A flag is `1` or `0`.\n\n"
        + table(("Variable", "Kind", "Unless set", "What it does"), rows)
    )


def _variable(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"HUB_{name.upper()}"


def _kind(field: FieldInfo) -> str:
    words = {"bool": "flag", "int": "whole number", "float": "number", "str": "text", "Path": "folder"}
    kind = type_text(field.annotation)
    return words.get(kind, "secret text" if SecretStr.__name__ in kind else kind)


def _default(value: Any) -> str:
    if value is None or value == "":
        return "—"
    return f"`{int(value) if isinstance(value, bool) else value}`"
