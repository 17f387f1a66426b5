"""What a recipient says with its answer: a person's words as they were typed, a module's in both languages."""

from __future__ import annotations

import msgspec

from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.tables.referrals import Referral

LONGEST_NOTE = 2000
"""Characters that are kept, of either language."""


def seal_note(session: Transaction, referral: Referral, note: Label | str | None) -> bytes | None:
    """The note, encrypted; None when it says nothing."""
    if isinstance(note, Label):
        both = Label(zh=note.zh.strip()[:LONGEST_NOTE], en=note.en.strip()[:LONGEST_NOTE])
        kept: object = msgspec.to_builtins(both) if both.zh or both.en else None
    else:
        kept = (note or "").strip()[:LONGEST_NOTE] or None
    return session.vault.encrypt_json(kept, _context(referral)) if kept else None


def note_of(session: Transaction, referral: Referral) -> Label | str | None:
    """What was said with the answer that stands."""
    if referral.reason_note is None:
        return None
    kept = session.vault.decrypt_json(referral.reason_note, _context(referral))
    return kept if isinstance(kept, str) else msgspec.convert(kept, Label)


def _context(referral: Referral) -> str:
    return f"referral.note:{referral.id}"
