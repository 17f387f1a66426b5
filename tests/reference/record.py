"""The acts of the record."""

from __future__ import annotations

from tests.reference.text import table

from referral_hub.audit.acts import ACTS


def render() -> str:
    return (
        "# The record · 操作记录\n\n"
        "Every row of the record names one of these acts, with who, when, whose case, which referral and why. "
        "The client's timeline, “who saw my data” and the auditor's page are views of it.\n\n"
        + table(("Act", "中文", "English"), ((f"`{act}`", words.zh, words.en) for act, words in ACTS.items()))
    )
