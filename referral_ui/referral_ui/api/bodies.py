"""What programs send: one frozen value for each action, checked field by field before the handler runs."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar.params import FromPath

from referral_hub.calendar.periods import day_issue
from referral_ui.formats import today

Key = FromPath[UUID]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every body: a misspelt field is an error that names it, never ignored."""

    def __post_init__(self) -> None:
        """Refuse a day that cannot be true, and the one character of JSON that no database keeps.

        The error becomes an answer that names its place.
        """
        for field in self.__struct_fields__:
            place = _place_of_nul(getattr(self, field), field)
            if place:
                raise ValueError(f"`{place}` holds the character U+0000. Remove it")
            value = getattr(self, field)
            issue = day_issue(value, today=today()) if isinstance(value, date) else None
            if issue:
                raise ValueError(f"`{field}`: {issue.reason.en} {issue.fix.en}")


def _place_of_nul(value: object, place: str) -> str | None:
    """Where in a value, at any depth, the character U+0000 stands."""
    if isinstance(value, str):
        return place if "\0" in value else None
    if isinstance(value, list):
        inner = [(part, f"{place}[{index}]") for index, part in enumerate(value)]
    elif isinstance(value, dict):
        inner = [(part, f"{place}.{key}") for key, part in value.items()] + [(key, place) for key in value]
    else:
        return None
    return next((found for part, at in inner if (found := _place_of_nul(part, at))), None)


class NewCase(Body, frozen=True, kw_only=True):
    """A new case of the caller's office. `responsible_id` is the caller where it is left out."""

    name: str
    sex: str = "0"
    id_number: str | None = None
    phone: str | None = None
    birth_year: int | None = None
    address: str | None = None
    registered_address: str | None = None
    household_number: str | None = None
    display_name: str | None = None
    contact_note: str | None = None
    guardian: str | None = None
    responsible_id: UUID | None = None
    opened_on: date | None = None
    planned_release_on: date | None = None
    area_code: str | None = None
    profile: dict[str, Any] | None = None
    allow_duplicate: bool = False


class CaseEnd(Body, frozen=True, kw_only=True):
    """Why a case is closed: a code of `CASE_CLOSING_REASONS`."""

    reason: str


class NewNeed(Body, frozen=True, kw_only=True):
    """A need; `priority` 1 is the most pressing."""

    kind: str
    words: str
    priority: int = 2


class ConsentQuestion(Body, frozen=True, kw_only=True):
    """Who is asked about which recipient, service and categories."""

    case_id: UUID
    recipient_id: UUID
    service: str
    categories: list[str]
    excluded_fields: list[str] = []
    method: str = "online"
    valid_days: int | None = None
    language: Literal["zh", "en"] = "zh"
    read_aloud: bool = False
    asked_by_client: bool = False


class NewConsent(ConsentQuestion, frozen=True, kw_only=True):
    """The client agreed, and how that was signed."""

    signed_how: str
    signer: str = "self"
    signer_relation: str | None = None
    witness: str | None = None
    paper_reference: str | None = None


class EndConsent(Body, frozen=True, kw_only=True):
    """How the client took the consent back."""

    how: str


class NewReferral(Body, frozen=True, kw_only=True):
    """A draft: one need, one offering, what the sender writes. `details.intake` answers the module's questions.

    `asked_again`: one of `ASK_AGAIN_REASONS`, where the place declined or the client refused a short time ago.
    `exception`: a supervisor's reason, where the place cannot serve the client.
    """

    need_id: UUID
    offering_id: UUID
    details: dict[str, Any]
    urgency: Literal["normal", "urgent"] = "normal"
    previous_id: UUID | None = None
    asked_again: str | None = None
    exception: str | None = None


class Reason(Body, frozen=True, kw_only=True):
    """A reason from the code list, and words where they help."""

    reason_code: str
    note: str | None = None


class Elsewhere(Body, frozen=True, kw_only=True):
    """Where a referral is taken instead, and why. Without `details` the new one begins with what fits of the old."""

    offering_id: UUID
    reason_code: str
    details: dict[str, Any] | None = None
    asked_again: str | None = None
    exception: str | None = None


class WhichPlace(Body, frozen=True, kw_only=True):
    """Which place, where the service counts places: of a class, for a sex, from a day on."""

    group_label: str | None = None
    sex: str | None = None
    starts_on: date | None = None


class Acceptance(WhichPlace, frozen=True, kw_only=True):
    """The person in charge, and which place where the service counts places."""

    note: str | None = None
    owner_id: UUID | None = None


class Waiting(Body, frozen=True, kw_only=True):
    """On the waiting list, with the day a place is expected."""

    note: str | None = None
    expected_on: date | None = None


class OnDay(Body, frozen=True, kw_only=True):
    """The day it happened."""

    on: date


class FilledForm(Body, frozen=True, kw_only=True):
    """A stage form: the answers by the manifest's keys, and the day they are about."""

    on: date
    values: dict[str, Any]


class ClientSatisfaction(Body, frozen=True, kw_only=True):
    """How satisfied the client is: `satisfied`, `neutral` or `dissatisfied`."""

    satisfaction: str


class ClientConfirmation(Body, frozen=True, kw_only=True):
    """What the client says: `received` or `not_received`."""

    confirmation: str
