"""Example values for any manifest: an offering, an enquiry, a referral, and many ways to fill in each form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from referral_hub.api import Enquiry, Entry, Field, Form, Offering, Referral, Service
from referral_hub.codes import FIELD_CODES, FUND_SOURCES
from referral_hub.referrals.forms import HUB_QUESTIONS, questions

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
SENT_BEFORE = timedelta(days=90)
"""So long ago a sample was sent: nothing is given before that, and a test may tell of the weeks since."""
TODAY = date(2026, 3, 2)
_FUNDS = [{"code": next(iter(FUND_SOURCES)), "name": "示例资金", "left_fen": 1_000_000}]
_LISTS = frozenset({"suitable_jobs"})


def offering_of(service: Service, settings: dict[str, Any], attributes: dict[str, Any]) -> Offering:
    """The offering with its settings; of a fund, with the facts that the hub always gives of one."""
    facts = {"funds": _FUNDS, "earlier_aid": []} if service.capacity == "fund" else {}
    return Offering(id="offering-1", service=service.key, settings=settings, attributes={**facts, **attributes})


def case_value(name: str) -> Any:
    """A value as the hub would release it: codes where the field has codes, words elsewhere."""
    codes = FIELD_CODES.get(name)
    if codes is None:
        return "示例"
    code = next(iter(codes))
    return [code] if name in _LISTS else code


def enquiry_of(service: Service) -> Enquiry:
    """All that a screening may know: the declared screening fields."""
    return Enquiry(service=service.key, fields={name: case_value(name) for name in sorted(service.screening_names())})


def referral_of(service: Service, offering: Offering, *, everything: bool) -> Referral:
    """A referral with all that may be released, or with nothing but what is required."""
    fields = {field.name: case_value(field.name) for field in service.fields if everything or field.required}
    fields |= {field.key: field_value(field) for field in service.intake if everything or field.required}
    return Referral(
        id="referral-1",
        number="ABCDEFGHJK",
        service=service.key,
        offering=offering,
        fields=fields,
        answer_due_at=NOW,
        sent_at=NOW - SENT_BEFORE,
    )


def entry_of(service: Service, form: Form, stage: str, referral: Referral, values: dict[str, Any]) -> Entry:
    given = {key: value for key, value in values.items() if key not in HUB_QUESTIONS}
    return Entry(id=f"entry-{form.key}", referral=referral, form=form.key, stage=stage, values=given, on=TODAY)


def answers_of(service: Service, form: Form) -> Iterator[dict[str, Any]]:
    """Ways to fill in a form: everything, only what is required, and each choice of each question once."""
    asked = [field for field in questions(service, form) if field.key not in HUB_QUESTIONS]
    everything = {field.key: field_value(field) for field in asked}
    yield everything
    yield {field.key: everything[field.key] for field in asked if field.required}
    for field in asked:
        for value in _others(field):
            yield {**everything, field.key: value}


def field_value(field: Field) -> Any:
    """One clean answer to a question, within its bounds."""
    low = field.min
    values: dict[str, Any] = {
        "integer": 1 if low is None else low,
        "number": 1 if low is None else low,
        "money": 100 if low is None else max(low, 100),
        "date": TODAY.isoformat(),
        "yes_no": True,
        "phone": "13800138000",
        "choice": field.choices[0].code if field.choices else "",
        "choices": [choice.code for choice in field.choices[:1]],
    }
    return values.get(field.type, "示例" if low is None else "示" * max(low, 2))


def as_typed(fields: Sequence[Field], values: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Clean answers as a person types them: money in yuan, yes and no in words, dates as of `today`."""
    return {field.key: _typed(field, values[field.key], today) for field in fields if field.key in values}


def settings_of(fields: Sequence[Field]) -> dict[str, Any]:
    """An answer to every setting."""
    return {field.key: field_value(field) for field in fields}


def _typed(field: Field, value: Any, today: date) -> Any:
    if isinstance(value, list):
        return value
    typed = {
        "money": lambda: f"{Decimal(value) / 100:.2f}",
        "yes_no": lambda: "yes" if value else "no",
        "date": today.isoformat,
    }.get(field.type)
    return typed() if typed else str(value)


def _others(field: Field) -> Iterator[Any]:
    if field.type == "yes_no":
        yield False
    elif field.type == "choice":
        yield from (choice.code for choice in field.choices[1:])
    elif field.type == "choices":
        yield [choice.code for choice in field.choices]
