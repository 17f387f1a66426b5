from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import pytest

from referral_hub.api import Capacity
from referral_hub.testing import FormRefused, ModuleContract, ModuleReferral


def move_in(referral: ModuleReferral, day: str = "2026-02-01") -> None:
    referral.receive(sex="1")
    referral.fill("assess", voluntary="yes", fits="yes", hospital_first="no")
    referral.fill("move_in", moved_in_on=day, rules_signed="yes", belongings="被褥一套")


def nights(referral: ModuleReferral) -> list[int]:
    return [int(event.quantity) for event in referral.events if event.unit == "bed_night"]


class TestHouse(ModuleContract):
    module = "hub_house"
    offering_settings: ClassVar[dict[str, Any]] = {"sexes": "any", "nightly_worth": 6000, "fund": "contract"}

    def test_from_moving_in_to_a_home_of_ones_own(self, referral: ModuleReferral) -> None:
        move_in(referral)
        referral.fill("nights", through="2026-02-11", meals="20")
        referral.fill("assess_again", next_step="leaving", income="yes")
        referral.fill("move_out", moved_out_on="2026-03-01", kind="planned", goes_to="rented")
        referral.fill("revisit", months="1", housing="housed")
        referral.fill("close", outcome="goal_met")
        assert referral.state == "completed"
        assert nights(referral) == [10, 18]
        assert referral.outcome is not None
        assert referral.outcome.measures == {
            "nights": 28,
            "exit_kind": "planned",
            "destination": "rented",
            "housed_1": "housed",
            "income_found": True,
            "benefit_found": False,
        }

    def test_the_day_in_counts_and_the_day_out_does_not(self, referral: ModuleReferral) -> None:
        move_in(referral, "2026-03-01")
        referral.fill("move_out", moved_out_on="2026-03-02", kind="planned", goes_to="home")
        assert nights(referral) == [1]

    def test_in_and_out_on_one_day_is_no_night(self, referral: ModuleReferral) -> None:
        move_in(referral, "2026-03-02")
        referral.fill("move_out", moved_out_on="2026-03-02", kind="unplanned", goes_to="other")
        assert nights(referral) == []
        assert referral.flags == ["left_suddenly"]

    def test_no_night_is_counted_twice(self, referral: ModuleReferral) -> None:
        move_in(referral)
        referral.fill("nights", through="2026-02-11")
        with pytest.raises(FormRefused) as caught:
            referral.fill("nights", through="2026-02-10")
        assert caught.value.fields == ["through"]
        referral.fill("nights", through="2026-02-12")
        assert nights(referral) == [10, 1]

    def test_nights_away_are_not_bed_nights(self, referral: ModuleReferral) -> None:
        move_in(referral)
        referral.fill("nights", through="2026-02-11", nights_away="3")
        referral.fill("go_away", from_day="2026-02-13")
        assert referral.state == "on_hold"
        referral.fill("come_back", back_on="2026-02-20")
        referral.fill("nights", through="2026-02-22")
        assert nights(referral) == [7, 2, 2]
        with pytest.raises(FormRefused):
            referral.fill("nights", through="2026-02-24", nights_away="3")

    def test_someone_who_leaves_while_away_adds_no_night(self, referral: ModuleReferral) -> None:
        move_in(referral)
        referral.fill("go_away", from_day="2026-02-05")
        referral.fill("move_out", moved_out_on="2026-02-20", kind="unplanned", goes_to="lost_contact")
        assert nights(referral) == [4]

    def test_free_nights_are_aid_in_kind_where_a_night_has_a_worth(self, referral: ModuleReferral) -> None:
        move_in(referral)
        (aid,) = referral.fill("nights", through="2026-02-11").assistance
        assert (aid.type, aid.unit, aid.quantity, aid.amount_fen) == ("housing", "bed_night", 10, 60_000)
        assert (aid.period_start, aid.period_end) == (date(2026, 2, 1), date(2026, 2, 11))
        referral.offer(settings={})
        assert referral.fill("nights", through="2026-02-12").assistance == []

    @pytest.mark.parametrize(
        ("answers", "field"),
        [
            ({"voluntary": "no", "fits": "yes", "hospital_first": "no"}, "voluntary"),
            ({"voluntary": "yes", "fits": "yes", "hospital_first": "yes"}, "hospital_first"),
            ({"voluntary": "yes", "fits": "no", "hospital_first": "no"}, "fits"),
        ],
    )
    def test_nobody_is_admitted_against_their_will_or_instead_of_a_hospital(
        self, referral: ModuleReferral, answers: dict[str, str], field: str
    ) -> None:
        with pytest.raises(FormRefused) as caught:
            referral.fill("assess", **answers)
        assert caught.value.fields == [field]

    def test_the_house_rules_come_before_the_key(self, referral: ModuleReferral) -> None:
        referral.fill("assess", voluntary="yes", fits="yes", hospital_first="no")
        with pytest.raises(FormRefused):
            referral.fill("move_in", moved_in_on="2026-03-01", rules_signed="no")

    def test_a_full_house_puts_on_the_waiting_list_by_sex(self, referral: ModuleReferral) -> None:
        beds = [{"sex": "1", "total": 6, "free": 0}, {"sex": "2", "total": 4, "free": 2}]
        referral.offer(attributes={"classes": beds}, places=Capacity(total=10, free=2, next_on=date(2026, 4, 1)))
        receipt = referral.receive(sex="1")
        assert (receipt.decision, receipt.expected_on) == ("waitlisted", date(2026, 4, 1))
        assert referral.receive(sex="2").decision == "person"
        screening = referral.screen(sex="1")
        assert screening is not None
        assert screening.verdict == "eligible", "whoever fits may wait; the hub says what is free"

    def test_a_bed_for_anyone_counts_for_everyone(self, referral: ModuleReferral) -> None:
        referral.offer(attributes={"classes": [{"sex": None, "total": 2, "free": 1}]})
        assert referral.receive(sex="1").decision == "person"

    def test_a_house_for_women_does_not_take_in_men(self, referral: ModuleReferral) -> None:
        referral.offer(settings={"sexes": "2"})
        screening = referral.screen(sex="1")
        assert screening is not None
        assert screening.verdict == "not_eligible"
        assert referral.receive(sex="1").decision == "person"
