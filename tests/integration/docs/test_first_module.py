"""The tutorial “Your first module”, done from its first line to its last, in both languages."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from tests.integration.docs.visitor import Visitor
from tests.integration.docs.walkthrough import Reader, commands_and_code, in_both_languages, password_in
from tests.policy.test_docs import ROOT

FOLDER = ROOT / "docs" / "tutorial"
ENGLISH = FOLDER / "your-first-module.md"
CHINESE = FOLDER / "your-first-module.zh-CN.md"
PASSWORD = "seven-birds-cross-the-river"
REFERRAL = "/inbox/[0-9a-f-]{36}"
SENT = "/referrals/[0-9a-f-]{36}"
PLAIN = ["basic", "contact", "need"]
DETAILS = {"how_urgent": "normal", "need_summary": "老板欠三个月工资"}


def visit(reader: Reader, login: str = "", password: str = PASSWORD) -> Visitor:
    visitor = Visitor(reader.address, reader.language)
    if login:
        visitor.sign_in(login, password)
    return visitor


def look_at_the_inbox(reader: Reader) -> str:
    with visit(reader, "partner", password_in(reader.terminal.told())) as partner:
        partner.open("/inbox")
        assert partner.text.count(reader.say("法律咨询", "Legal advice")) >= 3
        partner.follow_to(REFERRAL)
        assert reader.say("工资和工伤", "Wages and injuries at work") in partner.text
        partner.follow(reader.say("受理", "Accept"))
        partner.send("/accept")
        partner.follow(reader.say("咨询记录", "A meeting"))
        assert reader.say("写了几份文书", "Letters written") in partner.text
        return partner.seen


def enter_who_refers_and_serves(reader: Reader) -> str:
    with visit(reader, "admin") as admin:
        for name, kind, role in (
            ("青禾街道办事处", "office", "statutory"),
            ("明理法律援助中心", "provider", "independent"),
        ):
            admin.open("/")
            admin.follow(reader.say("机构", "Organisations"))
            admin.follow(reader.say("登记机构", "Enter an organisation"))
            admin.send("/organisations/new", name=name, short_name=name, kind=kind, processor_role=role)
        admin.send("/activate", assessment_reference="PIA-2026-07", assessment_on="2026-07-01")
        admin.open("/")
        admin.follow(reader.say("服务", "Offerings"))
        admin.follow(reader.say("登记服务", "Enter an offering"))
        choice = re.search(r'value="([0-9a-f-]{36})"', admin.source)
        assert choice
        admin.send("/offerings/new", organisation=choice[1], service="legal.advice")
        admin.send("/offerings/new", **{"settings.topics": ["wages", "debt"]})
        return admin.seen


def send_a_referral(reader: Reader) -> str:
    with visit(reader, "lin") as worker:
        worker.follow(reader.say("新建个案", "New case"))
        worker.send("/cases/new", name="王小明")
        reader.kept["case"] = worker.path
        refer(worker, reader, "wages")
        return worker.seen


def refer(worker: Visitor, reader: Reader, topic: str) -> None:
    worker.open(reader.kept["case"])
    worker.follow(reader.say("新转介", "New referral"))
    worker.send("/refer", need="new", kind="legal", words="想要回工资")
    worker.send("/place", offering=worker.first("offering"))
    worker.send("/details", **DETAILS, topic=topic)
    if worker.path.endswith("/consent"):
        agreed = {"signed_how": "handwritten", "signer": "self", "valid_days": "180", "categories": PLAIN}
        worker.press(reader.say("我听明白了，同意", "I have understood and agree"), **agreed)
    worker.send("/send")
    assert worker.path.endswith("/sent"), worker.text


def answer_and_close(reader: Reader) -> str:
    with visit(reader, "chen") as partner:
        partner.open("/inbox")
        partner.follow_to(REFERRAL)
        partner.follow(reader.say("受理", "Accept"))
        partner.send("/accept")
        partner.follow_when_there(reader.say("咨询记录", "A meeting"))
        partner.send("/forms/meeting", letters="1", notes="带来了工资条")
        partner.follow_when_there(reader.say("办结反馈", "Closing report"))
        partner.send("/forms/close", outcome="goal_met", outcome_evidence="provider", settled="yes")
        assert reader.say("已办结", "completed") in partner.text
        assert "带来了工资条" in partner.text
        return partner.seen


def read_what_came_of_it(reader: Reader) -> str:
    with visit(reader, "lin") as worker:
        worker.open(reader.kept["case"])
        worker.follow_to(SENT)
        assert reader.say("次咨询", "meetings") in worker.text
        assert reader.say("份文书", "letters") in worker.text
        assert "带来了工资条" not in worker.seen
        return worker.seen


def be_declined(reader: Reader) -> str:
    with visit(reader, "lin") as worker:
        refer(worker, reader, "family")
        end = time.monotonic() + 90
        while reader.say("这类事我们不受理。", "We do not take matters of this kind.") not in worker.text:
            assert time.monotonic() < end, worker.text
            time.sleep(1)
            worker.open(reader.kept["case"])
            worker.follow_to(SENT)
        return worker.seen


PEOPLE = {
    "the author looks at the inbox": look_at_the_inbox,
    "the administrator enters who refers and who serves": enter_who_refers_and_serves,
    "the worker sends a referral": send_a_referral,
    "the partner answers and closes": answer_and_close,
    "the worker reads what came of it": read_what_came_of_it,
    "a matter that is not ours is declined by the module itself": be_declined,
}


def test_both_languages_have_the_same_commands_and_code() -> None:
    assert commands_and_code(ENGLISH) == commands_and_code(CHINESE)


@pytest.mark.slow
@in_both_languages("document", ENGLISH, CHINESE)
def test_the_tutorial_can_be_done_as_it_is_written(
    document: Path, scratch: Path, port: int, empty_database: str
) -> None:
    Reader(document, scratch, port, PEOPLE, DATABASE_URL=empty_database, TMPDIR=str(scratch)).work_through()
