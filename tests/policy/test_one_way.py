"""What pages do in one way: refusals are shown by common doors, names are no translations, a state has one picture."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from referral_hub.workflow.table import STATES
from referral_ui.pages.state_icons import RECEIVED_REFERRAL_ICONS, REFERRAL_ICONS

ROOT = Path(__file__).parents[2]
CATCHES_REFUSALS = {
    "referral_ui/referral_ui/actions.py": "buttons and downloads",
    "referral_ui/referral_ui/forms.py": "forms: beside the field",
    "referral_ui/referral_ui/pages/caseload.py": "what does not decrypt was not encrypted by us",
}
RENDERED = {f"referral_ui/referral_ui/{name}.py" for name in ("i18n", "rendering", "charts", "deadlines", "formats")}
"""Filters and drawings that templates call, while it is known who reads."""
TRANSLATES = "core/referral_hub/i18n.py"


def parsed(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/scaffold/template/" not in name and "/tests/" not in name:
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def names_in(node: ast.expr | None) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} if node else set()


def test_a_page_shows_refusals_through_the_common_doors_only() -> None:
    found = {
        name
        for name, tree in parsed("referral_ui/referral_ui")
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and "HubError" in names_in(node.type)
    }
    assert found == set(CATCHES_REFUSALS)


def test_a_name_is_not_written_down_as_its_own_translation() -> None:
    """`Label(zh=x, en=x)` hides whether a translation is missing: `untranslated(x)` says that there is none."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in parsed("core/referral_hub", "referral_ui/referral_ui", "plugins")
        if name != TRANSLATES
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Label"
        for texts in [{word.arg: ast.dump(word.value) for word in node.keywords}]
        if "zh" in texts and texts.get("zh") == texts.get("en")
    ]
    assert found == []


def test_python_has_no_gettext_and_templates_build_no_labels() -> None:
    """Sentences of templates are message ids, sentences of Python carry both languages (decision 0040)."""
    calls = [
        f"{name}:{node.lineno}"
        for name, tree in parsed("core/referral_hub", "referral_ui/referral_ui")
        if name not in RENDERED
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in {"gettext", "ngettext"})
        or (isinstance(node, ast.Attribute) and node.attr in {"gettext", "ngettext"})
    ]
    labels = [
        path.name
        for path in (ROOT / "referral_ui/referral_ui/templates").rglob("*.html")
        if "Label(" in path.read_text(encoding="utf-8")
    ]
    assert (calls, labels) == ([], [])


def test_every_state_of_a_referral_has_its_picture_on_both_sides() -> None:
    assert set(REFERRAL_ICONS) == set(RECEIVED_REFERRAL_ICONS) == set(STATES)
