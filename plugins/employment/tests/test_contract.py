from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from referral_hub.api import Capacity
from referral_hub.testing import FormRefused, ModuleContract, ModuleReferral


class TestEmployment(ModuleContract):
    module = "hub_employment"
    offering_settings: ClassVar[dict[str, Any]] = {"families": ["catering", "care"]}

    def test_from_the_first_meeting_to_a_year_in_work(self, referral: ModuleReferral) -> None:
        assert referral.receive().decision == "person"
        referral.fill("first_meeting", way="in_person", notes="守时")
        referral.fill("guidance", next_step="class_offered")
        referral.fill("class", class_name="春季班", trade="中式烹调", class_starts_on="2026.3.9", answer="joins")
        referral.fill("attendance", hours="12", days="2")
        referral.fill("attendance", hours="7.5", planned_hours="8", ready_for_exam="yes")
        referral.fill("exam", result="passed")
        referral.fill("certificate", certificate_name="中式烹调师五级", issued_on="2026-03-01", seeks_job="yes")
        referral.fill("job_referral", job="帮厨", employer="某饭店", result="interview")
        referral.fill("interview", result="hired")
        referral.fill("job_start", started_on="2026-03-02", kind="contract")
        for months in ("3", "6", "12"):
            referral.fill("job_check", months=months, in_work="yes")
        referral.fill("close", outcome="goal_met", insured="yes", wage_band="2500_4000")
        assert referral.state == "completed"
        hours = [event.quantity for event in referral.events if event.unit == "class_hour"]
        assert hours == [Decimal(12), Decimal("7.5")]
        assert referral.outcome is not None
        assert referral.outcome.measures == {
            "certificate": True,
            "certificate_kind": "中式烹调师五级",
            "certificate_on": "2026-03-01",
            "employed": True,
            "employed_on": "2026-03-02",
            "employment_type": "contract",
            "in_work_3": "yes",
            "in_work_6": "yes",
            "in_work_12": "yes",
            "insured": True,
            "wage_band": "2500_4000",
        }

    def test_the_employer_stays_with_the_organisation(self, referral: ModuleReferral) -> None:
        referral.fill("first_meeting", way="phone")
        referral.fill("guidance", next_step="job_search")
        referral.fill("job_referral", job="保安", employer="某物业", result="open")
        assert "employer" in referral.service.private
        assert referral.documents[0].content["posts"][0]["employer"] == "某物业"
        assert "某物业" not in repr([referral.events, referral.outcome])

    def test_more_hours_than_the_days_hold_are_a_slip(self, referral: ModuleReferral) -> None:
        referral.stage = "training"
        with pytest.raises(FormRefused) as caught:
            referral.fill("attendance", hours="9")
        assert caught.value.fields == ["hours"]

    def test_a_missed_interview_is_no_service_and_has_no_consequence(self, referral: ModuleReferral) -> None:
        referral.stage = "interview"
        assert referral.fill("interview", result="not_attended").events == []
        assert referral.stage == "job_search"

    def test_a_subsidy_is_entered_in_fen(self, referral: ModuleReferral) -> None:
        referral.stage = "training"
        (subsidy,) = referral.fill("subsidy", kind="training", amount="1200.50", paid_on="2026-03-01").assistance
        assert (subsidy.type, subsidy.amount_fen, subsidy.fund) == ("employment", 120050, "employment_subsidy")

    def test_leaving_is_no_success(self, referral: ModuleReferral) -> None:
        referral.stage = "paused"
        referral.fill("close", outcome="client_left")
        assert referral.state == "discontinued"

    def test_it_accepts_by_itself_only_where_the_organisation_wants_that_and_a_seat_is_free(
        self, referral: ModuleReferral
    ) -> None:
        referral.offer(settings={"auto_accept": True}, places=Capacity(total=10, free=1))
        assert referral.receive().decision == "accepted"
        referral.offer(places=Capacity(total=10, free=0))
        assert referral.receive().decision == "person"

    @pytest.mark.parametrize(
        ("fields", "verdict", "told"),
        [
            ({"age_band": "25-34"}, "eligible", None),
            ({"age_band": "0-13"}, "not_eligible", "16"),
            ({"age_band": "14-17"}, "perhaps", "guardian"),
            ({"age_band": "65+"}, "perhaps", "retirement"),
            ({"employment_status": "contract"}, "perhaps", "Already in work"),
            ({"suitable_jobs": ["farming"]}, "perhaps", "kinds of work other"),
            ({"suitable_jobs": ["farming", "care"]}, "eligible", None),
            ({}, "eligible", None),
        ],
    )
    def test_screening_gives_reasons(
        self, referral: ModuleReferral, fields: dict[str, object], verdict: str, told: str | None
    ) -> None:
        screening = referral.screen(**fields)
        assert screening is not None
        assert screening.verdict == verdict
        assert told is None or told in screening.reasons[0].en

    def test_the_next_date_is_the_nearest_class_with_a_seat(self, referral: ModuleReferral) -> None:
        classes = [
            {"starts_on": "2026-02-01", "free": 3},
            {"starts_on": "2026-04-01", "free": 2},
            {"starts_on": "2026-03-10", "free": 0},
            {"starts_on": None, "free": 1},
        ]
        referral.offer(attributes={"classes": classes}, places=Capacity(total=30, free=6))
        assert referral.capacity() == Capacity(total=30, free=6, next_on=date(2026, 4, 1))
