"""What may be released to whom: manifest ∩ consent ∩ known (R15, R16). The one place that decides it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

from referral_hub.api.manifest import Service
from referral_hub.codes.case_fields import FIELDS
from referral_hub.i18n import Label, untranslated

Why = Literal["not_agreed", "not_known"]


class Wanted(msgspec.Struct, frozen=True):
    """A field that a service asks for, from the case or typed at intake, with its reason."""

    name: str
    category: str
    label: Label
    purpose: Label | None
    required: bool


class Released(msgspec.Struct, frozen=True):
    """`fields` is what the recipient gets, in the manifest's order; `withheld` what it asked for and does not."""

    fields: dict[str, object]
    withheld: dict[str, Why]

    def missing(self, wanted: list[Wanted]) -> list[Wanted]:
        """The required fields among what is withheld; with any of them the referral cannot be sent."""
        return [field for field in wanted if field.required and field.name in self.withheld]


def wanted_fields(service: Service) -> list[Wanted]:
    """Everything the service may be given. A question without a category is about the need itself."""
    case_fields = [
        Wanted(
            name=field.name,
            category=field.category,
            label=FIELDS[field.name].label if field.name in FIELDS else untranslated(field.name),
            purpose=field.purpose,
            required=field.required,
        )
        for field in service.fields
    ]
    questions = [
        Wanted(
            name=question.key,
            category=question.category or "need",
            label=question.label,
            purpose=question.help,
            required=question.required,
        )
        for question in service.intake
    ]
    return case_fields + questions


def agreed_fields(service: Service, categories: Collection[str], excluded_fields: Collection[str] = ()) -> list[str]:
    """The names that a consent to `categories` covers, less what the client excluded (R7)."""
    return [
        field.name
        for field in wanted_fields(service)
        if field.category in categories and field.name not in excluded_fields
    ]


def release(
    service: Service,
    *,
    categories: Collection[str],
    fields: Collection[str],
    known: Mapping[str, object],
) -> Released:
    """Cut what is known to what the manifest asks for and the consent covers.

    `categories` and `fields` are the consent's. Both are checked: a field that a later manifest adds to an agreed
    category was not in the notice and stays inside; one that it moves to another category does too.
    """
    given: dict[str, object] = {}
    withheld: dict[str, Why] = {}
    for field in wanted_fields(service):
        if field.category not in categories or field.name not in fields:
            withheld[field.name] = "not_agreed"
        elif known.get(field.name) in (None, "", []):
            withheld[field.name] = "not_known"
        else:
            given[field.name] = known[field.name]
    return Released(fields=given, withheld=withheld)
