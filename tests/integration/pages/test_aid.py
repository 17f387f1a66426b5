"""Living assistance through the whole loop: application, decision and payment are events of their own, and what the
fund cannot give is refused at the decision, at the form, as nobody's fault.
"""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.chance import SHARED, examples
from tests.factories import client_case
from tests.integration.pages.test_civil_figures import words_of
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

AID = "living.assistance"
Answers = dict[str, object]


@pytest.fixture
def fund(partner: Browser, loop: Loop) -> UUID:
    """1,500 yuan of the partner's for this year, opened on its own page."""
    opened = partner.post("/funds", {"name": "备用金", "source": "petty", "year": "2026", "budget_fen": "1500"})
    assert opened.status_code == 303, opened.text
    (key,) = loop.one("SELECT id FROM fund")
    return UUID(str(key))


def test_a_grant_reserves_and_each_payment_uses_what_is_reserved(loop: Loop, partner: Browser, fund: UUID) -> None:
    referral_id = apply_for_aid(loop, serial=1)
    assert money(loop, partner) == "1,500.00 元 0.00 元 0.00 元 1,500.00 元"
    send(partner, referral_id, "decide", granted(loop, "1000"))
    assert money(loop, partner) == "1,500.00 元 0.00 元 1,000.00 元 500.00 元"
    send(partner, referral_id, "pay", paid(loop, "400", last="no"))
    assert money(loop, partner) == "1,500.00 元 400.00 元 600.00 元 500.00 元"
    send(partner, referral_id, "pay", paid(loop, "500", last="yes"))
    # The last payment gives back what will not be paid any more.
    assert money(loop, partner) == "1,500.00 元 900.00 元 0.00 元 600.00 元"
    kinds = loop.owner.execute("SELECT kind, amount_fen FROM assistance_entry ORDER BY id").fetchall()
    assert kinds == [
        ("application", 0), ("granted", 100_000), ("payment", 40_000), ("payment", 50_000), ("correction", -10_000)
    ]  # fmt: skip


def test_every_step_of_the_procedure_stands_in_the_ledger_as_it_was_typed(
    loop: Loop, partner: Browser, fund: UUID
) -> None:
    referral_id = apply_for_aid(loop, serial=1, inquiry={"investigator": "郑清", "household_size": "3"})
    send(partner, referral_id, "decide", granted(loop, "1000"))
    send(partner, referral_id, "pay", paid(loop, "1000", last="yes"))
    row = loop.one(
        "SELECT hardship, household_size, investigator, investigated_on, applied_on, happened_on, kind"
        " FROM assistance_entry WHERE kind = 'granted'"
    )
    today = loop.at.date()
    assert row == ("no_income", 3, "郑清", today, today, today, "granted")
    words = partner.get("/ledger?lang=zh").text
    for part in ("暂无收入来源", "郑清", "银行转账", "家庭 3 人", "备用金"):
        assert part in words


def test_a_refusal_is_written_with_its_reason(loop: Loop, partner: Browser, fund: UUID) -> None:
    referral_id = apply_for_aid(loop, serial=1)
    send(partner, referral_id, "decide", {"result": "refused", "refusal": "over_threshold", "told_appeal": "yes"})
    assert loop.one("SELECT kind, reason, amount_fen FROM assistance_entry WHERE kind <> 'application'") == (
        "refused", "over_threshold", 0,
    )  # fmt: skip
    assert "收入或财产超过标准" in partner.get("/ledger?lang=zh&view=refused").text


def test_a_grant_above_what_is_free_is_refused_at_the_form_with_the_balance_and_no_module_is_to_blame(
    loop: Loop, partner: Browser, fund: UUID
) -> None:
    first, second = apply_for_aid(loop, serial=1), apply_for_aid(loop, serial=2)
    send(partner, first, "decide", granted(loop, "1000"))
    refused = send(partner, second, "decide", granted(loop, "1000"), status=422)
    assert "500.00" in refused
    assert loop.one("SELECT count(*) FROM assistance_entry WHERE kind = 'granted'") == (1,)
    assert loop.one("SELECT state, failures FROM module WHERE key = 'living'") == ("enabled", 0)
    send(partner, second, "decide", granted(loop, "500"))
    assert loop.one("SELECT count(*) FROM delivery WHERE state = 'due'") == (0,)


