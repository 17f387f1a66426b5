"""Texts that people type: how long each may be, and the one way to read them.

A limit stands here once; the page that asks, the action that reads and the document that tells draw on it. What is too
long is refused with its field and the limit, never cut.
"""

from __future__ import annotations

from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.text import plain

MAX_LINE = 100
"""Names, titles and other lines that have no limit of their own."""
MAX_REASON = 200
MAX_NOTE = 1000
"""A remark beside an action, an outcome or an answer."""
MAX_ANSWER_NOTE = 500
MAX_MESSAGE = 2000
"""What is said with an answer to a referral, by a person or by a module."""
MAX_CASE_NOTE = 4000
MAX_NEED = 2000
MAX_GOAL = 500
MAX_PURPOSE_OF_EXPORT = 40

MAX_ACCOUNT_NAME = 40
MAX_LOGIN = 40
MAX_TOKEN_NAME = 60
MAX_CONTACT_NAME = 40
MAX_SHORT_NAME = 40
MAX_ASSESSMENT_REFERENCE = 100
MAX_OFFERING_DESCRIPTION = 1000
MAX_OFFERING_NOTES = 300
MAX_AREA_CODES = 400
MAX_GROUP_LABEL = 40
MAX_PLACE_LABEL = 40
MAX_LANGUAGE = 20
MAX_CONTRACT_NUMBER = 60
MAX_CONTRACT_PURPOSE = 300
MAX_SAFEGUARDS = 500
MAX_TARGETS = 500

MAX_WITNESS = 60
MAX_RELATION = 40
MAX_PAPER_REFERENCE = 60
MAX_ARTICLE = 200
MAX_VOUCHER = 60
MAX_FUND_NAME = 60

MAX_NUMBER_TYPED = 30
"""An ID number with the spaces and hyphens that people put in."""
MAX_PERSON: dict[str, int] = {
    "name": 60,
    "display_name": 30,
    "aliases": 60,
    "guardian": 120,
    "address": 200,
    "registered_address": 200,
    "household_number": 40,
    "contact_note": 200,
}
MAX_PROFILE: dict[str, int] = {
    "skills": 300,
    "work_history": 1000,
    "availability": 300,
    "constraints": 300,
    "language_needs": 200,
    "health_limits": 300,
    "household_members": 1000,
    "family_contact": 120,
    "income": 300,
    "mood": 300,
    "bank_account": 40,
}
MAX_REQUEST_DETAILS: dict[str, int] = {
    "need_summary": 1000,
    "goals": 1000,
    "wish": 300,
    "constraints": 300,
    "tried": 300,
}

SHOWN_LIMITS = {
    "reason": MAX_REASON,
    "note": MAX_NOTE,
    "purpose": MAX_PURPOSE_OF_EXPORT,
    "assessment_reference": MAX_ASSESSMENT_REFERENCE,
}
"""The limits of what templates ask for by themselves, as `limits.reason`."""


def read_text(value: str | None, field: str, *, maximum: int) -> str | None:
    """Lines of text, each cleaned; nothing for nothing. Raises `Invalid` at `field` when it is too long."""
    return _within("\n".join(plain(line) for line in (value or "").splitlines()).strip(), field, maximum)


def need_text(value: str | None, field: str, *, maximum: int) -> str:
    """As `read_text`, but something must be written."""
    return _written(read_text(value, field, maximum=maximum), field)


def read_line(value: object, field: str, *, maximum: int = MAX_LINE) -> str | None:
    """One line of text, cleaned; nothing for nothing. Raises `Invalid` at `field` when it is too long."""
    return _within(plain(str(value)) if value is not None else "", field, maximum)


def need_line(value: object, field: str, *, maximum: int = MAX_LINE) -> str:
    """As `read_line`, but something must be written."""
    return _written(read_line(value, field, maximum=maximum), field)


def _within(words: str, field: str, maximum: int) -> str | None:
    if len(words) > maximum:
        raise Invalid(
            field=field,
            message=Label(
                zh=f"请不要超过{maximum}个字，现在有{len(words)}个字。",
                en=f"At most {maximum} characters are allowed; there are {len(words)}.",
            ),
        )
    return words or None


def _written(words: str | None, field: str) -> str:
    if words is None:
        raise Invalid(field=field, message=Label(zh="这一项不能空着。", en="This field cannot be empty."))
    return words
