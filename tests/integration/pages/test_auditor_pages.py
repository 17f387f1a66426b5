from __future__ import annotations

from collections.abc import Callable

from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.actor import system_actor
from referral_hub.audit.sealing import seal_entries


def seal(loop: Loop) -> None:
    with loop.hub.transaction(system_actor()) as session:
        seal_entries(session, at=loop.at, wait_seconds=0)


def test_the_auditor_sees_who_did_what_and_never_what_it_said(loop: Loop, auditor: Browser) -> None:
    _, sent = loop.sent(serial=3)
    released = loop.disclosed(sent.id)
    text = auditor.follow("/audit").text
    assert "发出转介" in text
    assert "王晓梅" in text
    assert str(released["display_name"]) not in text
    assert str(released["phone"]) not in text


def test_the_audit_log_is_filtered_by_action_account_and_period(loop: Loop, auditor: Browser) -> None:
    loop.sent()
    referrals = auditor.follow("/audit?action=referral").text
    assert "发出转介" in referrals
    assert "同意提供信息" not in referrals
    mine = auditor.follow(f"/audit?account={loop.world.partner.account_id}").text
    assert "没有符合条件的记录" in mine
    assert "没有符合条件的记录" in auditor.follow("/audit?since=2020-01-01&until=2020-01-31").text
    assert "发出转介" in auditor.follow("/audit?action=nonsense&since=nonsense&after=x").text


def test_who_looked_at_a_case_is_found_by_its_number(
    loop: Loop, auditor: Browser, signed_in_as: Callable[[str], Browser]
) -> None:
    case, sent = loop.sent()
    partner = signed_in_as("partner")
    partner.follow(f"/inbox/{sent.id}")
    looked = auditor.follow(f"/audit?case={case.number.lower()}&looks=1").text
    assert "接收方查看转介信息" in looked
    assert "陈思远" in looked
    assert "发出转介" not in looked
    assert "发出转介" in auditor.follow(f"/audit?case={case.number}").text
    assert "没有这个编号的个案" in auditor.follow("/audit?case=NOSUCHCASE").text
    reads = loop.one("SELECT count(*) FROM audit_entry WHERE action = 'audit.read' AND case_id = %s", case.id)
    assert reads[0] >= 2


def test_the_seals_are_checked_and_a_changed_record_is_found(loop: Loop, auditor: Browser) -> None:
    loop.sent()
    seal(loop)
    fine = auditor.post("/audit/seals", {})
    assert "记录完好。" in fine.text
    loop.owner.execute("UPDATE audit_entry SET reason = 'forged' WHERE action = 'referral.send'")
    broken = auditor.post("/audit/seals", {})
    assert "记录有改动。" in broken.text
    assert "被改动" in broken.text


def test_only_auditors_read_it(loop: Loop, signed_in_as: Callable[[str], Browser]) -> None:
    for login in ("worker", "supervisor", "partner", "civil", "admin"):
        browser = signed_in_as(login)
        assert browser.get("/audit").status_code == 403
        assert browser.get("/audit/seals").status_code == 403
