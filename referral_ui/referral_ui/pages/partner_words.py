"""Words and small pictures of the recipient's pages. A state is a word with an icon, never a colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from referral_hub.codes import (
    ASSISTANCE_DECISIONS,
    ASSISTANCE_TYPES,
    BASES,
    DECLINE_REASONS,
    EVIDENCE_SHOWN,
    FUND_SOURCES,
    NO_EVENT_REASONS,
    OFFERING_STATUS,
    OUTCOMES_SHOWN,
    RESERVATION_STATES,
    SEX,
    UNITS,
    URGENCY,
    WITHDRAW_REASONS,
)
from referral_hub.i18n import Label
from referral_hub.workflow.table import STATES
from referral_hub.workflow.tasks import TASK_KINDS
from referral_ui.pages.state_icons import RECEIVED_REFERRAL_ICONS


class PartnerWords:
    """Every code set that a recipient's template may show."""

    states: ClassVar[Mapping[str, Label]] = STATES
    state_icons: ClassVar[Mapping[str, str]] = RECEIVED_REFERRAL_ICONS
    categories: ClassVar[Mapping[str, Label]] = {
        "basic": Label(zh="称呼与概况", en="Name and general details"),
        "contact": Label(zh="联系方式", en="How to get in touch"),
        "need": Label(zh="需要与意愿", en="Need and wishes"),
        "work": Label(zh="学习与工作", en="Education and work"),
        "housing": Label(zh="居住", en="Housing"),
        "identity": Label(zh="身份", en="Identity"),
        "address": Label(zh="住址", en="Address"),
        "bank": Label(zh="收款账户", en="Bank account"),
        "health": Label(zh="与服务有关的身体情况", en="Health relevant to this service"),
        "family": Label(zh="家庭", en="Family"),
        "finance": Label(zh="收入与财产", en="Income and property"),
        "wellbeing": Label(zh="情绪与睡眠", en="Mood and sleep"),
    }
    reasons: ClassVar[Mapping[str, Label]] = WITHDRAW_REASONS | DECLINE_REASONS | OUTCOMES_SHOWN
    declines: ClassVar[Mapping[str, Label]] = DECLINE_REASONS
    outcomes: ClassVar[Mapping[str, Label]] = OUTCOMES_SHOWN
    no_event: ClassVar[Mapping[str, Label]] = NO_EVENT_REASONS
    evidence: ClassVar[Mapping[str, Label]] = EVIDENCE_SHOWN
    urgency: ClassVar[Mapping[str, Label]] = URGENCY
    units: ClassVar[Mapping[str, Label]] = UNITS
    sex: ClassVar[Mapping[str, Label]] = SEX
    bases: ClassVar[Mapping[str, Label]] = BASES
    tasks: ClassVar[Mapping[str, Label]] = {code: kind.label for code, kind in TASK_KINDS.items()}
    offering_status: ClassVar[Mapping[str, Label]] = OFFERING_STATUS
    reservations: ClassVar[Mapping[str, Label]] = RESERVATION_STATES
    aid_types: ClassVar[Mapping[str, Label]] = ASSISTANCE_TYPES
    aid_decisions: ClassVar[Mapping[str, Label]] = ASSISTANCE_DECISIONS
    fund_sources: ClassVar[Mapping[str, Label]] = FUND_SOURCES


PARTNER_WORDS = PartnerWords()
