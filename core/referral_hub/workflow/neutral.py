"""Free text on its way out is looked through: nothing a partner reads names treatment or supervision (R20)."""

from __future__ import annotations

from collections.abc import Mapping

from referral_hub.api import denied_words
from referral_hub.api.manifest import Service
from referral_hub.workflow.errors import WordsNotNeutral
from referral_hub.workflow.release import wanted_fields


def words_not_neutral(fields: Mapping[str, object]) -> dict[str, list[str]]:
    """The denied words of each released field that has any, by the field's name."""
    found = {name: denied_words(value) for name, value in fields.items() if isinstance(value, str)}
    return {name: words for name, words in found.items() if words}


def check_typed(service: Service, typed: Mapping[str, object]) -> None:
    """Raises `WordsNotNeutral` for words that were typed for the recipient: before the client is asked about them."""
    asked = {wanted.name for wanted in wanted_fields(service)}
    check_neutral(service, {name: value for name, value in typed.items() if name in asked})


def check_neutral(service: Service, fields: Mapping[str, object]) -> None:
    """Raises `WordsNotNeutral` for the first field with such words: it is the worker who finds other ones."""
    found = words_not_neutral(fields)
    if found:
        name = next(iter(found))
        labels = {wanted.name: wanted.label for wanted in wanted_fields(service)}
        raise WordsNotNeutral(field=name, name=labels[name], words="、".join(found[name]))
