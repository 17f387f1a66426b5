"""A referral in words a person reads: services and stages, what was released, what was said with an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from referral_hub.api.manifest import Field, Service
from referral_hub.codes import FIELD_CODES
from referral_hub.codes.case_fields import FIELDS
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.tables.referrals import Referral

_YES = Label(zh="是", en="yes")
_NO = Label(zh="否", en="no")


class ReleasedLine(msgspec.Struct, frozen=True):
    """One released field: its name and value in words. `long` values want a line of their own."""

    name: str
    category: str
    label: Label
    value: Label
    long: bool


def released_lines(service: Service | None, fields: Mapping[str, object]) -> list[ReleasedLine]:
    """Every released field in the order it was released. A service whose module is gone still reads."""
    return [_line(service, name, value) for name, value in fields.items()]


def released_labels(service: Service | None, names: Iterable[str]) -> list[Label]:
    """Only the names, for lists of who received what."""
    return [field_label(service, name) for name in names]


def field_label(service: Service | None, name: str) -> Label:
    """What a field is called: a case field by the catalogue, an intake question by its manifest."""
    if name in FIELDS:
        return FIELDS[name].label
    question = _question(service, name)
    return question.label if question else untranslated(name)


def field_category(service: Service | None, name: str) -> str:
    wanted = service.wanted(name) if service else None
    if wanted is not None:
        return wanted.category
    question = _question(service, name)
    if question is not None:
        return question.category or "need"
    return FIELDS[name].category if name in FIELDS else "need"


def value_words(service: Service | None, name: str, value: object) -> Label:
    """A value as a person reads it: codes by their words, yes and no, several choices with commas, fen as yuan."""
    return _words(_question(service, name), FIELD_CODES.get(name, {}), value)


def answer_lines(questions: Iterable[Field], answers: Mapping[str, object]) -> list[tuple[Label, Label]]:
    """The answers to a manifest's questions, such as an outcome's measures, by name and in words."""
    return [
        (question.label, _words(question, {}, answers[question.key]))
        for question in questions
        if question.key in answers
    ]


def _words(question: Field | None, codes: Mapping[str, Label], value: object) -> Label:
    known = dict(codes)
    if question is not None:
        known |= {choice.code: choice.label for choice in question.choices}
    if isinstance(value, bool):
        return _YES if value else _NO
    if isinstance(value, (list, tuple)):
        words = [known.get(str(item), untranslated(str(item))) for item in value]
        return Label(zh="、".join(word.zh for word in words), en=", ".join(word.en for word in words))
    if question is not None and question.type == "money" and isinstance(value, int):
        return Label(zh=f"{value / 100:,.2f} 元", en=f"¥{value / 100:,.2f}")
    text = str(value)
    return known.get(text, untranslated(text))


def _line(service: Service | None, name: str, value: object) -> ReleasedLine:
    words = value_words(service, name, value)
    return ReleasedLine(
        name=name,
        category=field_category(service, name),
        label=field_label(service, name),
        value=words,
        long="\n" in words.zh or len(words.zh) > 40,
    )


def _question(service: Service | None, name: str) -> Field | None:
    return next((field for field in service.intake if field.key == name), None) if service else None


def seal_note(session: Transaction, referral: Referral, note: Label | str | None) -> bytes | None:
    """What is said with an answer, encrypted; None when it says nothing."""
    kept: object = msgspec.to_builtins(note) if isinstance(note, Label) else note
    return session.cipher.encrypt_json(kept, _context(referral)) if kept else None


def note_of(session: Transaction, referral: Referral) -> Label | str | None:
    """What was said with the answer that stands."""
    if referral.reason_note is None:
        return None
    kept = session.cipher.decrypt_json(referral.reason_note, _context(referral))
    return kept if isinstance(kept, str) else msgspec.convert(kept, Label)


def _context(referral: Referral) -> str:
    return f"referral.note:{referral.id}"
