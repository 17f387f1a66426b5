"""What a module's author imports beside the hooks: values and manifest."""

from __future__ import annotations

import inspect
import json
from typing import Any, get_args, get_type_hints

import msgspec
from tests.reference.meanings import MEANINGS
from tests.reference.text import fields_table, prose, table

from referral_hub import api
from referral_hub.api import hooks, manifest, values
from referral_hub.directory.place_counts import PlaceGroup


def render_values() -> str:
    parts = ["# Values · 模块的数据\n", prose(values.__doc__) + "\n"]
    for name in ("Label", *_structs(values)):
        struct = getattr(api, name)
        parts.append(f"## {name}\n\n{prose(struct.__doc__)}\n\n{_where(struct)}{fields_table(struct, MEANINGS)}")
        if struct is api.Offering:
            parts.append(_facts())
    return "\n".join(parts)


def _facts() -> str:
    """What stands in `Offering.attributes`."""
    rows = (
        ("`classes`", "services with `places`", f"the places by class or room: {_names_of(PlaceGroup)}"),
        ("`funds`", "services with `fund`", "this year's funds of the organisation: `code`, `name`, `left_fen`"),
        (
            "`earlier_aid`",
            "services with `fund`",
            "aid of the last year to the same person or household, from every organisation: `month`, `type`; no sums",
        ),
        ("`stage`", "every service", "where this referral stands, once it has a stage"),
    )
    return (
        "What `attributes` holds. A key may be missing, and others may come: read them with `.get`. In a search, "
        "before any consent, there is `classes` alone.\n\n" + table(("Key", "For", "What"), rows) + "\n"
    )


def _names_of(struct: type[msgspec.Struct]) -> str:
    return ", ".join(f"`{field.encode_name}`" for field in msgspec.structs.fields(struct))


def _where(struct: type[msgspec.Struct]) -> str:
    """Which hooks are given the value, and which answer with it."""
    given, answered = [], []
    for name in (*api.REQUIRED_HOOKS, *api.OPTIONAL_HOOKS):
        hints = get_type_hints(getattr(hooks, name))
        reply = hints.pop("return")
        given += [name] * any(_holds(hint, struct) for hint in hints.values())
        answered += [name] * _holds(reply, struct)
    told = [
        f"{words} {', '.join(f'[`{name}`](hooks.md#{name})' for name in names)}."
        for words, names in (("Given to", given), ("Answered by", answered))
        if names
    ]
    return " ".join(told) + "\n\n" if told else ""


def _holds(hint: Any, struct: type[msgspec.Struct]) -> bool:
    return hint is struct or any(_holds(inner, struct) for inner in get_args(hint))


def render_manifest() -> str:
    parts = [
        "# hub-module.toml · 模块清单\n",
        prose(manifest.__doc__) + "\n",
        f'This hub offers `api = "{api.API_VERSION}"`. A module names the same major number and no higher minor one.\n',
        'Every text is a pair, `{ zh = "…", en = "…" }`, in neutral words: none of those of `DENIED_WORDS` (R20).\n',
        _CODES,
    ]
    names = sorted(_structs(manifest), key=_ORDER.index)
    for name in names:
        struct = getattr(api, name)
        parts.append(f"## {name}\n\n{prose(struct.__doc__)}\n\n{fields_table(struct, MEANINGS)}")
    return "\n".join(parts)


def render_schema() -> str:
    return json.dumps(msgspec.json.schema(api.Manifest), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


_CODES = """\
Keys are yours to choose: small letters, digits and underscores, a letter first, 40 at most; a service's key is
`module.name`. What others add up or compare is not: these come from the hub's [codes](codes.md), and another is refused
by name.

| Key | Codes |
| --- | --- |
| `needs` | [NEED_KINDS](codes.md#need_kinds) |
| `units[].key` | [UNITS](codes.md#units) |
| `outcomes[].code` | [OUTCOME_CODES](codes.md#outcome_codes) |
| `fields[].name` and its category | fields of a case, in [codes](codes.md) |
| `eligibility.sexes` | [SEX](codes.md#sex) |
| `Receipt.reason` of a decline | [DECLINE_REASONS](codes.md#decline_reasons) |
| `Assistance.type` | [ASSISTANCE_TYPES](codes.md#assistance_types) |
| `Assistance.fund` | [FUND_SOURCES](codes.md#fund_sources) |

An intake question names its category, and may not ask again what the case knows. The first stage is `accepted`;
`completed` and `discontinued` are ends; every stage can be reached and leads to an end. One form asks the outcome.
`retention_days` is 1 to 3650, counted from the day of the consent; the field with the fewest days ends the consent for
the whole service ([why](../decisions/0021-kept-until-the-day-in-the-notice.md)). `followup_months` is 1 to 60. What
tells who or where a person is cannot be a screening field.
"""

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
