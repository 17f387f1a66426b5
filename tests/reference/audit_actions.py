"""The actions that audit entries name."""

from __future__ import annotations

from tests.reference.text import table

from referral_hub.audit.catalogue import ACTIONS


def render() -> str:
    return (
        "# Audit actions · 操作记录\n\n"
        "Every audit entry names one of these actions, with who, when, whose case, which referral and why. "
        "The client's timeline, “who saw my data” and the auditor's page are views of it.\n\n"
        + table(
            ("Action", "中文", "English"), ((f"`{action}`", words.zh, words.en) for action, words in ACTIONS.items())
        )
    )
