"""No well-formed body of the wrong shape ends in a failure of ours: it is taken, or refused in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.api.conftest import Call, Program
from tests.loop import Loop
from tests.odd import ODD, paths, replaced

FEW_ODD: tuple[Any, ...] = (None, "", "nothing", 0, -1, "9999-12-31", [], {}, "长" * 5000, {"nothing": 1})
Programs = Callable[..., Program]


@pytest.mark.slow
def test_an_odd_value_in_any_place_of_any_body_is_taken_or_refused_in_words(calls: list[Call]) -> None:
    failed, never_taken = [], []
    for sender, path, body in calls:
        statuses = set()
        for place in paths(body):
            for odd in ODD:
                status = sender.post(path, replaced(body, place, odd)).status_code
                statuses.add(status)
                if status >= 500:
                    failed.append((path.rpartition("/")[2], place, repr(odd)[:30], status))
        last = sender.post(path, body)
        if min(*statuses, last.status_code) >= 300:
            never_taken.append((path, statuses, last.text))
    assert failed == []
    # An action that refuses all it is sent would prove nothing.
    assert never_taken == []


@pytest.mark.parametrize(
    "address", ["/directory?area=%00", "/directory?need=a%00b", "/offerings?area=%00", "/inbox/%00", "/statistics/%00"]
)
def test_an_address_with_a_character_that_no_database_keeps_is_refused(
    loop: Loop, program: Programs, address: str
) -> None:
    assert program(loop.world.worker).get(address).status_code in (400, 404)


def test_a_text_that_no_database_keeps_is_refused_by_its_place(loop: Loop, program: Programs) -> None:
    sent = {"name": "张三", "profile": {"skills": ["烹饪", "a\x00b"]}}
    refused = program(loop.world.worker).post("/cases", sent)
    assert refused.status_code == 400
    assert "profile.skills[1]" in refused.json()["errors"][0]["message"]


def test_a_refused_value_is_refused_by_the_name_of_its_field(calls: list[Call]) -> None:
    """Whatever is wrong with one place of a body, the answer's `errors` name that place."""
    unnamed = []
    for sender, path, body in calls:
        for place in filter(None, paths(body)):
            for odd in FEW_ODD:
                answer = sender.post(path, replaced(body, place, odd))
                if answer.status_code not in (400, 422):
                    continue
                told = answer.json()
                names = {part for error in told.get("errors", []) for part in re.split(r"[.\[\]]", str(error["field"]))}
                if not names & {"nothing", *map(str, place)}:
                    unnamed.append((path.rpartition("/")[2], place, repr(odd)[:20], told["code"], sorted(names)))
    assert unnamed == []
