"""One line of JSON each way. The types are read off the hook specifications, so the two cannot drift apart.

Values never carry code: nothing is pickled, and a reply is decoded by the type its hook declares or refused.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal

import msgspec

from referral_hub.api import hooks
from referral_hub.api.hooks import OPTIONAL_HOOKS, REQUIRED_HOOKS

HOOKS: tuple[str, ...] = REQUIRED_HOOKS + OPTIONAL_HOOKS
NEWLINE = b"\n"

Level = Literal["confined", "process"]
FaultKind = Literal["start", "raised", "absent", "reply"]


class Fault(msgspec.Struct, frozen=True):
    """What went wrong in the worker, told without any value of a call: `what` names the error, `where` the place."""

    kind: FaultKind
    what: str
    where: str = ""


class Start(msgspec.Struct, frozen=True):
    """The first line the host sends: which module to import, from where, and within which bounds."""

    module: str
    paths: list[str]
    readable: list[str]
    network: bool
    ports: list[int]
    memory_bytes: int
    cpu_seconds: int
    open_files: int
    reply_bytes: int
    start_seconds: float
    require_confined: bool = False


class Started(msgspec.Struct, frozen=True):
    """The worker's answer to Start: the level of confinement reached and the hooks implemented, or the fault."""

    level: Level | None = None
    hooks: list[str] = []
    fault: Fault | None = None


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call. `seconds` lets the worker end itself should the hub be gone and the module hang.

    With `declared`, a check of the author's kit: the worker notes which other fields of the client are asked for.
    """

    id: int
    hook: str
    seconds: float
    args: msgspec.Raw
    declared: list[str] | None = None


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to the call of the same id: a value, or a fault; and the fields asked for beyond those declared."""

    id: int
    value: msgspec.Raw = msgspec.Raw(b"null")
    fault: Fault | None = None
    undeclared: list[str] = []


class HookTypes(msgspec.Struct, frozen=True):
    """How one hook's arguments and reply are read."""

    names: tuple[str, ...]
    args: msgspec.json.Decoder[Any]
    reply: msgspec.json.Decoder[Any]
    returns: Any


def _hook_types(name: str) -> HookTypes:
    specification: Callable[..., Any] = getattr(hooks, name)
    hints = typing.get_type_hints(specification)
    reply = hints.pop("return")
    args = msgspec.defstruct(f"{name}_args", list(hints.items()), frozen=True)
    return HookTypes(
        names=tuple(hints),
        args=msgspec.json.Decoder(args),
        reply=msgspec.json.Decoder(reply),
        returns=reply,
    )


TYPES: dict[str, HookTypes] = {name: _hook_types(name) for name in HOOKS}

_encoder = msgspec.json.Encoder()
encode = _encoder.encode
decode_start = msgspec.json.Decoder(Start).decode
decode_started = msgspec.json.Decoder(Started).decode
decode_request = msgspec.json.Decoder(Request).decode
decode_reply = msgspec.json.Decoder(Reply).decode


def encode_request(
    number: int, hook: str, seconds: float, args: Mapping[str, Any], declared: Collection[str] | None = None
) -> bytes:
    """A call as one line. Raises TypeError for a hook or argument that the specification does not have."""
    types = TYPES.get(hook)
    if types is None:
        raise TypeError(f"there is no hook {hook}")
    if set(args) != set(types.names):
        raise TypeError(f"{hook} takes {', '.join(types.names)}; got {', '.join(args)}")
    watched = None if declared is None else sorted(declared)
    request = Request(id=number, hook=hook, seconds=seconds, args=msgspec.Raw(encode(args)), declared=watched)
    return encode(request) + NEWLINE


def decode_args(hook: str, raw: msgspec.Raw) -> dict[str, Any]:
    """The arguments of a call as frozen values, by name."""
    types = TYPES[hook]
    args = types.args.decode(raw)
    return {name: getattr(args, name) for name in types.names}


def encode_value(hook: str, value: object) -> bytes:
    """What a hook returned, as JSON. Raises TypeError for another hook's value or one that JSON cannot hold.

    Unknown fields are ignored when a value is read, so a value of the wrong kind would read as an empty one.
    """
    returns = TYPES[hook].returns
    if isinstance(value, msgspec.Struct) and not (isinstance(returns, type) and isinstance(value, returns)):
        raise TypeError(f"a {type(value).__name__} is no answer to {hook}")
    return encode(value)
