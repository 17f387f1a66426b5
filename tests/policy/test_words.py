"""Nothing a partner, a client's telephone or a passer-by can see names treatment or supervision (R20).

Looked through: every text in the code of hub, pages and modules, every template and its English, manifests, names of
files that are handed out, the made-up district. Where the words are needed, the file is listed with the reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from referral_hub.api import DENIED_WORDS, denied_words

ROOT = Path(__file__).parents[2]

MAY_SAY = {
    "core/referral_hub/api/neutral.py": "the list itself",
    "core/referral_hub/cases/measures.py": "the restricted section, shown to statutory officers only",
    "core/referral_hub/importing/columns.py": "headings of an office's own register, to know what must not be read",
    "core/referral_hub/importing/headings.toml": "headings of an office's own register",
    "core/referral_hub/importing/measures.py": "what an office's own register writes in the restricted columns",
    "core/referral_hub/importing/wording.py": "told to the office that brings its own register in",
}

_JINJA_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


def texts() -> Iterator[tuple[str, str]]:
    """Each file's path with the texts in it that someone may come to read."""
    for source in ("core/referral_hub", "referral_ui/referral_ui", "plugins"):
        for path in sorted((ROOT / source).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if "/vendor/" in name or "/tests/" in name or not path.is_file():
                continue
            if path.suffix == ".py":
                yield name, "\n".join(_literals(ast.parse(path.read_text(encoding="utf-8"))))
            elif path.suffix in (".html", ".po", ".toml", ".txt", ".js", ".css", ".svg"):
                yield name, _JINJA_COMMENT.sub("", path.read_text(encoding="utf-8"))


def _literals(tree: ast.Module) -> Iterator[str]:
    """Every string but the docstrings, which only readers of the code see."""
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


SEEN = dict(texts())


@pytest.mark.parametrize("name", [name for name in SEEN if name not in MAY_SAY])
def test_a_file_says_nothing_that_gives_a_client_away(name: str) -> None:
    assert denied_words(SEEN[name]) == []
    assert denied_words(Path(name).name) == []


@pytest.mark.parametrize("name", MAY_SAY)
def test_a_file_that_may_say_such_words_still_needs_to(name: str) -> None:
    assert denied_words(SEEN[name])


def test_the_list_covers_the_words_of_the_rule() -> None:
    rule = "戒毒 吸毒 禁毒 涉毒 管控 帮教对象 尿检 社戒 社康 强戒 复吸 康复人员 美沙酮 毒"
    assert set(rule.split()) <= set(DENIED_WORDS)
