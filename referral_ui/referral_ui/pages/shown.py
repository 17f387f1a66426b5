"""Words and small pictures of the worker's pages: codes to labels, states to icons. Templates get them as `words`.

A state is a word with an icon and never a colour; colour means a deadline.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from litestar import Response

from referral_hub.audit.catalogue import ACTIONS
from referral_hub.cases.measures import MEASURE_KINDS, MEASURE_STATUS
from referral_hub.cases.rules import need_decisions
from referral_hub.codes import (
    BASES,
    CARE_TEAM_PARTS,
    CASE_CLOSING_REASONS,
    CASE_STATUS,
    CLIENT_CONFIRMATIONS,
    CLIENT_SATISFACTION,
    CONSENT_STATES,
    DECLINE_NEXT_STEPS,
    DECLINE_REASONS,
    EVIDENCE_SHOWN,
    EXPIRY_REASONS,
    FIELD_CODES,
    FOLLOW_UP_ANSWERS,
    GONE_REASONS,
    JOB_FAMILIES,
    LANGUAGES,
    NEED_KINDS,
    NEED_STATES,
    NO_EVENT_REASONS,
    NOTE_KINDS,
    OUTCOMES_SHOWN,
    PRIORITIES,
    RELATIONS,
    SEX,
    SIGNED_HOW,
    URGENCY,
    WITHDRAW_REASONS,
    WITHDRAWN_HOW,
)
from referral_hub.codes.case_fields import CATEGORY_TEXTS, FIELDS
from referral_hub.directory.signs import FUND_SIGNS
from referral_hub.i18n import Label
from referral_hub.views.worker.referral import FILTERS
from referral_hub.workflow.table import STATES
from referral_hub.workflow.tasks import NEXT_STEPS, TASK_KINDS
from referral_ui.pages.state_icons import REFERRAL_ICONS
from referral_ui.rendering import page
from referral_ui.requests import HubRequest


class Words:
    """Every code set that a worker's template may show."""

    states: ClassVar[Mapping[str, Label]] = STATES
    filters: ClassVar[Mapping[str, Label]] = FILTERS
    reasons: ClassVar[Mapping[str, Label]] = WITHDRAW_REASONS | DECLINE_REASONS | EXPIRY_REASONS
    decline_next: ClassVar[Mapping[str, Any]] = DECLINE_NEXT_STEPS
    languages: ClassVar[Mapping[str, Label]] = LANGUAGES
    gone_reasons: ClassVar[Mapping[str, Label]] = GONE_REASONS
    fund_signs: ClassVar[Mapping[Any, Label]] = FUND_SIGNS
    withdraw_reasons: ClassVar[Mapping[str, Label]] = WITHDRAW_REASONS
    outcomes: ClassVar[Mapping[str, Label]] = OUTCOMES_SHOWN
    no_event: ClassVar[Mapping[str, Label]] = NO_EVENT_REASONS
    evidence: ClassVar[Mapping[str, Label]] = EVIDENCE_SHOWN
    client_confirmations: ClassVar[Mapping[str, Label]] = CLIENT_CONFIRMATIONS
    client_satisfaction: ClassVar[Mapping[str, Label]] = CLIENT_SATISFACTION
    follow_up_answers: ClassVar[Mapping[str, Label]] = FOLLOW_UP_ANSWERS
    urgency: ClassVar[Mapping[str, Label]] = URGENCY
    needs: ClassVar[Mapping[str, Label]] = NEED_KINDS
    need_states: ClassVar[Mapping[str, Label]] = NEED_STATES
    priorities: ClassVar[Mapping[str, Label]] = PRIORITIES
    notes: ClassVar[Mapping[str, Label]] = NOTE_KINDS
    team_parts: ClassVar[Mapping[str, Label]] = CARE_TEAM_PARTS
    case_status: ClassVar[Mapping[str, Label]] = CASE_STATUS
    closing: ClassVar[Mapping[str, Label]] = CASE_CLOSING_REASONS
    sex: ClassVar[Mapping[str, Label]] = SEX
    relations: ClassVar[Mapping[str, Label]] = RELATIONS
    jobs: ClassVar[Mapping[str, Label]] = JOB_FAMILIES
    field_codes: ClassVar[Mapping[str, Any]] = FIELD_CODES
    fields: ClassVar[Mapping[str, Any]] = FIELDS
    categories: ClassVar[Mapping[str, Any]] = CATEGORY_TEXTS
    consent_states: ClassVar[Mapping[str, Label]] = CONSENT_STATES
    bases: ClassVar[Mapping[str, Label]] = BASES
    signed: ClassVar[Mapping[str, Label]] = SIGNED_HOW
    withdrawn_how: ClassVar[Mapping[str, Label]] = WITHDRAWN_HOW
    tasks: ClassVar[Mapping[str, Label]] = {
        **{code: kind.label for code, kind in TASK_KINDS.items()},
        **NEXT_STEPS,
    }
    actions: ClassVar[Mapping[str, Label]] = ACTIONS
    measures: ClassVar[Mapping[str, Label]] = MEASURE_KINDS
    measure_status: ClassVar[Mapping[str, Label]] = MEASURE_STATUS
    need_icons: ClassVar[Mapping[str, str]] = {
        "employment": "briefcase",
        "living": "coin",
        "counselling": "message-circle",
        "housing": "home",
        "documents": "id",
        "medical": "heart",
        "education": "school",
        "legal": "scale",
        "family": "users",
        "other": "circle-dot",
    }
    state_icons: ClassVar[Mapping[str, str]] = REFERRAL_ICONS
    action_icons: ClassVar[Mapping[str, str]] = {
        "case": "folder",
        "measure": "lock",
        "person": "id",
        "need": "target",
        "plan": "list-check",
        "consent": "signature",
        "referral": "send",
        "form": "file-text",
        "service": "heart-handshake",
        "outcome": "checks",
        "followup": "calendar-event",
        "assistance": "coin",
        "place": "map-pin",
        "task": "bell",
    }

    need_decisions = staticmethod(need_decisions)


WORDS = Words()


def worker_page(request: HubRequest, template: str, *, status: int = 200, **context: Any) -> Response[str]:
    """A page of the worker's side, with the words it needs."""
    return page(request, template, status=status, words=WORDS, **context)
