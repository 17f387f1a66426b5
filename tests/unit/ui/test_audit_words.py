"""The auditor reads words: every subject and every detail that the code writes has its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from referral_hub.storage.personal_fields import CLIENT_FIELDS
from referral_ui.pages.audit_words import NAMES, SUBJECTS, details_in_words

CORE = Path(__file__).parents[3] / "core/referral_hub"


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""), node


def test_every_subject_of_an_entry_has_a_word() -> None:
    written = {
        str(node.args[0].value)
        for name, node in calls()
        if name in ("_Source", "AuditSubject", "part") and node.args and isinstance(node.args[0], ast.Constant)
    }
    assert len(written) > 15
    assert written - SUBJECTS.keys() == set()


def test_every_detail_of_an_entry_has_a_word() -> None:
    written = {
        str(key.value)
        for name, node in calls()
        if name in ("record_audit_entry", "entry_values", "_record", "audit", "move")
        for keyword in node.keywords
        if keyword.arg == "details"
        for part in ast.walk(keyword.value)
        if isinstance(part, ast.Dict)
        for key in part.keys
        if isinstance(key, ast.Constant)
    }
    assert len(written) > 15
    assert written - NAMES.keys() == set()


def test_what_a_look_opened_has_words_and_each_is_said_once() -> None:
    (fields,) = details_in_words({"fields": sorted(CLIENT_FIELDS)})
    words = [value.zh for value in fields.values if not isinstance(value, str)]
    assert len(words) == len(fields.values) == len(set(words))
    assert {"姓名", "电话", "需求", "限制信息"} <= set(words)


def test_a_code_of_the_hub_is_a_word_and_one_of_a_module_stays_a_code() -> None:
    (fields,) = details_in_words({"fields": ["age_band", "topic"], "nothing": []})
    assert getattr(fields.name, "zh", "") == "项目"
    known, own = fields.values
    assert getattr(known, "zh", "") == "年龄段"
    assert own == "topic"
