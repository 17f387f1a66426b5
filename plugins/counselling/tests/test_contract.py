from __future__ import annotations

import json

import pytest

from referral_hub.testing import FormRefused, ModuleContract, ModuleReferral


def begin(referral: ModuleReferral) -> None:
    referral.receive()
    referral.fill("book", limits_explained="yes", appointment_on="2026-03-02", mode="in_person")


class TestCounselling(ModuleContract):
    module = "hub_counselling"

    def test_from_the_first_appointment_to_the_end(self, referral: ModuleReferral) -> None:
        begin(referral)
        referral.fill(
            "first_session", attended="yes", risk="none", phq9="15", phq9_item9="0", gad7="12", notes="睡眠差"
        )
        referral.fill("make_plan", goals_agreed="睡得好一些", planned_sessions="8")
        for _ in range(5):
            referral.fill("session", kind="individual", attended="yes", risk="none", notes="作业完成")
        assert referral.stage == "review"
        referral.fill("assess", rating="7", next_step="ending", risk="none", phq9="6")
        referral.fill("end", risk="none")
        referral.fill("revisit", reached="yes", wants_more="no")
        referral.fill("close", outcome="goal_met")
        assert referral.state == "completed"
        assert referral.outcome is not None
        assert referral.outcome.measures == {
            "sessions_held": 7,
            "sessions_missed": 0,
            "goal_rating": 7,
            "change": "better",
            "dropped_out": False,
        }
        assert sum(event.quantity for event in referral.events if event.unit == "session") == 7

    def test_notes_and_scores_are_in_the_private_document_and_nowhere_else(self, referral: ModuleReferral) -> None:
        begin(referral)
        changes = referral.fill("first_session", attended="yes", risk="none", phq9="27", sds="66", notes="心里的事")
        told = json.dumps([repr(changes.events), changes.flags, changes.stage], ensure_ascii=False)
        assert "27" not in told
        assert "心里的事" not in told
        assert {"notes", "phq9", "phq9_item9", "gad7", "sas", "sds", "scl90"} <= set(referral.service.private)
        assert referral.documents[0].content["scores"] == [{"on": "2026-03-02", "phq9": 27, "sds": 66}]

    @pytest.mark.parametrize("danger", [{"phq9_item9": "1"}, {"risk": "self"}, {"risk": "others"}])
    def test_a_sign_of_danger_stops_the_form_until_something_was_done(
        self, referral: ModuleReferral, danger: dict[str, str]
    ) -> None:
        begin(referral)
        answers = {"attended": "yes", "risk": "none", **danger}
        with pytest.raises(FormRefused) as caught:
            referral.fill("first_session", **answers)
        assert caught.value.fields == ["safety_steps"]
        assert "120" in caught.value.problems[0].message.zh
        changes = referral.fill("first_session", **answers, safety_steps=["asked", "plan", "supervisor"])
        assert changes.flags == ["attention_today"]

    @pytest.mark.parametrize(
        ("scale", "total"),
        [("phq9", "28"), ("gad7", "22"), ("sas", "24"), ("sds", "101"), ("scl90", "89"), ("scl90", "451")],
    )
    def test_a_total_outside_its_scale_is_a_slip(self, referral: ModuleReferral, scale: str, total: str) -> None:
        begin(referral)
        with pytest.raises(FormRefused) as caught:
            referral.fill("first_session", attended="yes", risk="none", **{scale: total})
        assert caught.value.fields == [scale]

    def test_nothing_begins_before_the_limits_of_confidentiality_were_explained(self, referral: ModuleReferral) -> None:
        with pytest.raises(FormRefused) as caught:
            referral.fill("book", limits_explained="no", appointment_on="2026-03-02", mode="phone")
        assert caught.value.fields == ["limits_explained"]

    def test_a_suspected_disorder_goes_to_a_hospital(self, referral: ModuleReferral) -> None:
        begin(referral)
        changes = referral.fill("to_hospital", why="suspected", told="yes")
        assert referral.stage == "hospital"
        assert changes.flags == ["hospital"]

    def test_a_missed_session_is_counted_and_has_no_consequence(self, referral: ModuleReferral) -> None:
        begin(referral)
        changes = referral.fill("first_session", attended="missed", risk="none")
        assert (changes.events, changes.flags, referral.stage) == ([], [], "first_visit")
        referral.fill("close", outcome="lost_contact")
        assert referral.outcome is not None
        assert referral.outcome.measures["sessions_missed"] == 1
        assert referral.outcome.measures["change"] == "not_measured"

    def test_group_and_hotline_are_counted_in_their_own_units(self, referral: ModuleReferral) -> None:
        referral.stage = "ongoing"
        units = [
            referral.fill("session", kind=kind, attended="yes", risk="none").events[0].unit
            for kind in ("individual", "group", "hotline", "family")
        ]
        assert units == ["session", "attendance", "time", "session"]

    @pytest.mark.parametrize(
        ("first", "last", "change"), [("15", "9", "better"), ("15", "10", "same"), ("9", "15", "worse")]
    )
    def test_only_a_reliable_change_is_called_one(
        self, referral: ModuleReferral, first: str, last: str, change: str
    ) -> None:
        begin(referral)
        referral.fill("first_session", attended="yes", risk="none", phq9=first)
        referral.fill("make_plan", goals_agreed="甲", planned_sessions="6")
        referral.fill("session", kind="individual", attended="yes", risk="none", phq9=last)
        referral.fill("close", outcome="goal_met")
        assert referral.outcome is not None
        assert referral.outcome.measures["change"] == change