def test_what_the_hub_refuses_comes_back_to_the_form_though_the_module_saw_nothing_wrong(
    loop: Loop, partner: Browser, fund: UUID
) -> None:
    """The fund is closed while the form is open: the module knows of no fund any more, the hub does."""
    referral_id = apply_for_aid(loop, serial=1)
    assert partner.post(f"/funds/{fund}/close", {}).status_code == 303
    refused = send(partner, referral_id, "decide", granted(loop, "100"), status=422)
    assert "已停用" in refused
    assert loop.one("SELECT state, failures FROM module WHERE key = 'living'") == ("enabled", 0)
    assert loop.one("SELECT waiting_since FROM referral WHERE id = %s", referral_id) == (None,)
    assert loop.one("SELECT count(*) FROM module_fault") == (0,)


def test_aid_given_first_is_granted_and_paid_at_once_and_the_decision_takes_only_the_rest(
    loop: Loop, partner: Browser, fund: UUID
) -> None:
    referral_id = apply_for_aid(loop, serial=1, until="take_up")
    day = loop.at.date().isoformat()
    send(partner, referral_id, "advance", {"amount": "300", "pay_way": "cash", "paid_on": day, "voucher": "1"})
    assert money(loop, partner) == "1,500.00 元 300.00 元 0.00 元 1,200.00 元"
    fill(loop, referral_id, "inquiry", {"ways": ["visit"], "finding": "proceed"})
    fill(loop, referral_id, "review", {"opinion": "submit"})
    send(partner, referral_id, "decide", granted(loop, "1000"))
    assert money(loop, partner) == "1,500.00 元 300.00 元 700.00 元 500.00 元"
    rows = loop.owner.execute("SELECT amount_fen, advance FROM assistance_entry WHERE kind = 'granted' ORDER BY id")
    assert rows.fetchall() == [(30_000, True), (70_000, False)]


def test_when_the_service_ends_an_undecided_application_is_withdrawn_and_unpaid_money_is_free_again(
    loop: Loop, partner: Browser, fund: UUID
) -> None:
    undecided, unpaid = apply_for_aid(loop, serial=1), apply_for_aid(loop, serial=2)
    send(partner, unpaid, "decide", granted(loop, "1000"))
    for referral_id in (undecided, unpaid):
        send(partner, referral_id, "close", {"outcome": "client_left", "outcome_evidence": "provider"})
    assert loop.one(
        "SELECT count(*) FROM assistance_entry WHERE kind = 'withdrawn' AND referral_id = %s", undecided
    ) == (1,)
    assert money(loop, partner) == "1,500.00 元 0.00 元 0.00 元 1,500.00 元"


def test_a_sender_that_takes_the_referral_back_withdraws_the_application(loop: Loop, fund: UUID) -> None:
    referral_id = apply_for_aid(loop, serial=1, until="accept")
    fill(loop, referral_id, "take_up", {"kind": "emergency"})
    (consent_id,) = loop.one("SELECT consent_id FROM referral WHERE id = %s", referral_id)
    loop.withdraw(consent_id)
    kinds = loop.owner.execute("SELECT kind FROM assistance_entry ORDER BY id").fetchall()
    assert kinds == [("application",), ("withdrawn",)]


def test_the_same_aid_to_the_same_person_in_the_same_month_asks_for_a_reason(
    loop: Loop, partner: Browser, fund: UUID
) -> None:
    first = apply_for_aid(loop, serial=1)
    send(partner, first, "decide", granted(loop, "500"))
    (case_id,) = loop.one("SELECT case_id FROM referral WHERE id = %s", first)
    again = apply_for_aid(loop, case_id=case_id)
    send(partner, again, "decide", granted(loop, "500"), status=422)
    send(partner, again, "decide", {**granted(loop, "500"), "double_reason": "当月又遇意外"})


