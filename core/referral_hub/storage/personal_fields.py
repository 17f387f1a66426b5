"""Which words of a case are encrypted, under which context, and how they are found again."""

from __future__ import annotations

from uuid import UUID

from referral_hub.storage.cipher import FieldCipher
from referral_hub.text import name_text, plain

# What identifies a person: each is a column of `person`, sealed on its own.
PERSON_FIELDS = (
    "name",
    "aliases",
    "display_name",
    "id_number",
    "phone",
    "contact_note",
    "address",
    "registered_address",
    "household_number",
    "guardian",
)


def encrypt_field(cipher: FieldCipher, table: str, field: str, row_id: UUID, text: str) -> bytes:
    """The ciphertext of one field of one row."""
    return cipher.encrypt(text, f"{table}.{field}:{row_id}")


def decrypt_field(
    cipher: FieldCipher, table: str, field: str, row_id: UUID, blob: bytes | memoryview | None
) -> str | None:
    return cipher.decrypt(bytes(blob), f"{table}.{field}:{row_id}") if blob is not None else None


def normal_name(name: str) -> str:
    """A name as it is compared: without any space, so that 张 伟 and 张伟 are one."""
    return name_text(name).replace(" ", "").casefold()


def index_of(cipher: FieldCipher, field: str, text: str | None) -> bytes | None:
    """The blind index of a person's `name`, `id_number`, `phone` or `household_number`, in its normal form."""
    if not text:
        return None
    normal = normal_name(text) if field == "name" else plain(text).replace(" ", "").upper()
    return cipher.index(normal, field)
