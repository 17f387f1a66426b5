"""A deadline is written by one function, so that no page shows 11-30 where another shows 12-01 00:00."""

from __future__ import annotations

import re

from jinja2 import nodes

from referral_ui.rendering import TEMPLATE_FOLDER, environment

_DEADLINE = re.compile(r"(^|_)due(_at|_on)?$|^hold_until$|_deadline$")
_OTHER_WAYS = {"when", "date", "day", "month", "ago"}


def deadlines_written_otherwise(source: str) -> list[str]:
    """Names of deadlines that a template hands to a filter for moments or days."""
    tree = environment().parse(source)
    return [
        f"{filtered.node.attr}|{filtered.name}"
        for filtered in tree.find_all(nodes.Filter)
        if filtered.name in _OTHER_WAYS
        and isinstance(filtered.node, nodes.Getattr)
        and _DEADLINE.search(filtered.node.attr)
    ]


def test_the_search_finds_a_deadline_shown_raw() -> None:
    assert deadlines_written_otherwise("{{ referral.answer_due_at|when }}{{ a.due_on|date }}{{ a.sent_at|when }}") == [
        "answer_due_at|when",
        "due_on|date",
    ]


def test_every_template_writes_its_deadlines_the_one_way() -> None:
    wrong = {
        path.name: deadlines_written_otherwise(path.read_text("utf-8")) for path in TEMPLATE_FOLDER.rglob("*.html")
    }
    assert {name: found for name, found in wrong.items() if found} == {}
