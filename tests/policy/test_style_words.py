"""Words that this project does not write, and what it writes instead (CONTRIBUTING, "Words to avoid")."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "CONTRIBUTING.md"
# Decisions and the changelog say what was written once, and are not rewritten.
_HISTORY = ("docs/decisions/", "CHANGELOG.md")
# The headings that offices write, which an import must know.
_LANGUAGES = ("zh", "en")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_OTHERS_WORDS = ("core/referral_hub/importing/headings.toml",)


def words_to_avoid() -> list[tuple[re.Pattern[str], str]]:
    """Each row of the table in the guide: a word or phrase, in English or Chinese, with what replaces it."""
    table = GUIDE.read_text(encoding="utf-8").partition("## Words to avoid")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", table, re.MULTILINE)[2:]
    return [(_pattern(avoid), instead) for avoid, instead in rows]


def _pattern(words: str) -> re.Pattern[str]:
    escaped = re.escape(words)
    return re.compile(escaped if re.search(r"[\u4e00-\u9fff]", words) else rf"\b{escaped}\b", re.IGNORECASE)


@cache
def all_texts() -> tuple[tuple[str, str], ...]:
    return tuple(texts())


def texts() -> Iterator[tuple[str, str]]:
    """Where a text stands, and the text: pages, messages, manifests, documents, docstrings, names of tests."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        path = ROOT / name
        if name.startswith(_HISTORY + _OTHERS_WORDS) or path == GUIDE or not path.exists():
            continue
        if path.suffix == ".po":
            with path.open("rb") as file:
                for message in read_po(file, locale="en"):
                    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
                    yield from ((name, form) for form in (*forms, str(message.id)))
        elif path.suffix == ".py":
            yield from ((name, text) for text in _of_code(ast.parse(path.read_text(encoding="utf-8"))))
        elif path.suffix in (".md", ".html", ".toml", ".j2"):
            yield name, path.read_text(encoding="utf-8")


def _of_code(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name.replace("_", " ")
        if isinstance(node, ast.Call):
            yield from (_text(keyword.value) for keyword in node.keywords if keyword.arg in _LANGUAGES)
            yield from _pairs(node.args)
        if isinstance(node, ast.Tuple):
            yield from _pairs(node.elts)
        if isinstance(node, ast.ClassDef):
            yield from (text for part in node.body for text in _of_attribute(part))


def _of_attribute(part: ast.stmt) -> Iterator[str]:
    """What an error class says: `zh = "…"`, `en: ClassVar[str] = "…"`."""
    if isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None:
        target = part.targets[0] if isinstance(part, ast.Assign) else part.target
        if isinstance(target, ast.Name) and target.id in _LANGUAGES:
            yield _text(part.value)


def _pairs(values: list[ast.expr]) -> Iterator[str]:
    """A Chinese sentence and its English beside each other, as in `say("导入？", "Import?")`."""
    for zh, en in pairwise(values):
        if _is_text(zh) and _is_text(en) and _CHINESE.search(_text(zh)) and not _CHINESE.search(_text(en)):
            yield from (_text(zh), _text(en))


def _is_text(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str))


def _text(value: ast.expr) -> str:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ast.unparse(value)


@pytest.mark.parametrize(("avoid", "instead"), words_to_avoid(), ids=lambda value: getattr(value, "pattern", None))
def test_a_word_to_avoid_is_written_nowhere(avoid: re.Pattern[str], instead: str) -> None:
    found = [
        f"{place}: {match.group()}: write {instead}" for place, text in all_texts() if (match := avoid.search(text))
    ]
    assert found == []


def test_the_guide_names_words_of_both_languages() -> None:
    patterns = [pattern.pattern for pattern, _ in words_to_avoid()]
    assert any(re.search(r"[\u4e00-\u9fff]", pattern) for pattern in patterns)
    assert any(re.search(r"[a-z]", pattern) for pattern in patterns)


@pytest.mark.parametrize(
    "code",
    [
        'Label(zh="可以", en="one cannot")',
        'class Refused(HubError):\n    zh = "不能"\n    en: ClassVar[str] = "one cannot"',
        'say("不能", f"one cannot {action}")',
        '_line("drain", "不能", "one cannot", TAKING)',
        'CODES = (("不能", "one cannot"),)',
    ],
)
def test_every_way_of_writing_two_languages_is_read(code: str) -> None:
    assert any("one cannot" in text for text in _of_code(ast.parse(code)))
