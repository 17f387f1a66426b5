"""Keys of records, and the public numbers people read out over the telephone."""

from __future__ import annotations

import os
import secrets
import time
from uuid import UUID

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_BODY_LENGTH = 9


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): the time in milliseconds in front, so that new rows land together in an index."""
    stamp = time.time_ns() // 1_000_000
    value = (stamp << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


def public_number() -> str:
    """A random number with a check character; it says nothing about the person, the place or the year (R21)."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_BODY_LENGTH))
    return body + _check_character(body)


def public_number_is_valid(number: str) -> bool:
    """Whether the check character fits, so that a mistyped number is told apart from an unknown one."""
    body, check = number[:-1], number[-1:]
    if len(body) != _BODY_LENGTH or any(c not in _ALPHABET for c in number):
        return False
    return _check_character(body) == check


def _check_character(body: str) -> str:
    """A weighted sum modulo 31, a prime: finds every single wrong character and every swapped pair."""
    total = sum(weight * _ALPHABET.index(character) for weight, character in enumerate(body, start=2))
    return _ALPHABET[-total % len(_ALPHABET)]
