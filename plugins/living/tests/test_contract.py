from __future__ import annotations

from typing import Any, ClassVar

import pytest

from referral_hub.testing import FormRefused, ModuleContract, Trial

FUND = {"funds": [{"code": "petty", "name": "备用金", "left_fen": 500_000}]}


def take_up(trial: Trial) -> None:
    trial.receive()
    trial.fill("take_up", kind="emergency")


def to_decision(trial: Trial) -> None:
    take_up(trial)
    trial.fill("inquiry", ways=["visit", "check"], finding="proceed", household_size="3")
    trial.fill("review", opinion="submit")


class TestLiving(ModuleContract):
    module = "hub_living"
    offering_settings: ClassVar[dict[str, Any]] = {"fund": "petty"}

    def test_a_person_decides_about_every_application(self, trial: Trial) -> None:
        assert trial.receive().decision == "person"

    def test_from_application_to_payment_and_follow_up(self, trial: Trial) -> None:
        to_decision(trial)
        trial.fill("decide", result="granted", type="temporary_expenditure", amount="3000")
        trial.fill("pay", amount="2000", pay_way="bank", paid_on="2026-03-02", voucher="A-1", last="no")
        trial.fill("pay", amount="1000", pay_way="bank", paid_on="2026-03-02", voucher="A-2", last="yes")
        trial.fill("revisit", months="1", hardship="yes")
        trial.fill("close", outcome="goal_met")
        assert [aid.amount_fen for aid in trial.assistance] == [200_000, 100_000]
        assert {aid.fund for aid in trial.assistance} == {"petty"}
        assert trial.flags == ["in_need_still"]
        assert trial.state == "completed"
        assert trial.outcome is not None
        assert trial.outcome.measures == {
            "decision": "granted",
            "granted_amount": 300_000,
            "paid_amount": 300_000,
            "days_to_money": 0,
            "hardship_1": "yes",
        }

    def test_aid_comes_first_and_paperwork_after(self, trial: Trial) -> None:
        take_up(trial)
        trial.fill("advance", amount="500", pay_way="cash", paid_on="2026-03-02", voucher="B-1")
        assert trial.stage == "advanced"
        (aid,) = trial.assistance
        assert (aid.type, aid.amount_fen) == ("temporary_emergency", 50_000)
        trial.fill("inquiry", ways="visit", finding="proceed")
        assert trial.stage == "review"

    def test_what_was_advanced_counts_against_the_grant_and_is_no_second_aid(self, trial: Trial) -> None:
        take_up(trial)
        trial.fill("advance", amount="500", pay_way="cash", paid_on="2026-03-02")
        trial.offer(attributes={"earlier_aid": [{"month": "2026-03-01", "type": "temporary_emergency"}]})
        trial.fill("inquiry", ways="visit", finding="proceed")
        trial.fill("review", opinion="submit")
        trial.fill("decide", result="granted", type="temporary_emergency", amount="800")
        with pytest.raises(FormRefused) as caught:
            trial.fill("pay", amount="301", pay_way="bank", paid_on="2026-03-02", voucher="A-1", last="yes")
        assert "300.00" in caught.value.problems[0].message.en
        trial.fill("pay", amount="300", pay_way="bank", paid_on="2026-03-02", voucher="A-1", last="yes")

    @pytest.mark.parametrize("form", ["advance", "decide"])
    def test_the_same_aid_is_not_given_twice_without_a_written_reason(self, trial: Trial, form: str) -> None:
        trial.offer(attributes={"earlier_aid": [{"month": "2026-03-01", "type": "temporary_emergency"}]})
        answers: dict[str, Any] = {"amount": "500"}
        if form == "advance":
            take_up(trial)
            answers |= {"pay_way": "cash", "paid_on": "2026-03-02"}
        else:
            to_decision(trial)
            answers |= {"result": "granted", "type": "temporary_emergency"}
        with pytest.raises(FormRefused) as caught:
            trial.fill(form, **answers)
        assert caught.value.fields == ["double_reason"]
        trial.fill(form, **answers, double_reason="遭遇火灾，另一事由")

    def test_other_aid_or_another_month_is_no_double_payment(self, trial: Trial) -> None:
        earlier = [
            {"month": "2026-03-01", "type": "medical"},
            {"month": "2025-12-01", "type": "temporary_emergency"},
            {"month": None, "type": "temporary_emergency"},
        ]
        trial.offer(attributes={"earlier_aid": earlier})
        take_up(trial)
        trial.fill("advance", amount="500", pay_way="cash", paid_on="2026-03-02")

    def test_no_more_is_granted_than_the_fund_holds(self, trial: Trial) -> None:
        trial.offer(attributes=FUND)
        to_decision(trial)
        with pytest.raises(FormRefused) as caught:
            trial.fill("decide", result="granted", type="charity", amount="5000.01")
        assert caught.value.fields == ["amount"]
        assert "5,000.00" in caught.value.problems[0].message.en
        trial.fill("decide", result="granted", type="charity", amount="5000")

    def test_an_advance_stays_within_the_delegated_sum(self, trial: Trial) -> None:
        trial.settings = {"advance_limit": 100_000}
        take_up(trial)
        with pytest.raises(FormRefused) as caught:
            trial.fill("advance", amount="1000.01", pay_way="cash", paid_on="2026-03-02")
        assert caught.value.fields == ["amount"]

    def test_a_refusal_needs_its_reason_and_the_way_to_appeal(self, trial: Trial) -> None:
        to_decision(trial)
        with pytest.raises(FormRefused) as caught:
            trial.fill("decide", result="refused")
        assert caught.value.fields == ["refusal", "told_appeal"]
        trial.fill("decide", result="refused", refusal="over_threshold", told_appeal="yes")
        assert trial.stage == "refused"
        trial.fill("close", outcome="other")
        assert trial.state == "completed"
        assert trial.outcome is not None
        assert trial.outcome.measures["refusal_reason"] == "over_threshold"
        assert trial.assistance == []

    def test_a_payment_cannot_lie_in_the_future(self, trial: Trial) -> None:
        take_up(trial)
        with pytest.raises(FormRefused) as caught:
            trial.fill("advance", amount="5", pay_way="cash", paid_on="2026-03-03")
        assert caught.value.fields == ["paid_on"]

    def test_goods_have_a_unit_and_a_number(self, trial: Trial) -> None:
        to_decision(trial)
        trial.fill("decide", result="granted", type="charity", amount="600")
        goods: dict[str, Any] = {
            "amount": "600",
            "pay_way": "goods",
            "paid_on": "2026-03-02",
            "voucher": "G",
            "last": "yes",
        }
        with pytest.raises(FormRefused):
            trial.fill("pay", **goods)
        (parcels,) = trial.fill("pay", **goods, goods_unit="set", goods_quantity="4").assistance
        assert (parcels.unit, parcels.quantity, parcels.amount_fen) == ("set", 4, 60_000)

    def test_where_public_notice_is_the_rule_it_comes_before_the_review(self, trial: Trial) -> None:
        trial.settings = {"notice_required": True}
        take_up(trial)
        trial.fill("inquiry", ways="visit", finding="proceed")
        assert trial.stage == "notice"
        trial.fill("notice", from_day="2026-02-20", to_day="2026-02-27", objection="no")
        assert trial.stage == "review"

    def test_screening_never_refuses_and_points_to_local_rules(self, trial: Trial) -> None:
        for fields in ({}, {"housing_status": "none"}, {"employment_status": "contract"}):
            screening = trial.screen(**fields)
            assert screening is not None
            assert screening.verdict == "perhaps"
            assert "Local rules" in screening.reasons[0].en

    def test_an_empty_fund_is_reported(self, trial: Trial) -> None:
        trial.offer(attributes={"funds": [{"code": "petty", "name": "备用金", "left_fen": 0}]})
        screening = trial.screen()
        assert screening is not None
        assert "used up" in screening.reasons[-1].en
        capacity = trial.capacity()
        assert capacity is not None
        assert (capacity.unit, capacity.free) == ("fen", 0)
