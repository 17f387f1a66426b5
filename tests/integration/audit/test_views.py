"""What the auditor, the office and the recipient see of the audit log."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from tests.factories import client_case
from tests.world import World

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.sealing import seal_entries
from referral_hub.audit.subjects import AuditSubject
from referral_hub.errors import NotAllowed
from referral_hub.hub import Hub
from referral_hub.views.auditor.log import entries_for_auditor, seals_for_page, who_looked


def look(hub: Hub, by: Actor, case_id: UUID, act: str = "case.read") -> None:
    with hub.transaction(by) as session:
        record_audit_entry(
            session, act, by=by, at=hub.clock.now(),
            about=AuditSubject("case", case_id, case_id=case_id, office_id=by.organisation_id),
        )  # fmt: skip


def test_an_office_reads_who_looked_at_a_case(hub: Hub, world: World) -> None:
    case = client_case(hub, world.worker)
    look(hub, world.worker, case.id)
    look(hub, world.supervisor, case.id, "person.reveal")
    with hub.transaction(world.worker) as session:
        looked = who_looked(session, case.id)
    assert [(line.who, line.action, line.organisation) for line in looked.lines] == [
        ("李国强", "person.reveal", "青禾工作站"),
        ("王晓梅", "case.read", "青禾工作站"),
    ]


def test_a_stranger_sees_nothing_of_it(hub: Hub, world: World) -> None:
    case = client_case(hub, world.worker)
    for actor in (world.stranger, world.partner, world.civil, world.admin):
        with hub.transaction(actor) as session:
            assert who_looked(session, case.id).lines == []


def test_the_auditor_reads_everything_page_by_page_and_nobody_else_does(hub: Hub, world: World) -> None:
    case = client_case(hub, world.worker)
    for _ in range(5):
        look(hub, world.stranger, case.id)
    seen: list[int] = []
    after: str | None = None
    for _ in range(4):
        with hub.transaction(world.auditor) as session:
            page = entries_for_auditor(session, after=after, limit=2)
        seen += [line.seq for line in page.lines]
        after = page.next
    assert after is None
    assert len(seen) == 7
    assert seen == sorted(set(seen), reverse=True)
    for actor in (world.worker, world.supervisor, world.admin, world.civil):
        with hub.transaction(actor) as session, pytest.raises(NotAllowed):
            entries_for_auditor(session)


def test_the_auditor_filters_by_action_noun_account_case_and_time(hub: Hub, world: World) -> None:
    case = client_case(hub, world.worker)
    look(hub, world.supervisor, case.id)
    now = hub.clock.now()
    with hub.transaction(world.auditor) as session:

        def acts(**chosen: object) -> list[str]:
            return [line.action for line in entries_for_auditor(session, **chosen).lines]  # type: ignore[arg-type]

        assert acts(action="case.read") == ["case.read"]
        assert acts(action="case") == ["case.read", "case.open"]
        assert acts(account_id=world.supervisor.account_id) == ["case.read"]
        assert acts(case_id=case.id) == ["case.read", "need.open", "case.open"]
        assert acts(since=now + timedelta(seconds=1)) == []
        assert acts(until=now) == []


def test_seals_are_listed_newest_first(hub: Hub, world: World) -> None:
    client_case(hub, world.worker)
    with hub.transaction(world.auditor) as session:
        assert seal_entries(session, at=hub.clock.now(), batch=1) == 1
    with hub.transaction(world.auditor) as session:
        assert seal_entries(session, at=hub.clock.now()) == 1
        assert [(line.number, line.rows) for line in seals_for_page(session)] == [(2, 1), (1, 1)]
