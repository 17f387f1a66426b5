"""Every Chinese sentence of the pages has its English, with the same facts; no translation is left without use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

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


def test_every_sentence_of_the_pages_has_its_english() -> None:
    known = english().messages.keys() | english().plurals.keys()
    assert {message: place for message, place in messages().items() if message not in known} == {}


def test_english_keeps_the_facts_and_is_english() -> None:
    catalogue = english()
    for message, words in catalogue.messages.items():
        assert set(_FACT.findall(words)) == set(_FACT.findall(message)), message
        assert not _CHINESE.search(words), message
    for message, forms in catalogue.plurals.items():
        assert set(_FACT.findall(forms[1])) == set(_FACT.findall(message)), message


def test_no_translation_is_without_use() -> None:
    used = messages().keys()
    left = [m for m in english().messages.keys() | english().plurals.keys() if m not in used]
    assert left == []
