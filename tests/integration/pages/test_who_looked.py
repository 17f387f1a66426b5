"""Who looked at a client: what leaves an entry, what does not add another, and what the client's own sheet tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.access.tokens import create_token
from referral_hub.actor import Actor
from referral_hub.audit.looks import LOOKS
from referral_hub.calendar.clock import FixedClock
from referral_hub.errors import NotFound
from referral_hub.referrals.actions import decline_referral
from referral_hub.views.partner.referral import referral_for_partner
from referral_hub.views.worker.case import case_for_page

Visit = Callable[[str], Browser]


def looks(loop: Loop, case_id: UUID) -> list[tuple[str, str]]:
    """The looks at a case and at lists with it, oldest first: who, and what."""
    return loop.owner.execute(
        "SELECT a.login, r.action FROM audit_entry r JOIN account a ON a.id = r.account_id"
        " WHERE (r.case_id = %s OR r.case_ids @> ARRAY[%s::uuid]) AND r.action = ANY(%s) ORDER BY r.seq",
        [case_id, case_id, list(LOOKS)],
    ).fetchall()


def forget(loop: Loop) -> None:
    """Looks of the arranging do not count."""
    loop.owner.execute("DELETE FROM audit_entry WHERE action = ANY(%s)", [list(LOOKS)])


def over_the_api(loop: Loop, browser: Browser, actor: Actor, path: str) -> Any:
    assert actor.account_id is not None
    with loop.hub.transaction(actor) as session:
        secret = create_token(
            session, account_id=actor.account_id, name="test", scope=("read",),
            ends_at=loop.at + timedelta(days=1), by=actor, at=loop.at,
        )  # fmt: skip
    return browser.get(f"/api/v1{path}", headers={"authorization": f"Bearer {secret}"}).json()


def test_the_clients_sheet_tells_who_looked_in_lists_over_the_api_and_on_paper(
    loop: Loop, signed_in_as: Visit, browser: Browser
) -> None:
    case, sent = loop.sent(serial=1)
    loop.sent(serial=2)
    loop.deliver()
    forget(loop)
    worker, supervisor = signed_in_as("worker"), signed_in_as("supervisor")
    assert worker.get("/cases?whose=all").status_code == 200
    assert supervisor.get(f"/print/referrals/{sent.id}").status_code == 200
    assert over_the_api(loop, browser, loop.world.partner, f"/inbox/{sent.id}")["number"] == sent.number
    assert over_the_api(loop, browser, loop.world.officer, f"/cases/{case.id}/referrals")
    assert looks(loop, case.id) == [
        ("worker", "case.list"), ("supervisor", "case.read"), ("partner", "referral.read"), ("officer", "case.read"),
    ]  # fmt: skip
    sheet = worker.get(f"/print/cases/{case.id}/received?lang=zh").text
    rows = re.findall(r'data-name="谁">([^<]*)<br>([^<]*)</td><td data-name="看了什么">([^<]*)<', sheet)
    assert sorted(rows) == [
        ("晨曦培训", "陈思远", "接收方查看转介信息"),
        ("青禾工作站", "李国强", "查看个案"),
        ("青禾工作站", "王晓梅", "在名单中查看服务对象"),
        ("青禾工作站", "赵志刚", "查看个案"),
    ]
    # Printing the sheet is a look as well, and stands in the next one.
    assert looks(loop, case.id)[-1] == ("worker", "case.read")
    viewed = worker.get(f"/cases/{case.id}/history?looks=1&lang=en").text
    assert "Clients viewed in a list" in viewed
    assert "identity and contact" in viewed


def test_a_second_look_adds_an_entry_only_where_it_sees_more(
    loop: Loop, signed_in_as: Visit, clock: FixedClock
) -> None:
    case = loop.case()
    forget(loop)
    worker = signed_in_as("worker")
    for path, entries in (
        ("/consents", 1),  # the name
        ("", 2),  # and all the rest
        ("/person", 2),
        ("/history", 2),
    ):
        worker.get(f"/cases/{case.id}{path}")
        assert len(looks(loop, case.id)) == entries, path
    clock.advance(timedelta(minutes=11))
    worker = signed_in_as("worker")
    worker.get(f"/cases/{case.id}/person")
    assert len(looks(loop, case.id)) == 3


def test_a_list_is_one_entry_until_another_client_stands_in_it(loop: Loop, signed_in_as: Visit) -> None:
    first, second = loop.case(serial=1), loop.case(serial=2)
    forget(loop)
    worker = signed_in_as("worker")
    for _ in range(3):
        worker.get("/cases")
    assert looks(loop, first.id) == looks(loop, second.id) == [("worker", "case.list")]
    assert loop.one("SELECT count(*) FROM audit_entry WHERE action = 'case.list'") == (1,)
    third = loop.case(serial=3)
    worker.get("/cases")
    assert looks(loop, third.id) == [("worker", "case.list")]
    assert len(looks(loop, first.id)) == 2


def test_looking_for_a_part_of_a_name_is_a_look_at_those_found_alone(loop: Loop, signed_in_as: Visit) -> None:
    found, other = loop.case(serial=1), loop.case(serial=2)
    forget(loop)
    signed_in_as("worker").get("/cases?q=王")
    assert ("worker", "case.read") in looks(loop, found.id)
    assert looks(loop, other.id) == []


def test_who_declines_has_looked_though_the_right_to_look_is_gone(loop: Loop) -> None:
    case, sent = loop.sent()
    loop.deliver()
    forget(loop)
    partner = loop.world.partner
    with loop.hub.transaction(partner) as session:
        assert referral_for_partner(session, sent.id).released is not None
        decline_referral(session, referral_id=sent.id, reason_code="no_capacity", by=partner, at=loop.at)
    assert looks(loop, case.id) == [("partner", "referral.read")]


def test_what_was_undone_was_shown_to_nobody(loop: Loop) -> None:
    case = loop.case()
    forget(loop)

    def look_and_fail() -> None:
        with loop.hub.transaction(loop.world.worker) as session:
            case_for_page(session, case.id)
            raise NotFound

    with pytest.raises(NotFound):
        look_and_fail()
    assert looks(loop, case.id) == []


def test_the_hub_itself_is_recorded_by_what_it_does(loop: Loop) -> None:
    case, _ = loop.sent()
    forget(loop)
    assert loop.deliver() > 0
    assert looks(loop, case.id) == []
    assert loop.one("SELECT count(*) FROM audit_entry WHERE action = ANY(%s)", list(LOOKS)) == (0,)


def test_a_colleague_of_another_office_finds_the_lists_with_the_case_they_help_with_and_no_others(
    loop: Loop, signed_in_as: Visit
) -> None:
    helped, other = loop.case(serial=1), loop.case(serial=2)
    signed_in_as("worker").get("/cases")
    stranger = signed_in_as("stranger")
    with loop.hub.transaction(loop.world.stranger) as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM audit_entry").scalar_one() == 0
    loop.owner.execute(
        "INSERT INTO care_team_member (id, created_at, case_id, account_id, part, since)"
        " VALUES (gen_random_uuid(), now(), %s, %s, 'social_worker', '2026-03-02')",
        [helped.id, loop.world.stranger.account_id],
    )
    assert "在名单中查看服务对象" in stranger.get(f"/cases/{helped.id}/history?looks=1&lang=zh").text
    assert stranger.get(f"/cases/{other.id}/history?looks=1").status_code == 404
