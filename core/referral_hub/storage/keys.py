"""Where encryption keys come from. A provider can be exchanged: a file here, a key service or an SM4 box elsewhere."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from typing import Any, Protocol

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from referral_hub.storage.errors import FileDamaged, KeysMissing, KeyUnknown
from referral_hub.storage.files import read_json, write_json


class Cipher(Protocol):
    """An authenticated cipher with a 12-byte nonce. `AESGCM` is one; an SM4-GCM engine has the same two methods."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...


class KeyProvider(Protocol):
    """Gives ciphers by key id. Key ids are short ASCII names and are written into every ciphertext."""

    def active_key(self) -> str:
        """The id of the key that new ciphertexts use."""
        ...

    def key_ids(self) -> frozenset[str]:
        """Every key, old and new."""
        ...

    def cipher(self, key_id: str) -> Cipher:
        """The cipher of that key, old or new. Raises `KeyUnknown`."""
        ...

    def index_key(self) -> bytes:
        """The key of the blind index. It never changes: every index value would have to be computed again."""
        ...


class FileKeys(msgspec.Struct, frozen=True):
    """Keys of `keys.json`: AES-256, and the blind-index key."""

    active: str
    ciphers: dict[str, AESGCM]
    index: bytes

    def active_key(self) -> str:
        return self.active

    def key_ids(self) -> frozenset[str]:
        return frozenset(self.ciphers)

    def cipher(self, key_id: str) -> Cipher:
        try:
            return self.ciphers[key_id]
        except KeyError:
            raise KeyUnknown(key=key_id) from None

    def index_key(self) -> bytes:
        return self.index


def read_keys(path: Path) -> FileKeys:
    """The keys of this installation. Raises `KeysMissing`, `FileDamaged`."""
    if not path.exists():
        raise KeysMissing(path=path)
    content = read_json(path)
    try:
        ciphers = {name: AESGCM(_bytes(text)) for name, text in content["keys"].items()}
        ciphers[content["active"]]  # the one that is to be used is there
        return FileKeys(active=content["active"], ciphers=ciphers, index=_bytes(content["index"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileDamaged(path=path) from error


def make_keys(path: Path) -> FileKeys:
    """The keys in `path`; on a new installation they are made. Existing keys are never replaced."""
    if not path.exists():
        write_json(path, {"active": "k1", "keys": {"k1": _new_key()}, "index": _new_key()})
    return read_keys(path)


def rotate_keys(path: Path) -> FileKeys:
    """Add a key for everything written from now on. Older ones stay: what they encrypted must still be read."""
    read_keys(path)
    content: dict[str, Any] = read_json(path)
    name = f"k{len(content['keys']) + 1}"
    content["keys"][name] = _new_key()
    content["active"] = name
    write_json(path, content)
    return read_keys(path)


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
