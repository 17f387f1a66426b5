"""Writing a new module from the templates. All of it is made and checked before a file is written."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import jinja2
import msgspec

from referral_hub.api import ManifestError, parse_manifest
from referral_hub.api.manifest import API_VERSION
from referral_hub.codes import NEED_KINDS
from referral_hub.errors import Invalid
from referral_hub.registry.case_field_checks import check_fields
from referral_hub.scaffold.errors import FolderTaken, bad_name, no_key, several_modules

_NAME = re.compile(r"[^\"\\\x00-\x1f\x7f]{1,60}")
_NOT_KEY = re.compile(r"[^a-z0-9]+")


class ServiceAsked(msgspec.Struct, frozen=True):
    """One service of the module to be: its own key, and its titles."""

    key: str
    title: str
    english: str


class Plan(msgspec.Struct, frozen=True):
    """A module to be written."""

    key: str
    name: str
    english: str
    provider: str
    need: str
    services: list[ServiceAsked]

    @property
    def package(self) -> str:
        return f"hub_{self.key}"


def plan_module(
    name: str,
    services: Sequence[str],
    *,
    key: str | None = None,
    english: str | None = None,
    provider: str | None = None,
    need: str | None = None,
) -> Plan:
    """What to write. A service is `advice`, `legal.advice` or `legal.advice=法律咨询`; the part before the dot is the
    module's key unless `key` says it; without either the key comes from the Latin letters of the names.

    Raises `Invalid`, with the field at fault.
    """
    for field, text in (("name", name), ("english", english), ("provider", provider)):
        if text is not None and not _NAME.fullmatch(text.strip()):
            raise bad_name(field, text)
    asked = [_split(service) for service in services]
    prefixes = {prefix for prefix, _, _ in asked if prefix} | ({key} if key else set())
    if len(prefixes) > 1:
        raise several_modules()
    found = next(iter(prefixes), None) or _slug(english or name)
    if not found:
        raise no_key()
    in_english = english or found.replace("_", " ").capitalize()
    return Plan(
        key=found,
        name=name.strip(),
        english=in_english.strip(),
        provider=(provider or "请填写机构名称").strip(),
        need=need or (found if found in NEED_KINDS else "other"),
        services=[
            ServiceAsked(key=own, title=title or name.strip(), english=own.replace("_", " ").capitalize())
            for _, own, title in asked
        ],
    )


def write_module(plan: Plan, folder: Path) -> list[Path]:
    """Write the module into a new `folder` and return its files.

    Raises `FolderTaken`, or `Invalid` with the manifest's first problem: a key that cannot be one, a word that must
    not be used (R20).
    """
    if folder.exists():
        raise FolderTaken(folder=folder)
    files = render(plan)
    try:
        problems = check_fields(parse_manifest(files[f"{plan.package}/hub-module.toml"]))
    except ManifestError as error:
        problems = error.problems
    if problems:
        raise Invalid(field=problems[0].field, message=problems[0].message)
    written = []
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        written.append(file)
    return written


def render(plan: Plan) -> dict[str, str]:
    """The text of every file, by its path in the module's folder."""
    environment = jinja2.Environment(  # noqa: S701 (these are TOML, Python and Markdown, not HTML)
        undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    # A JSON text is a TOML basic string as well.
    environment.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    values = {
        **msgspec.structs.asdict(plan),
        "package": plan.package,
        "api": API_VERSION,
        "class_name": "".join(part.capitalize() for part in plan.key.split("_")),
    }
    folder = resources.files("referral_hub.scaffold") / "template"
    names = {
        "pyproject.toml": "pyproject.toml.j2",
        "README.md": "README.md.j2",
        f"{plan.package}/hub-module.toml": "hub-module.toml.j2",
        f"{plan.package}/__init__.py": "init.py.j2",
        "tests/test_contract.py": "test_contract.py.j2",
    }
    return {
        name: environment.from_string((folder / template).read_text(encoding="utf-8")).render(values)
        for name, template in names.items()
    }


def _split(service: str) -> tuple[str, str, str]:
    """Module, own key and title of what was typed; empty where it says none."""
    key, _, title = service.partition("=")
    if title and not _NAME.fullmatch(title.strip()):
        raise bad_name("service", title)
    module, dot, own = key.strip().partition(".")
    return (module, own, title.strip()) if dot else ("", module, title.strip())


def _slug(name: str) -> str:
    """`Legal aid` → `legal_aid`; nothing for a name without Latin letters."""
    return _NOT_KEY.sub("_", name.lower()).strip("_0123456789")[:40]
