"""What people write beside an act: cleaned, and refused where it is too long, naming the field and the limit."""

from __future__ import annotations

from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.text import plain

MAX_NOTE = 2000
"""Characters of a note that goes with an answer, in either language."""
MAX_LINE = 200
"""Characters of a reason or of how something was done."""


def read_text(value: str | None, field: str, *, max_length: int) -> str | None:
    """Words cleaned line by line; None for nothing. Raises `Invalid` at `field`."""
    words = "\n".join(plain(line) for line in (value or "").splitlines()).strip()
    if len(words) > max_length:
        message = Label(zh=f"请不要超过{max_length}个字。", en=f"Keep it within {max_length} characters.")
        raise Invalid(field=field, message=message)
    return words or None


def read_note(note: Label | str | None, field: str = "note", *, max_length: int = MAX_NOTE) -> Label | str | None:
    """A person's words as they were typed, a module's in both languages; None when it says nothing."""
    if not isinstance(note, Label):
        return read_text(note, field, max_length=max_length)
    zh = read_text(note.zh, field, max_length=max_length)
    en = read_text(note.en, field, max_length=max_length)
    return Label(zh=zh or "", en=en or "") if zh or en else None
