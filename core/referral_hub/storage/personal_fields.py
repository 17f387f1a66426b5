"""Which words of a case are encrypted, under which context, and how they are found again.

A context is `field:row`: where the words stand, and in which row. So whoever decrypts has said about whom.
"""

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

CLIENT_FIELDS = frozenset({f"person.{name}" for name in PERSON_FIELDS}) | {
    "assistance_entry.applicant", "assistance_entry.note", "case_note.words", "client_case.profile",
    "consent.basis_reason", "consent.witness", "disclosure", "follow_up.note", "form_entry", "measure.content",
    "need.words", "outcome.note", "plan_item.goal", "referral.exception", "referral.note", "request_details",
}  # fmt: skip
"""What is encrypted about a client and may be shown to an account: decrypting it is a look (`audit.looks`)."""
MODULE_FIELDS = frozenset({"module_document", "module_update"})
"""What is encrypted about a client for a module alone: only the hub itself decrypts it (R22)."""
OTHER_FIELDS = frozenset({"account.totp", "import.register", "key_probe.probe", "module.settings", "web.kept-form"})
"""What is encrypted and was read from no client: secrets, and what an account itself typed or uploaded."""


class UnrecordedLook(RuntimeError):
    """Code decrypts what is about a client where nobody could record it. Not for people: such code is wrong."""


def field_of(context: str) -> str:
    """The field that a context names. Raises `UnrecordedLook` for one that no list above has."""
    field = context.partition(":")[0]
    if field not in CLIENT_FIELDS | MODULE_FIELDS | OTHER_FIELDS:
        raise UnrecordedLook(f"{field}: say in storage.personal_fields whether it is about a client")
    return field


def refuse_clients(context: str) -> None:
    """For a cipher outside a transaction. Raises `UnrecordedLook` for whatever is about a client."""
    if field_of(context) not in OTHER_FIELDS:
        raise UnrecordedLook(
            f"{field_of(context)}: decrypt it with the cipher of a transaction, which records the look"
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