@given(steps=st.lists(st.tuples(st.sampled_from(["decide", "pay", "close"]), st.integers(1, 900)), max_size=6))
@settings(max_examples=examples(3), suppress_health_check=SHARED)
def test_whatever_forms_are_sent_nothing_hangs_and_the_fund_is_never_overdrawn(
    loop: Loop, fund: UUID, steps: list[tuple[str, int]]
) -> None:
    serial = loop.one("SELECT count(*) FROM client_case")[0]
    referral_id = apply_for_aid(loop, serial=100 + serial)
    for form, yuan in steps:
        stage = loop.referral(referral_id)["stage"]
        if (form, stage) in (("decide", "decision"), ("pay", "payment")):
            answers = granted(loop, str(yuan)) if form == "decide" else paid(loop, str(yuan), last="no")
            loop.fill(referral_id, form, answers)
        elif form == "close" and loop.referral(referral_id)["state"] == "in_service":
            loop.fill(referral_id, "close", {"outcome": "client_left", "outcome_evidence": "provider"})
        loop.deliver()
        assert loop.one("SELECT count(*) FROM delivery WHERE state = 'due'") == (0,)
        assert loop.one("SELECT failures FROM module WHERE key = 'living'") == (0,)
        decided, spent = loop.one(
            "SELECT coalesce(sum(amount_fen) FILTER (WHERE decision_id IS NULL), 0),"
            " coalesce(sum(amount_fen) FILTER (WHERE decision_id IS NOT NULL), 0) FROM assistance_entry"
        )
        assert spent <= decided <= 150_000


def apply_for_aid(
    loop: Loop,
    *,
    serial: int = 1,
    case_id: UUID | None = None,
    until: str = "review",
    inquiry: Answers | None = None,
) -> UUID:
    """A referral for aid that has come as far as the form `until`; the whole way to the decision by default."""
    offering = loop.offering(AID, settings={"fund": "petty"})
    if case_id is None:
        case = client_case(loop.hub, loop.world.worker, serial=serial, kind="living")
    else:
        case = loop.second_need(case_id)
    loop.consent(case, offering)
    sent = loop.send(loop.draft(case, offering).id)
    loop.deliver()
    loop.accept(sent.id)
    forms: list[tuple[str, Answers]] = [
        ("accept", {}),
        ("take_up", {"kind": "emergency"}),
        ("inquiry", {"ways": ["visit"], "finding": "proceed", **(inquiry or {})}),
        ("review", {"opinion": "submit"}),
    ]
    for form, answers in forms:
        if answers:
            fill(loop, sent.id, form, answers)
        if form == until:
            break
    return sent.id


def fill(loop: Loop, referral_id: UUID, form: str, answers: Answers) -> None:
    loop.fill(referral_id, form, answers)
    assert loop.deliver() == 1, form


def send(partner: Browser, referral_id: UUID, form: str, answers: Answers, *, status: int = 303) -> str:
    """The form as a person of the partner's sends it on its page."""
    day = str(answers.get("paid_on") or answers.get("period_from") or "")
    answer = partner.post(
        f"/inbox/{referral_id}/forms/{form}?lang=zh", {"_on": day or TODAY, **answers}
    )  # fmt: skip
    assert answer.status_code == status, answer.text
    return answer.text


TODAY = "2026-03-02"


def granted(loop: Loop, yuan: str) -> Answers:
    day = loop.at.date().isoformat()
    return {"result": "granted", "type": "temporary_emergency", "amount": yuan, "period_from": day, "period_to": day}


def paid(loop: Loop, yuan: str, *, last: str) -> Answers:
    return {"amount": yuan, "pay_way": "bank", "paid_on": loop.at.date().isoformat(), "voucher": "1", "last": last}


def money(loop: Loop, partner: Browser) -> str:
    """Budget, paid, reserved and free, as the page of funds shows them."""
    words = words_of(partner.get("/funds?lang=zh").text)
    return words.split("2026 备用金 ")[1].split(" 修改")[0]
