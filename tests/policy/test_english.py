"""Every Chinese sentence of the pages has its English, with the same facts; no translation is left without use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

from referral_ui.i18n import LOCALE_FOLDER, english
from referral_ui.rendering import TEMPLATE_FOLDER, environment

FUNCTIONS = frozenset({"_", "gettext", "ngettext"})
_FACT = re.compile(r"%\((\w+)\)s")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def messages() -> dict[str, str]:
    """Every message id, with the file it stands in first."""
    found: dict[str, str] = {}
    for path in sorted(Path(TEMPLATE_FOLDER).rglob("*.html")):
        for _, _, said in environment().extract_translations(path.read_text(encoding="utf-8")):  # type: ignore[attr-defined]
            message = said if isinstance(said, str) else said[0]
            found.setdefault(message, path.name)
    for path in sorted(LOCALE_FOLDER.parent.rglob("*.py")):
        for message in _said(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(message, path.name)
    return found


def _said(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def translated() -> dict[str, list[str]]:
    """The English forms of every message id: one, or two where something is counted."""
    found: dict[str, list[str]] = {}
    for path in sorted((LOCALE_FOLDER / "en").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="en"):
                if message.id:
                    assert not message.fuzzy, f"{path.name}: {message.id}"
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
                    found.setdefault(key, forms)
    return found


def test_every_sentence_of_the_pages_has_its_english() -> None:
    known = translated()
    assert {message: place for message, place in messages().items() if not all(known.get(message, [""]))} == {}


def test_english_keeps_the_facts_and_is_english() -> None:
    for message, forms in translated().items():
        assert set(_FACT.findall(forms[-1])) == set(_FACT.findall(message)), message
        assert not any(map(_CHINESE.search, forms)), message


def test_no_translation_is_without_use() -> None:
    assert translated().keys() - messages().keys() == set()


def test_a_page_speaks_the_english_of_every_area() -> None:
    for message, forms in translated().items():
        found = (
            {english().gettext(message)}
            if len(forms) == 1
            else {english().ngettext(message, message, n) for n in (1, 2)}
        )
        assert found == set(forms), message
