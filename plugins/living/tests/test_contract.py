from __future__ import annotations

from typing import Any, ClassVar

import pytest

from referral_hub.testing import FormRefused, ModuleContract, ModuleReferral

FUND = {"funds": [{"code": "petty", "name": "备用金", "left_fen": 500_000}]}


def take_up(referral: ModuleReferral) -> None:
    referral.receive()
    referral.fill("take_up", kind="emergency")


def to_decision(referral: ModuleReferral) -> None:
    take_up(referral)
    referral.fill("inquiry", ways=["visit", "check"], finding="proceed", household_size="3")
    referral.fill("review", opinion="submit")


class TestLiving(ModuleContract):
    module = "hub_living"
    offering_settings: ClassVar[dict[str, Any]] = {"fund": "petty"}

    def test_a_person_decides_about_every_application(self, referral: ModuleReferral) -> None:
        assert referral.receive().decision == "person"

    def test_from_application_to_payment_and_follow_up(self, referral: ModuleReferral) -> None:
        to_decision(referral)
        referral.fill("decide", result="granted", type="temporary_expenditure", amount="3000")
        referral.fill("pay", amount="2000", pay_way="bank", paid_on="2026-03-02", voucher="A-1", last="no")
        referral.fill("pay", amount="1000", pay_way="bank", paid_on="2026-03-02", voucher="A-2", last="yes")
        referral.fill("revisit", months="1", hardship="yes")
        referral.fill("close", outcome="goal_met")
        assert [aid.amount_fen for aid in referral.assistance] == [200_000, 100_000]
        assert {aid.fund for aid in referral.assistance} == {"petty"}
        assert referral.flags == ["in_need_still"]
        assert referral.state == "completed"
        assert referral.outcome is not None
        assert referral.outcome.measures == {
            "decision": "granted",
            "granted_amount": 300_000,
            "paid_amount": 300_000,
            "days_to_money": 0,
            "hardship_1": "yes",
        }

    def test_aid_comes_first_and_paperwork_after(self, referral: ModuleReferral) -> None:
        take_up(referral)
        referral.fill("advance", amount="500", pay_way="cash", paid_on="2026-03-02", voucher="B-1")
        assert referral.stage == "advanced"
        (aid,) = referral.assistance
        assert (aid.type, aid.amount_fen) == ("temporary_emergency", 50_000)
        referral.fill("inquiry", ways="visit", finding="proceed")
        assert referral.stage == "review"

    def test_what_was_advanced_counts_against_the_grant_and_is_no_second_aid(self, referral: ModuleReferral) -> None:
        take_up(referral)
        referral.fill("advance", amount="500", pay_way="cash", paid_on="2026-03-02")
        referral.offer(attributes={"earlier_aid": [{"month": "2026-03-01", "type": "temporary_emergency"}]})
        referral.fill("inquiry", ways="visit", finding="proceed")
        referral.fill("review", opinion="submit")
        referral.fill("decide", result="granted", type="temporary_emergency", amount="800")
        with pytest.raises(FormRefused) as caught:
            referral.fill("pay", amount="301", pay_way="bank", paid_on="2026-03-02", voucher="A-1", last="yes")
        assert "300.00" in caught.value.problems[0].message.en
        referral.fill("pay", amount="300", pay_way="bank", paid_on="2026-03-02", voucher="A-1", last="yes")

    @pytest.mark.parametrize("form", ["advance", "decide"])
    def test_the_same_aid_is_not_given_twice_without_a_written_reason(
        self, referral: ModuleReferral, form: str
    ) -> None:
        referral.offer(attributes={"earlier_aid": [{"month": "2026-03-01", "type": "temporary_emergency"}]})
        answers: dict[str, Any] = {"amount": "500"}
        if form == "advance":
            take_up(referral)
            answers |= {"pay_way": "cash", "paid_on": "2026-03-02"}
        else:
            to_decision(referral)
            answers |= {"result": "granted", "type": "temporary_emergency"}
        with pytest.raises(FormRefused) as caught:
            referral.fill(form, **answers)
        assert caught.value.fields == ["double_reason"]
        referral.fill(form, **answers, double_reason="遭遇火灾，另一事由")

    def test_other_aid_or_another_month_is_no_double_payment(self, referral: ModuleReferral) -> None:
        earlier = [
            {"month": "2026-03-01", "type": "medical"},
            {"month": "2025-12-01", "type": "temporary_emergency"},
            {"month": None, "type": "temporary_emergency"},
        ]
        referral.offer(attributes={"earlier_aid": earlier})
        take_up(referral)
        referral.fill("advance", amount="500", pay_way="cash", paid_on="2026-03-02")

    def test_no_more_is_granted_than_the_fund_holds(self, referral: ModuleReferral) -> None:
        referral.offer(attributes=FUND)
        to_decision(referral)
        with pytest.raises(FormRefused) as caught:
            referral.fill("decide", result="granted", type="charity", amount="5000.01")
        assert caught.value.fields == ["amount"]
        assert "5,000.00" in caught.value.problems[0].message.en
        referral.fill("decide", result="granted", type="charity", amount="5000")

    def test_an_advance_stays_within_the_delegated_sum(self, referral: ModuleReferral) -> None:
        referral.settings = {"advance_limit": 100_000}
        take_up(referral)
        with pytest.raises(FormRefused) as caught:
            referral.fill("advance", amount="1000.01", pay_way="cash", paid_on="2026-03-02")
        assert caught.value.fields == ["amount"]

    def test_a_refusal_needs_its_reason_and_the_way_to_appeal(self, referral: ModuleReferral) -> None:
        to_decision(referral)
        with pytest.raises(FormRefused) as caught:
            referral.fill("decide", result="refused")
        assert caught.value.fields == ["refusal", "told_appeal"]
        referral.fill("decide", result="refused", refusal="over_threshold", told_appeal="yes")
        assert referral.stage == "refused"
        referral.fill("close", outcome="other")
        assert referral.state == "completed"
        assert referral.outcome is not None
        assert referral.outcome.measures["refusal_reason"] == "over_threshold"
        assert referral.assistance == []

    def test_a_payment_cannot_lie_in_the_future(self, referral: ModuleReferral) -> None:
        take_up(referral)
        with pytest.raises(FormRefused) as caught:
            referral.fill("advance", amount="5", pay_way="cash", paid_on="2026-03-03")
        assert caught.value.fields == ["paid_on"]

    def test_goods_have_a_unit_and_a_number(self, referral: ModuleReferral) -> None:
        to_decision(referral)
        referral.fill("decide", result="granted", type="charity", amount="600")
        goods: dict[str, Any] = {
            "amount": "600",
            "pay_way": "goods",
            "paid_on": "2026-03-02",
            "voucher": "G",
            "last": "yes",
        }
        with pytest.raises(FormRefused):
            referral.fill("pay", **goods)
        (parcels,) = referral.fill("pay", **goods, goods_unit="set", goods_quantity="4").assistance
        assert (parcels.unit, parcels.quantity, parcels.amount_fen) == ("set", 4, 60_000)

    def test_where_public_notice_is_the_rule_it_comes_before_the_review(self, referral: ModuleReferral) -> None:
        referral.settings = {"notice_required": True}
        take_up(referral)
        referral.fill("inquiry", ways="visit", finding="proceed")
        assert referral.stage == "notice"
        referral.fill("notice", from_day="2026-02-20", to_day="2026-02-27", objection="no")
        assert referral.stage == "review"

    def test_screening_never_refuses_and_points_to_local_rules(self, referral: ModuleReferral) -> None:
        for fields in ({}, {"housing_status": "none"}, {"employment_status": "contract"}):
            screening = referral.screen(**fields)
            assert screening is not None
            assert screening.verdict == "perhaps"
            assert "local rules" in screening.reasons[0].en

    def test_an_empty_fund_is_reported(self, referral: ModuleReferral) -> None:
        referral.offer(attributes={"funds": [{"code": "petty", "name": "备用金", "left_fen": 0}]})
        screening = referral.screen()
        assert screening is not None
        assert "used up" in screening.reasons[-1].en
        capacity = referral.capacity()
        assert capacity is not None
        assert (capacity.unit, capacity.free) == ("fen", 0)
