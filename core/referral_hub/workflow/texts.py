"""What people write beside an action: cleaned, and refused where it is too long, naming the field and the limit."""

from __future__ import annotations

from referral_hub.i18n import Label
from referral_hub.text_limits import MAX_MESSAGE, read_text


def read_note(note: Label | str | None, field: str = "note", *, maximum: int = MAX_MESSAGE) -> Label | str | None:
    """A person's words as they were typed, a module's in both languages; None when it says nothing."""
    if not isinstance(note, Label):
        return read_text(note, field, maximum=maximum)
    zh = read_text(note.zh, field, maximum=maximum)
    en = read_text(note.en, field, maximum=maximum)
    return Label(zh=zh or "", en=en or "") if zh or en else None
