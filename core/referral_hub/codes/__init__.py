"""Code sets of the field, in words a client, a partner and a page may read.

National standards keep their own codes; the rest are ours. A code is stored, never its words; codes are added, not
renamed. Words here pass the neutral-wording rule (R20): what names the restricted measure is in `cases.measures`.
"""

from __future__ import annotations

from referral_hub.codes.case import (
    CARE_TEAM_PARTS,
    CASE_CLOSING_REASONS,
    CASE_STATUS,
    NEED_KINDS,
    NEED_STATES,
    NOTE_KINDS,
    PRIORITIES,
)
from referral_hub.codes.consent import BASES, CONSENT_STATES, METHODS, RELATIONS, SIGNED_HOW, WITHDRAWN_HOW
from referral_hub.codes.contract import CONTRACT_TARGETS, GROUP_KINDS, VISIT_KINDS
from referral_hub.codes.declines import ASK_AGAIN_REASONS, DECLINE_NEXT_STEPS, DECLINE_REASONS, NextStep
from referral_hub.codes.directory import (
    CONTRACT_RECEIPTS,
    LANGUAGES,
    OFFERING_STATUS,
    ORGANISATION_KINDS,
    ORGANISATION_STATUS,
    PROCESSOR_ROLES,
    RESERVATION_STATES,
)
from referral_hub.codes.fields import FIELD_CODES
from referral_hub.codes.person import AGE_BANDS, EDUCATION, EMPLOYMENT_STATUS, HOUSING_STATUS, JOB_FAMILIES, SEX
from referral_hub.codes.referral import (
    CLIENT_CONFIRMATIONS,
    CLIENT_SATISFACTION,
    EVIDENCE_LEVELS,
    EVIDENCE_SHOWN,
    EXIT_DESTINATIONS,
    EXPIRY_REASONS,
    FOLLOW_UP_ANSWERS,
    GONE_REASONS,
    NO_EVENT_REASONS,
    OUTCOME_CODES,
    OUTCOMES_SHOWN,
    URGENCY,
    WITHDRAW_REASONS,
)
from referral_hub.codes.service import (
    ASSISTANCE_DECISIONS,
    ASSISTANCE_TYPES,
    FUND_SOURCES,
    HARDSHIPS,
    PAY_WAYS,
    REFUSAL_REASONS,
    UNITS,
)
from referral_hub.codes.sets import Codes

__all__ = [
    "AGE_BANDS",
    "ASK_AGAIN_REASONS",
    "ASSISTANCE_DECISIONS",
    "ASSISTANCE_TYPES",
    "BASES",
    "CARE_TEAM_PARTS",
    "CASE_CLOSING_REASONS",
    "CASE_STATUS",
    "CLIENT_CONFIRMATIONS",
    "CLIENT_SATISFACTION",
    "CONSENT_STATES",
    "CONTRACT_RECEIPTS",
    "CONTRACT_TARGETS",
    "DECLINE_NEXT_STEPS",
    "DECLINE_REASONS",
    "EDUCATION",
    "EMPLOYMENT_STATUS",
    "EVIDENCE_LEVELS",
    "EVIDENCE_SHOWN",
    "EXIT_DESTINATIONS",
    "EXPIRY_REASONS",
    "FIELD_CODES",
    "FOLLOW_UP_ANSWERS",
    "FUND_SOURCES",
    "GONE_REASONS",
    "GROUP_KINDS",
    "HARDSHIPS",
    "HOUSING_STATUS",
    "JOB_FAMILIES",
    "LANGUAGES",
    "METHODS",
    "NEED_KINDS",
    "NEED_STATES",
    "NOTE_KINDS",
    "NO_EVENT_REASONS",
    "OFFERING_STATUS",
    "ORGANISATION_KINDS",
    "ORGANISATION_STATUS",
    "OUTCOMES_SHOWN",
    "OUTCOME_CODES",
    "PAY_WAYS",
    "PRIORITIES",
    "PROCESSOR_ROLES",
    "REFUSAL_REASONS",
    "RELATIONS",
    "RESERVATION_STATES",
    "SEX",
    "SIGNED_HOW",
    "UNITS",
    "URGENCY",
    "VISIT_KINDS",
    "WITHDRAWN_HOW",
    "WITHDRAW_REASONS",
    "Codes",
    "NextStep",
]
