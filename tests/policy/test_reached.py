"""Nothing is kept alive by its test alone: each public function and class of the core is used by the product itself."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = "core/referral_hub"
# Public for authors of modules: their callers are elsewhere.
FOR_AUTHORS = (f"{CORE}/api/", f"{CORE}/testing/")


def _product() -> dict[str, ast.Module]:
    files = [path for folder in (CORE, "referral_ui", "plugins") for path in sorted((ROOT / folder).rglob("*.py"))]
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in files
        if "tests" not in path.parts and "node_modules" not in path.parts
    }


def _called_by_name() -> set[str]:
    """Words of templates, and of places that name code in a text: commands, entry points."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "referral_ui").rglob("*.html")]
    texts += [(ROOT / CORE / "cli/group.py").read_text(encoding="utf-8"), (ROOT / "pyproject.toml").read_text("utf-8")]
    return set(re.findall(r"\w+", " ".join(texts)))


def unreached(files: dict[str, ast.Module], called_by_name: set[str]) -> dict[str, str]:
    """Public names of the core that no code of the product uses, with the file that defines them.

    A use within the definition itself, an import and a name in `__all__` do not count.
    """
    used: Counter[str] = Counter()
    for tree in files.values():
        used.update(_names(tree))
    found = {}
    for name, tree in files.items():
        if not name.startswith(f"{CORE}/") or name.startswith(FOR_AUTHORS):
            continue
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if node.name.startswith("_") or node.name in called_by_name or node.decorator_list:
                continue
            if used[node.name] == Counter(_names(node))[node.name]:
                found[node.name] = name
    return found


def _names(tree: ast.AST) -> list[str]:
    return [
        node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
    ]


@pytest.fixture(scope="module")
def alone() -> dict[str, str]:
    return unreached(_product(), _called_by_name())


def test_the_product_itself_reaches_what_it_has(alone: dict[str, str]) -> None:
    assert alone == {}


def test_a_function_that_only_calls_itself_or_is_only_imported_is_found() -> None:
    files = {
        f"{CORE}/one.py": ast.parse("def lonely(n):\n    return lonely(n - 1)\n\ndef met():\n    return 1\n"),
        f"{CORE}/two.py": ast.parse("from one import lonely, met\n__all__ = ['lonely']\nmet()\n"),
    }
    assert unreached(files, set()) == {"lonely": f"{CORE}/one.py"}
