"""Days that cannot be true are refused at every door that takes one: `referral_hub.calendar.periods`."""

from __future__ import annotations

import ast
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bodies import every_body

from referral_hub.api.manifest import Field
from referral_hub.calendar.periods import MAX_YEARS_AHEAD, MAX_YEARS_BACK, check_period, day_issue
from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.referrals.forms import read_entry
from referral_hub.registry.discovery import discover
from referral_ui.forms import FieldsInvalid, Form, Input

CORE = Path("core/referral_hub")
TODAY = date(2026, 3, 2)
IMPOSSIBLE = (date(1, 1, 1), date(1800, 3, 2), date(2206, 3, 2), date(9999, 12, 31))
CHECKS = re.compile(r"\bcheck_(day|happened|to_come|period)\(")
# Actions that take a day and leave its check to another.
CHECKED_ELSEWHERE = {
    "record_first_contact": "workflow.serving: between the sending and today",
    "end_contract": "within the days of the contract",
    "check_born": "the year of birth; the callers check the day",
    "waitlist_referral": "workflow.answering: from today on",
    "fill_form": "workflow.serving: between the sending and today",
    "set_out_of_service": "the hub's own today",
    "schedule_follow_ups": "the hub's own day of the end",
    "approve_module": "write_approval",
    "record_application": "assistance.rules.check_application",
    "record_payment": "assistance.rules.check_payment",
    "add_entry": "writes what an application, a decision or a payment checked",
    "set_scope": "the hub's own today",
    "follow_ups_due": "reads",
    "lacks_contract": "reads",
    "closed_reason": "reads",
}
NO_ACTIONS = {"demo", "testing", "importing", "views", "workflow", "api", "tables", "scaffold"}


@given(st.dates())
def test_a_day_is_possible_within_a_life_and_the_terms_that_offices_have(day: date) -> None:
    within = TODAY.year - MAX_YEARS_BACK <= day.year <= TODAY.year + MAX_YEARS_AHEAD
    assert (day_issue(day, today=TODAY) is None) == within
    assert day_issue(day, today=TODAY, birth_year=day.year + 1) is not None


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 3000))
def test_no_period_ends_before_it_starts(start: date, days: int) -> None:
    check_period(start, start + timedelta(days=days), "ends_on", today=TODAY)
    check_period(start, start, "ends_on", today=TODAY)
    with pytest.raises(Invalid) as refused:
        check_period(start + timedelta(days=days), start, "ends_on", today=TODAY)
    assert refused.value.field == "ends_on"


@pytest.mark.parametrize("day", IMPOSSIBLE, ids=str)
def test_every_form_of_a_page_refuses_a_day_that_cannot_be(day: date) -> None:
    form = Form([Input("on", "date", Label(zh="日期", en="Date"))], {"on": day})
    with pytest.raises(FieldsInvalid) as refused:
        form.clean()
    assert [problem.field for problem in refused.value.problems] == ["on"]


BODIES = [(body, field) for body in every_body() for field, kind in body.__annotations__.items() if "date" in str(kind)]


def test_the_walk_over_the_api_finds_its_days() -> None:
    assert len(BODIES) >= 6


@pytest.mark.parametrize(("body", "field"), BODIES, ids=lambda value: getattr(value, "__name__", value))
@pytest.mark.parametrize("day", IMPOSSIBLE, ids=str)
def test_every_body_of_the_api_refuses_a_day_that_cannot_be(body: Any, field: str, day: date) -> None:
    others = dict.fromkeys(name for name in body.__struct_fields__ if name != field)
    with pytest.raises(ValueError, match=field):
        body(**others, **{field: day})


FORMS = [
    (service, form, field)
    for module in discover(None)
    for service in (module.manifest.services if module.manifest else ())
    for form in service.forms
    for field in form.fields
    if field.type == "date"
]


@pytest.mark.parametrize(
    ("service", "form", "field"), FORMS, ids=[f"{s.key}-{f.key}-{field.key}" for s, f, field in FORMS]
)
def test_every_form_of_a_module_refuses_a_day_that_cannot_be(service: Any, form: Any, field: Field) -> None:
    for day in IMPOSSIBLE:
        _, problems = read_entry(service, form, {field.key: day.isoformat()}, today=TODAY)
        assert field.key in {problem.field for problem in problems}, day


def actions_with_days() -> dict[str, str]:
    """Every function of the hub that is handed a transaction and a day, with its source."""
    found = {}
    for path in CORE.rglob("*.py"):
        if path.relative_to(CORE).parts[0] in NO_ACTIONS:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            arguments = [*node.args.args, *node.args.kwonlyargs]
            kinds = {ast.unparse(each.annotation) for each in arguments if each.annotation}
            if "session" in {each.arg for each in arguments} and kinds & {"date", "date | None"}:
                found[node.name] = ast.unparse(node)
    return found


def test_every_action_that_takes_a_day_checks_it_by_the_one_rule() -> None:
    unchecked = {name for name, source in actions_with_days().items() if not CHECKS.search(source)}
    assert unchecked == set(CHECKED_ELSEWHERE)


def test_no_day_of_a_case_is_taken_without_the_year_of_birth() -> None:
    forgotten = [
        f"{path.name}:{node.lineno}"
        for path in (CORE / "cases").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"check_day", "check_happened", "check_period"}
        and "birth_year" not in {word.arg for word in node.keywords}
    ]
    assert forgotten == []


def test_only_one_file_says_that_a_period_ends_before_it_starts() -> None:
    homes = [path.name for path in CORE.rglob("*.py") if "结束日期早于开始日期" in path.read_text("utf-8")]
    assert homes == ["periods.py"]
