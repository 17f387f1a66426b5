"""How long a text may be stands once, in `referral_hub.text_limits`; what is too long is refused, never cut."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "referral_ui/referral_ui/pages"
TEMPLATES = ROOT / "referral_ui/referral_ui/templates"
CORE = ROOT / "core/referral_hub"

NOT_TYPED = {
    "isolation/worker.py": "what a program printed",
    "service/machine.py": "what a program printed",
    "scaffold/generate.py": "a name that is cut to be shown in an error",
}
# An area code has a length of its own: it is no text.
NOT_A_TEXT = {("worker/directory.html", "12"), ("case_fields.py", "area_code"), ("ledger_forms.py", "area_code")}
_TYPED = ("text", "long")
_MAX_LENGTH = re.compile(r'maxlength="([0-9]+)"')


def inputs_with_a_number() -> Iterator[tuple[str, str]]:
    """Questions of pages whose longest answer is written as a number."""
    for path in sorted(PAGES.glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Input"):
                continue
            values = [one.value if isinstance(one, ast.Constant) else None for one in call.args]
            limit = next((one.value for one in call.keywords if one.arg == "max"), None)
            if len(values) > 1 and values[1] in _TYPED and isinstance(limit, ast.Constant):
                yield path.name, str(values[0])


def test_a_page_takes_its_limits_from_where_the_action_does() -> None:
    assert [found for found in inputs_with_a_number() if found not in NOT_A_TEXT] == []


def test_a_template_takes_its_limits_from_where_the_action_does() -> None:
    found = {
        (path.relative_to(TEMPLATES).as_posix(), number)
        for path in TEMPLATES.rglob("*.html")
        for number in _MAX_LENGTH.findall(path.read_text(encoding="utf-8"))
    }
    assert found - NOT_A_TEXT == set()


def cuts(text: str) -> list[int]:
    """Lines that clean a text and cut it in one breath: `words.strip()[:200]`."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Slice)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr == "strip"
    ]


def test_what_is_too_long_is_refused_and_not_cut() -> None:
    cutting = {path.relative_to(CORE).as_posix(): cuts(path.read_text(encoding="utf-8")) for path in CORE.rglob("*.py")}
    assert {name for name, lines in cutting.items() if lines} == NOT_TYPED.keys()


@pytest.mark.parametrize("text", ["x = reason.strip()[:200]", "keep(note=(note or '').strip()[:LIMIT])"])
def test_a_cut_is_found(text: str) -> None:
    assert cuts(text)
