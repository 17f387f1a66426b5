"""Reading a stage form. On an outcome form the hub asks its own questions beside the module's: the outcome code, how
it is evidenced, and why there was no service where there was none (R25).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from referral_hub.api import Problem
from referral_hub.api.manifest import Choice, Field, Form, Service
from referral_hub.codes import EVIDENCE_LEVELS, NO_EVENT_REASONS
from referral_hub.i18n import Label
from referral_hub.registry.forms import impossible_days, read_form

OUTCOME = "outcome"
EVIDENCE = "outcome_evidence"
NO_EVENT_REASON = "no_event_reason"
HUB_QUESTIONS = frozenset({EVIDENCE, NO_EVENT_REASON})
"""Answers that stay with the hub; the outcome code itself is given to the module."""


def questions(service: Service, form: Form) -> list[Field]:
    """Every question of a form, in order: the module's, then for an outcome form the hub's own and the measures."""
    if not form.outcome:
        return list(form.fields)
    return [*form.fields, *_outcome_questions(service), *service.outcome]


def read_entry(
    service: Service, form: Form, values: Mapping[str, object], *, today: date
) -> tuple[dict[str, object], list[Problem]]:
    """Clean answers and every problem found."""
    asked = questions(service, form)
    clean, problems = read_form(asked, values)
    return dict(clean), [*problems, *impossible_days(asked, clean, today=today)]


def _outcome_questions(service: Service) -> list[Field]:
    return [
        Field(
            key=OUTCOME,
            type="choice",
            label=Label(zh="服务结果", en="Outcome"),
            required=True,
            choices=list(service.outcomes),
        ),
        Field(
            key=EVIDENCE,
            type="choice",
            label=Label(zh="依据", en="Evidence"),
            required=True,
            choices=[Choice(code=code, label=label) for code, label in EVIDENCE_LEVELS.items()],
        ),
        Field(
            key=NO_EVENT_REASON,
            type="choice",
            label=Label(zh="没有服务记录的原因（有记录的不用填）", en="Why no service was recorded, if there was none"),
            choices=[Choice(code=code, label=label) for code, label in NO_EVENT_REASONS.items()],
        ),
    ]
