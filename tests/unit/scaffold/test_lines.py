"""A fault in a manifest is reported with its line, found in the text as an author wrote it."""

from __future__ import annotations

import pytest

from referral_hub.scaffold.lines import line_of, line_of_fault

TEXT = """api = "1.0"
name = { zh = "法律", en = "Legal" }

[[services]]
key = "legal.advice"
fields = [
  { name = "phone", category = "contact" },
  { name = "sex", category = "basic" },
]
stages = [{ key = "done", state = "completed" }]

[[services.forms]]
key = "talk"

[[services]]
key = "legal.court"
stages = [
  { key = "agreed", state = "accepted" },
]

[[services.forms]]
key = "hearing"
title = { zh = "开庭", en = "Hearing" }
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("api", 1),
        ("name.en", 2),
        ("services[0].key", 5),
        ("services[0].fields[1].category", 8),
        ("services[0].stages[0].state", 10),
        ("services[0].forms[0].key", 13),
        ("services[1].key", 16),
        ("services[1].stages[0].next", 18),
        ("services[1].forms[0].title.zh", 23),
        ("services[1].units", 15),
        ("version", None),
        ("", None),
    ],
)
def test_a_key_path_has_a_line(path: str, line: int | None) -> None:
    assert line_of(TEXT, path) == line


def test_a_reader_s_own_message_has_its_line() -> None:
    assert line_of_fault(TEXT, "Expected '=' (at line 7, column 3)") == 7
    assert line_of_fault(TEXT, "Invalid value (at end of document)") == 23
    assert line_of_fault(TEXT, "something else") is None
