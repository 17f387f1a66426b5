"""From the text of `hub-module.toml` to a checked Manifest, or to every problem found, each with its key path."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

import msgspec

from referral_hub.api.manifest import API_VERSION, Manifest
from referral_hub.api.manifest_checks import check_manifest
from referral_hub.api.values import Problem
from referral_hub.i18n import Label

_MAX_BYTES = 256 * 1024
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_VERSION = re.compile(r"(\d+)\.(\d+)")
_SHAPE = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_MISSING = re.compile(r"Object missing required field `(.*)`")


class ManifestError(ValueError):
    """A manifest that cannot be used. `problems` name the key path at fault and how to fix it, in both languages.

    `incompatible` tells a manifest written for another API from one that is wrong.
    """

    def __init__(self, problems: list[Problem], *, incompatible: bool = False) -> None:
        self.problems = problems
        self.incompatible = incompatible
        super().__init__("; ".join(problem.message.en for problem in problems))


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest file. Raises ManifestError, also for a file that cannot be read."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ManifestError([_unreadable(ValueError(f"> {_MAX_BYTES} bytes"))])
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError([_unreadable(error)]) from error
    return parse_manifest(text)


@lru_cache(maxsize=256)
def parse_manifest(text: str) -> Manifest:
    """Read and check a manifest's text. Raises ManifestError with every problem found.

    A text read before is not read again: the hub looks for modules often, and they seldom change.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Not only `TOMLDecodeError`: a number of thousands of digits, a table within a table without end.
        raise ManifestError([_unreadable(error)]) from error
    _check_characters(data)
    # Before the shape: a manifest for a later API may well hold keys this hub does not know.
    _check_api(data.get("api"))
    try:
        manifest = msgspec.convert(data, Manifest)
    except msgspec.ValidationError as error:
        raise ManifestError([_shape_problem(str(error))]) from error
    problems = check_manifest(manifest)
    if problems:
        raise ManifestError(problems)
    return manifest


def _check_api(declared: object) -> None:
    """Same major, minor not above the hub's; there is no upper bound for a module to set."""
    match = _VERSION.fullmatch(declared) if isinstance(declared, str) else None
    if match is None:
        message = Label(
            zh=f'api：请写明接口版本，例如 api = "{API_VERSION}"。',
            en=f'api: state the interface version that the module is written for, for example api = "{API_VERSION}".',
        )
        raise ManifestError([Problem(field="api", message=message)])
    major, minor = (int(part) for part in match.groups())
    ours_major, ours_minor = (int(part) for part in API_VERSION.split("."))
    if major != ours_major or minor > ours_minor:
        message = Label(
            zh=f"模块按接口 {declared} 编写，本系统提供 {API_VERSION}。请升级系统，或安装与之相配的模块版本。",
            en=f"The module is written for interface {declared}; this hub offers {API_VERSION}. "
            "Upgrade the hub, or install a version of the module that fits.",
        )
        raise ManifestError([Problem(field="api", message=message)], incompatible=True)


def _check_characters(value: object) -> None:
    """An escape can contain what no text holds: a NUL that no database takes, a command to a terminal."""
    if isinstance(value, dict):
        for key, part in value.items():
            _check_characters(key)
            _check_characters(part)
    elif isinstance(value, list):
        for part in value:
            _check_characters(part)
    elif isinstance(value, str) and _CONTROL.search(value):
        message = Label(
            zh=f"模块清单里有不可见的控制字符：{value[:40]!r}，请删去。",
            en=f"The module's manifest contains control characters: {value[:40]!r}. Remove them.",
        )
        raise ManifestError([Problem(message=message)])


def _unreadable(error: Exception) -> Problem:
    return Problem(
        message=Label(
            zh=f"无法读取模块清单：{error}",
            en=f"The module's manifest cannot be read: {error}",
        ),
    )


def _shape_problem(text: str) -> Problem:
    """A message of msgspec (`Expected `str`, got `int` - at `$.services[0].key``) as a problem at its key path."""
    match = _SHAPE.fullmatch(text)
    what, place = (match["what"], match["path"] or "") if match else (text, "")
    path = place.removeprefix("$").removeprefix(".")
    if unknown := _UNKNOWN.fullmatch(what):
        key = _join(path, unknown[1])
        return Problem(
            field=key,
            message=Label(
                zh=f"{key}：没有这个键，请删去或改正拼写。",
                en=f"{key}: no such key. Remove it or fix its spelling.",
            ),
        )
    if missing := _MISSING.fullmatch(what):
        key = _join(path, missing[1])
        return Problem(
            field=key,
            message=Label(
                zh=f"{key}：缺少这个键，请补上。",
                en=f"{key}: this key is missing. Add it.",
            ),
        )
    return Problem(
        field=path or None,
        message=Label(zh=f"{path}：写法不对（{what}）。", en=f"{path}: {what}."),
    )


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
