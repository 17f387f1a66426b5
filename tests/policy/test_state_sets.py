"""A set of states has one home and a name: nobody spells `accepted, in_service, on_hold` out a second time.

Looked through: collections in Python, `IN (…)` and `ARRAY[…]` in SQL (also in Python's strings) and in templates. SQL
takes its sets from `hub_states(name)`, templates from `state_sets`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from referral_hub.codes import CONSENT_STATES, NEED_STATES
from referral_hub.codes.states import AID_DECIDED, STATE_SETS
from referral_hub.registry.lifecycle import SERVING, TAKING
from referral_hub.registry.lifecycle import STATES as MODULE_STATES
from referral_hub.workflow.table import STATES as REFERRAL_STATES

ROOT = Path(__file__).parents[2]

VOCABULARIES = (
    frozenset(REFERRAL_STATES),
    frozenset(MODULE_STATES),
    frozenset(NEED_STATES),
    frozenset(CONSENT_STATES) | {"replaced"},
    AID_DECIDED,
)
SQL_SETS = STATE_SETS | {"module_taking": TAKING, "module_serving": SERVING}
_VERSIONS = "core/referral_hub/storage/migrations/versions"
MAY_SPELL_OUT = {
    "core/referral_hub/codes/states.py": "the sets themselves",
    "core/referral_hub/registry/lifecycle.py": "the transitions of a module and its sets of states",
    "core/referral_hub/cases/rules.py": "the transitions of a need",
    "core/referral_hub/workflow/table.py": "the transitions of a referral",
    "core/referral_hub/api/manifest_checks.py": "a module's part of the transitions, in the API",
    "core/referral_hub/demo/workshop_steps.py": "how far each made-up referral comes, one after the other",
    "referral_ui/referral_ui/pages/statistics.py": "columns of a table of figures, named like states",
    f"{_VERSIONS}/0001_states.sql": "the sets for SQL, compared with those of Python below",
    f"{_VERSIONS}/0001_checks.sql": "every state a column may hold, not a set of them",
}

_ITEM = r"""(?:'[a-z_]+'|"[a-z_]+")"""
_RUN = re.compile(rf"[(\[]\s*{_ITEM}(?:\s*,\s*{_ITEM})+\s*,?\s*[)\]]")
_NAMED = re.compile(r"hub_states\('([a-z_]+)'\)")
_SHOWN = re.compile(r"state_sets\.([a-z_]+)")


def sources() -> Iterator[tuple[str, str]]:
    for folder in ("core/referral_hub", "referral_ui/referral_ui", "plugins"):
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in (".py", ".sql", ".html") and "/vendor/" not in name and "/tests/" not in name:
                yield name, path.read_text(encoding="utf-8")


def runs(name: str, text: str) -> list[list[str]]:
    """Every collection of two or more states of one kind that the file spells out."""
    found = list(_in_python(text)) if name.endswith(".py") else list(_in_text(text))
    return [items for items in found if len(set(items)) > 1 and any(known.issuperset(items) for known in VOCABULARIES)]


def _in_python(text: str) -> Iterator[list[str]]:
    tree = ast.parse(text)
    types = {id(node.slice) for node in ast.walk(tree) if isinstance(node, ast.Subscript) and _is_literal(node.value)}
    for node in ast.walk(tree):
        if id(node) in types:
            continue
        if isinstance(node, ast.Tuple | ast.Set | ast.List):
            items = [one.value for one in node.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if len(items) == len(node.elts):
                yield items
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _in_text(node.value)


def _is_literal(node: ast.expr) -> bool:
    """`Literal["open", "met"]` says what a value may be: a type checker holds it."""
    return isinstance(node, ast.Name) and node.id == "Literal"


def _in_text(text: str) -> Iterator[list[str]]:
    for run in _RUN.findall(text):
        yield re.findall(r"[a-z_]+", run)


SOURCES = dict(sources())


def held(name: str) -> bool:
    return name not in MAY_SPELL_OUT


def test_a_set_of_states_is_asked_for_by_its_name() -> None:
    spelt_out = {name: runs(name, text) for name, text in SOURCES.items() if held(name)}
    assert {name: found for name, found in spelt_out.items() if found} == {}


@pytest.mark.parametrize("name", MAY_SPELL_OUT)
def test_a_file_that_may_spell_states_out_still_does(name: str) -> None:
    assert runs(name, SOURCES[name])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", 'state.in_(("sent", "received"))'),
        ("a.py", 'state in {"enabled", "degraded"}'),
        ("a.py", "QUERY = \"SELECT 1 FROM need WHERE state NOT IN ('met',\\n 'unmet')\""),
        ("a.sql", "WHERE state = ANY (ARRAY['in_service', 'on_hold'])"),
        ("a.html", "{% if one.state in ['given', 'refused'] %}"),
    ],
)
def test_each_way_to_spell_a_set_out_is_found(name: str, text: str) -> None:
    assert runs(name, text)


def test_sql_knows_the_sets_that_python_knows(owner: psycopg.Connection) -> None:
    asked = {name for text in SOURCES.values() for name in _NAMED.findall(text)}
    assert asked
    for name in sorted(asked | set(_of_the_function())):
        row = owner.execute("SELECT hub_states(%s)", [name]).fetchone()
        assert row is not None
        assert frozenset(row[0] or ()) == SQL_SETS.get(name), name


def test_no_set_in_sql_or_in_a_template_is_asked_for_by_nobody() -> None:
    asked = {name for text in SOURCES.values() for name in _NAMED.findall(text)}
    assert set(_of_the_function()) == asked - {"name"}


def test_templates_ask_for_sets_that_there_are() -> None:
    shown = {name for path, text in SOURCES.items() if path.endswith(".html") for name in _SHOWN.findall(text)}
    assert shown
    assert shown <= STATE_SETS.keys()


def _of_the_function() -> list[str]:
    return re.findall(r"WHEN '([a-z_]+)' THEN ARRAY", SOURCES[f"{_VERSIONS}/0001_states.sql"])
