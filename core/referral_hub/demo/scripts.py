"""How each of the four services goes when all goes well: the forms a provider fills in, with the days between them.

The forms and codes are the built-in modules' own, known here by name only; a service that is not installed has no part
in the story.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

Values = dict[str, Any]

NEEDS = {
    "employment.training": (
        "employment",
        ("想学一门手艺，尽快有收入", "希望找一份离家近的工作", "想考一个证，重新上班"),
    ),
    "living.assistance": ("living", ("这个月没有收入，吃饭有困难", "看病花了不少钱，房租交不上", "孩子开学要交费用")),
    "counselling.sessions": (
        "counselling",
        ("最近睡不好，心里很烦", "和家里人总是说不到一起", "想找人说说话，学着稳住情绪"),
    ),
    "house.stay": ("housing", ("回来后没有地方住", "暂时不方便回家，需要一个落脚处")),
}
INTAKE: dict[str, Values] = {
    "employment.training": {"wanted_help": ["training", "job"], "digital_skill": "phone", "needs_subsidy": "no"},
    "living.assistance": {
        "aid_wanted": "temporary_emergency",
        "hardship": ["no_income"],
        "no_food_or_bed": "no",
        "papers": ["application", "id_card"],
    },
    "counselling.sessions": {"safe_contact": "call", "mode_wanted": "in_person", "urgent_worry": "none"},
    "house.stay": {"rules_agreed": "yes", "smokes": "no"},
}
# Beside the plain categories: what the service cannot do without in practice.
SENSITIVE = {
    "living.assistance": ("identity", "family", "finance"),
    "counselling.sessions": ("wellbeing",),
}


class Step(msgspec.Struct, frozen=True):
    """One form, filled in so many days after the step before. Values that are dates are put in as it is filled in."""

    days: int
    form: str
    values: Values = {}
    dates: tuple[str, ...] = ()

    def answers(self, on: date) -> Values:
        return {**self.values, **dict.fromkeys(self.dates, on.isoformat())}


_FIRST_SCALES = {"phq9": "12", "phq9_item9": "0", "gad7": "10"}

PATHS: dict[str, list[Step]] = {
    "employment.training": [
        Step(2, "first_meeting", {"way": "in_person"}),
        Step(3, "guidance", {"next_step": "class_offered"}),
        Step(
            3,
            "class",
            {"class_name": "本期班次", "trade": "中式烹调", "level": "5", "answer": "joins"},
            ("class_starts_on",),
        ),
        Step(5, "attendance", {"hours": "16", "planned_hours": "16", "days": "2"}),
        Step(6, "attendance", {"hours": "14", "planned_hours": "16", "days": "2", "ready_for_exam": "yes"}),
        Step(4, "exam", {"result": "passed"}),
        Step(4, "certificate", {"certificate_name": "中式烹调师", "seeks_job": "yes"}, ("issued_on",)),
        Step(4, "job_referral", {"job": "厨师助理", "result": "hired"}),
    ],
    "living.assistance": [
        Step(1, "take_up", {"kind": "emergency"}),
        Step(
            2,
            "inquiry",
            {"ways": ["visit", "check"], "finding": "proceed", "investigator": "沈丽华", "household_size": "2"},
        ),
        Step(2, "review", {"opinion": "submit"}),
        Step(
            2,
            "decide",
            {"result": "granted", "type": "temporary_emergency", "amount": "1200"},
            ("period_from", "period_to"),
        ),
        Step(2, "pay", {"amount": "1200", "pay_way": "bank", "voucher": "示凭0001", "last": "yes"}, ("paid_on",)),
    ],
    "counselling.sessions": [
        Step(2, "book", {"limits_explained": "yes", "mode": "in_person"}, ("appointment_on",)),
        Step(3, "first_session", {"attended": "yes", "minutes": "50", **_FIRST_SCALES, "risk": "none"}),
        Step(2, "make_plan", {"goals_agreed": "睡好觉，和家人好好说话", "planned_sessions": "6"}),
        Step(6, "session", {"kind": "individual", "attended": "yes", "minutes": "50", "risk": "none"}),
        Step(7, "session", {"kind": "individual", "attended": "yes", "minutes": "50", "risk": "none"}),
        Step(7, "session", {"kind": "individual", "attended": "missed", "risk": "none"}),
    ],
    "house.stay": [
        Step(1, "assess", {"voluntary": "yes", "fits": "yes", "hospital_first": "no"}),
        Step(1, "move_in", {"rules_signed": "yes"}, ("moved_in_on",)),
        Step(10, "nights", {"meals": "20"}, ("through",)),
        Step(12, "nights", {"nights_away": "1", "meals": "22"}, ("through",)),
    ],
}
# What kind of aid an offering gives, and usual sums in yuan.
AID_OF: dict[str, tuple[str, tuple[int, ...]]] = {
    "临时救助（急难型）": ("temporary_emergency", (800, 1000, 1200, 1500)),
    "临时救助（支出型）": ("temporary_expenditure", (1500, 2000, 3000)),
    "最低生活保障协助申请": ("subsistence", (760, 790, 1580)),
    "慈善助困": ("charity", (500, 600, 1000)),
    "衣物与生活用品": ("charity", (200, 300)),
    "子女助学": ("education", (1000, 1500)),
}
# The fewest forms with which a service has begun.
BEGUN = {"house.stay": 2}
# What is filled in before the closing report, where a service has a step of its own for leaving.
LEAVE: dict[str, dict[str, Step]] = {
    "house.stay": {
        "completed": Step(8, "move_out", {"kind": "planned", "goes_to": "rented"}, ("moved_out_on",)),
        "discontinued": Step(3, "move_out", {"kind": "unplanned", "goes_to": "home"}, ("moved_out_on",)),
    }
}
CLOSE: dict[str, Values] = {
    "employment.training": {"certificate": "yes", "certificate_kind": "中式烹调师", "employed": "yes"},
    "living.assistance": {"decision": "granted"},
    "counselling.sessions": {"change": "better"},
    "house.stay": {"exit_kind": "planned", "destination": "rented"},
}
PAUSE: dict[str, Step] = {
    "employment.training": Step(2, "pause", {"reason": "family"}),
    "counselling.sessions": Step(2, "pause", {"reason": "away"}),
    "house.stay": Step(2, "go_away", {}, ("from_day",)),
}
