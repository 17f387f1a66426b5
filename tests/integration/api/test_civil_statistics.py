"""The tables of the return as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.assistance.test_statistics import Aid
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.views.civil.returns import KINDS


@pytest.fixture
def aid(hub: Hub, world: World) -> Aid:
    made = Aid(hub, world)
    made.give(7, "medical")
    made.give(2, "education")
    return made


def test_a_table_is_given_as_figures_with_their_state(program: Callable[..., Any], world: World, aid: Aid) -> None:
    table = program(world.civil).get("/statistics/assistance?since=2026-03&until=2026-03").json()
    assert (table["key"], table["rows_by"], table["since"], table["until"]) == (
        "assistance", "type", "2026-03-01", "2026-03-31",
    )  # fmt: skip
    figures = {line["key"]: line["figures"]["granted"] for line in table["lines"]}
    assert figures["education"]["state"] == "few"
    assert figures["education"]["value"] is None
    assert table["total"]["figures"]["granted"] == {"state": "shown", "value": "9"}
    assert table["cut_off"].startswith("2026-03-02T02:00:00")


def test_every_table_and_breakdown_answers(program: Callable[..., Any], world: World) -> None:
    asking = program(world.civil)
    for kind in KINDS.values():
        for rows in kind.rows or (None,):
            answer = asking.get(f"/statistics/{kind.key}" + (f"?rows={rows}" if rows else ""))
            assert answer.status_code == 200, (kind.key, rows, answer.text)


def test_a_provider_is_not_told_how_clients_answered_when_asked_for_consent(
    program: Callable[..., Any], world: World
) -> None:
    assert program(world.partner).get("/statistics/consents").status_code == 403
    assert program(world.supervisor).get("/statistics/consents").status_code == 200


def test_each_role_is_given_its_own_share(program: Callable[..., Any], world: World, aid: Aid) -> None:
    def granted(actor: Any) -> Any:
        answer = program(actor, ("read",)).get("/statistics/assistance")
        assert answer.status_code == 200
        return answer.json()["total"]["figures"]["granted"]["value"]

    assert granted(world.partner) == "9"
    assert granted(world.supervisor) == "9"
    assert granted(world.other_partner) == "0"
    for actor in (world.worker, world.admin, world.auditor):
        assert program(actor).get("/statistics/assistance").status_code == 403


@pytest.mark.parametrize(
    "query",
    ["people", "assistance?rows=name", "assistance?since=2026-13", "assistance?until=1999-01", "services?only=x"],
)
def test_a_question_that_is_not_offered_is_refused_as_a_problem(
    program: Callable[..., Any], world: World, query: str
) -> None:
    answer = program(world.civil).get(f"/statistics/{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
