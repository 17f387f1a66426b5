"""Lists of cases and the search: exact by blind index, in part among one's own, entered in the audit log."""

from __future__ import annotations

import psycopg
import pytest
from tests.factories import client, id_number, phone
from tests.world import World

from referral_hub.actor import Actor
from referral_hub.cases.actions import close_case
from referral_hub.hub import Hub
from referral_hub.paging import Page
from referral_hub.views.worker.caseload import CaseRow, caseload, find_person


def listed(hub: Hub, actor: Actor, **values: object) -> Page[CaseRow]:
    with hub.transaction(actor) as session:
        return caseload(session, **values)  # type: ignore[arg-type]


def test_the_list_goes_on_page_by_page_without_gap_or_repeat(hub: Hub, world: World) -> None:
    numbers = [client(hub, world.worker, serial=serial).number for serial in range(1, 8)]
    seen: list[str] = []
    after = None
    while True:
        page = listed(hub, world.worker, limit=3, after=after)
        seen += [line.number for line in page.lines]
        after = page.next
        if after is None:
            break
    assert seen == numbers[::-1]


def test_identity_in_lists_is_masked(hub: Hub, world: World) -> None:
    client(hub, world.worker)
    (line,) = listed(hub, world.worker).lines
    assert line.phone_masked == "138****0001"
    assert line.id_masked is not None
    assert id_number(1) != line.id_masked
    assert "王伟" not in repr(line)


@pytest.mark.parametrize("words", [id_number(3), phone(3), f" {phone(3)[:3]}-{phone(3)[3:7]} {phone(3)[7:]}", "李伟"])
def test_a_colleagues_client_is_found_by_something_exact(hub: Hub, world: World, words: str) -> None:
    client(hub, world.supervisor, serial=1)
    opened = client(hub, world.supervisor, serial=3, name="李 伟")
    with hub.transaction(world.worker) as session:
        found = find_person(session, words)
    assert [one.number for one in found] == [opened.number]


def test_a_case_is_found_by_its_number_in_small_letters(hub: Hub, world: World) -> None:
    opened = client(hub, world.worker)
    assert [line.id for line in listed(hub, world.worker, search=opened.number.lower()).lines] == [opened.id]


def test_part_of_a_name_is_looked_for_among_ones_own_clients_only(hub: Hub, world: World) -> None:
    mine = client(hub, world.worker, serial=1, name="欧阳建国")
    client(hub, world.supervisor, serial=2, name="欧阳秀英")
    assert [line.id for line in listed(hub, world.worker, search="欧阳").lines] == [mine.id]


def test_another_office_finds_nobody(hub: Hub, world: World) -> None:
    client(hub, world.worker)
    with hub.transaction(world.stranger) as session:
        for words in (id_number(1), phone(1), "王伟"):
            assert find_person(session, words) == []
    assert listed(hub, world.stranger).lines == []


def test_a_search_is_reported_without_what_was_typed(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    client(hub, world.worker)
    listed(hub, world.worker, search="王伟")
    row = owner.execute(
        "SELECT details::text, audit_entry::text FROM audit_entry WHERE action = 'case.search'"
    ).fetchone()
    assert row is not None
    assert row[0] == '{"by": "name", "found": 1}'
    assert "王伟" not in row[1]


def test_closed_cases_are_listed_when_asked_for(hub: Hub, world: World) -> None:
    opened = client(hub, world.worker)
    with hub.transaction(world.worker) as session:
        close_case(session, case_id=opened.id, reason="goals_met", by=world.worker, at=hub.clock.now())
    assert listed(hub, world.worker).lines == []
    assert [line.id for line in listed(hub, world.worker, status="closed").lines] == [opened.id]
    assert [line.id for line in listed(hub, world.worker, status="").lines] == [opened.id]


def test_the_list_may_be_of_one_worker(hub: Hub, world: World) -> None:
    client(hub, world.worker)
    assert listed(hub, world.supervisor, responsible_id=world.supervisor.account_id).lines == []
    assert len(listed(hub, world.supervisor, responsible_id=world.worker.account_id).lines) == 1
