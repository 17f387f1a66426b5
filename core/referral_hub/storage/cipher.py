"""Encryption of single fields, and the blind index by which an encrypted value can still be found.

A ciphertext is `1 | length of key id | key id | 12-byte nonce | encrypted text and tag`. The context
("person.name:<uuid>") is authenticated with it, so a value copied to another row or column cannot be read there.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag

from referral_hub.storage.errors import FieldDamaged
from referral_hub.storage.keys import KeyProvider

_FORMAT = 1
_NONCE = 12


class FieldCipher:
    """The field cipher of one installation. Safe to share between threads, unless it tells one of them what it opens.

    `before_opening` is called with the context of each field that is about to be decrypted, and may refuse.
    """

    def __init__(self, keys: KeyProvider, *, before_opening: Callable[[str], None] | None = None) -> None:
        self._keys = keys
        self._before_opening = before_opening

    def telling(self, before_opening: Callable[[str], None]) -> FieldCipher:
        """The same keys, with `before_opening` told of every field that is decrypted."""
        return FieldCipher(self._keys, before_opening=before_opening)

    def encrypt(self, text: str, context: str, *, key_id: str | None = None) -> bytes:
        """Encrypt `text` for `context`; the same text gives another ciphertext each time. With the key now in use."""
        key_id = key_id or self._keys.active_key()
        header = _header(key_id)
        nonce = secrets.token_bytes(_NONCE)
        encrypted = self._keys.cipher(key_id).encrypt(nonce, text.encode(), header + context.encode())
        return header + nonce + encrypted

    def decrypt(self, blob: bytes, context: str) -> str:
        """The text again. Raises `FieldDamaged` when it was changed or moved, `KeyUnknown` when its key is not here."""
        if self._before_opening is not None:
            self._before_opening(context)
        key_id, header = _read_header(blob)
        body = blob[len(header) :]
        cipher = self._keys.cipher(key_id)
        try:
            text = cipher.decrypt(body[:_NONCE], body[_NONCE:], header + context.encode())
        except (InvalidTag, ValueError):
            raise FieldDamaged from None
        return text.decode()

    def encrypt_json(self, value: object, context: str) -> bytes:
        """Seal any value JSON can hold."""
        return self.encrypt(msgspec.json.encode(value).decode(), context)

    def decrypt_json(self, blob: bytes, context: str) -> Any:
        return msgspec.json.decode(self.decrypt(blob, context))

    def key_ids(self) -> frozenset[str]:
        """Every key that is here, old and new."""
        return self._keys.key_ids()

    def is_current(self, blob: bytes) -> bool:
        """Whether `blob` was encrypted with the key now in use; if not, encrypt it again after a key rotation."""
        return _read_header(blob)[0] == self._keys.active_key()

    def index(self, text: str, kind: str) -> bytes:
        """32 bytes that are equal for equal `text` of one `kind` ("id_number", "phone") and say nothing else.

        Bring `text` to its normal form first: full-width digits, spaces and a lower-case x make another value.
        """
        return hmac.new(self._keys.index_key(), f"{kind}\0{text}".encode(), hashlib.sha256).digest()


def _header(key_id: str) -> bytes:
    name = key_id.encode("ascii")
    return bytes((_FORMAT, len(name))) + name


def _read_header(blob: bytes) -> tuple[str, bytes]:
    if len(blob) < 2 + _NONCE or blob[0] != _FORMAT or len(blob) < 2 + blob[1] + _NONCE:
        raise FieldDamaged
    header = bytes(blob[: 2 + blob[1]])
    try:
        return header[2:].decode("ascii"), header
    except UnicodeDecodeError:
        raise FieldDamaged from None
