"""The public names as plain data, and what of a new state of them would break someone who uses the old one.

    python -m tests.reference.public_api

adds what is new to `public_api.json`, and refuses when anything was taken away.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from tests.reference.text import type_text

from referral_hub import api, testing
from referral_hub.api import hooks

SNAPSHOT = Path(__file__).with_suffix(".json")
Described = dict[str, Any]
_LITERAL = re.compile(r"Literal\[([^\]]*)\]")


def describe() -> Described:
    """Everything that is promised: names, fields, hooks, and what a module must pass."""
    return {
        "version": api.API_VERSION,
        "hooks": {name: _signature(getattr(hooks, name)) for name in (*api.REQUIRED_HOOKS, *api.OPTIONAL_HOOKS)},
        "required hooks": sorted(api.REQUIRED_HOOKS),
        "required checks": sorted(check.name for check in testing.CHECKS if check.level == "required"),
        "referral_hub.api": {name: _name(getattr(api, name)) for name in sorted(api.__all__)},
        "referral_hub.testing": {name: _name(getattr(testing, name)) for name in sorted(testing.__all__)},
    }


def breaks(old: Described, new: Described) -> list[str]:
    """What of `old` no longer holds in `new`; empty when it only grew."""
    return [
        *_hooks(old["hooks"], new["hooks"]),
        *(f"{what} {name} is now demanded" for what in ("required hooks", "required checks")
          for name in new[what] if name not in old[what]),
        *_names("referral_hub.api", old["referral_hub.api"], new["referral_hub.api"]),
        *_names("referral_hub.testing", old["referral_hub.testing"], new["referral_hub.testing"]),
    ]  # fmt: skip


def _name(thing: Any) -> Described:
    if inspect.isclass(thing):
        described: Described = {"kind": "class", "members": _members(thing)}
        if issubclass(thing, msgspec.Struct):
            described["fields"] = {field.name: _field(field) for field in msgspec.structs.fields(thing)}
        return described
    if inspect.isfunction(plain := inspect.unwrap(thing)):
        return {"kind": "function", **_signature(plain)}
    if isinstance(thing, str):
        return {"kind": "text"}
    if isinstance(thing, tuple | frozenset):
        return {"kind": "list", "holds": sorted(item for item in thing if isinstance(item, str))}
    return {"kind": "other"}


def _members(kind: type) -> Described:
    """What a class has of its own: methods with their arguments, other names as they are."""
    found: Described = {}
    struct = issubclass(kind, msgspec.Struct)
    for name, member in vars(kind).items():
        if (not name.startswith("_") and not inspect.ismemberdescriptor(member)) or (name == "__init__" and not struct):
            plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
            found[name] = _signature(plain) if inspect.isfunction(plain) else {}
    return found


def _signature(function: Any) -> Described:
    signature = inspect.signature(function)
    arguments = {
        name: {"type": _text(parameter.annotation), "required": parameter.default is parameter.empty}
        for name, parameter in signature.parameters.items()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL) and name not in ("self", "cls")
    }
    return {"arguments": arguments, "answers": _text(signature.return_annotation)}


def _text(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else type_text(annotation)


def _field(field: msgspec.structs.FieldInfo) -> Described:
    default = None if field.required else "made" if field.default is msgspec.NODEFAULT else repr(field.default)
    return {"type": type_text(field.type), "required": field.required, "default": default}


def _hooks(old: Described, new: Described) -> Iterator[str]:
    """A function names only the arguments it wants, so a hook may get more of them."""
    for name, hook in old.items():
        if name not in new:
            yield f"the hook {name} is gone"
            continue
        for argument, was in hook["arguments"].items():
            now = new[name]["arguments"].get(argument)
            if now is None or not _fits(was["type"], now["type"]):
                yield f"{name} is no longer given {argument}: {was['type']}"
        if not _fits(hook["answers"], new[name]["answers"]):
            yield f"{name} no longer answers {hook['answers']}"


def _names(module: str, old: Described, new: Described) -> Iterator[str]:
    for name, was in old.items():
        now = new.get(name)
        where = f"{module}.{name}"
        if now is None or now["kind"] != was["kind"]:
            yield f"{where} is gone"
            continue
        yield from _fields(where, was.get("fields", {}), now.get("fields", {}))
        yield from _called(where, was, now)
        for member, before in was.get("members", {}).items():
            after = now["members"].get(member)
            if after is None:
                yield f"{where}.{member} is gone"
            else:
                yield from _called(f"{where}.{member}", before, after)
        yield from (f"{where} no longer holds {item}" for item in was.get("holds", ()) if item not in now["holds"])


def _fields(where: str, old: Described, new: Described) -> Iterator[str]:
    for field, was in old.items():
        now = new.get(field)
        if now is None:
            yield f"{where}.{field} is gone"
        elif not _fits(was["type"], now["type"]):
            yield f"{where}.{field} is {now['type']}, was {was['type']}"
        elif (now["required"] and not was["required"]) or (not was["required"] and now["default"] != was["default"]):
            yield f"{where}.{field} has another default"
    for field, now in new.items():
        if field not in old and now["required"]:
            yield f"{where}.{field} is new and has no default"


def _called(where: str, old: Described, new: Described) -> Iterator[str]:
    before, after = old.get("arguments", {}), new.get("arguments", {})
    for argument, was in before.items():
        now = after.get(argument)
        if now is None or not _fits(was["type"], now["type"]) or (now["required"] and not was["required"]):
            yield f"{where} no longer takes {argument}: {was['type']}"
    for argument, now in after.items():
        if argument not in before and now["required"]:
            yield f"{where} now demands {argument}"
    if "answers" in old and not _fits(old["answers"], new.get("answers", "")):
        yield f"{where} no longer answers {old['answers']}"


def _fits(was: str, now: str) -> bool:
    """The same type, or the same with more codes to choose from."""
    if _LITERAL.sub("Literal", was) != _LITERAL.sub("Literal", now):
        return False
    pairs = zip(_LITERAL.findall(was), _LITERAL.findall(now), strict=True)
    return all(set(before.split(", ")) <= set(after.split(", ")) for before, after in pairs)


def main() -> None:
    found = describe()
    broken = breaks(json.loads(SNAPSHOT.read_text(encoding="utf-8")), found) if SNAPSHOT.exists() else []
    if broken:
        # A new major number, or nothing released yet: whoever means it removes the file first.
        sys.exit("\n".join(["This breaks what was promised:", *broken]))
    SNAPSHOT.write_text(json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
