"""Passwords: argon2id hashes, and which new ones are good enough."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from referral_hub.access.errors import PasswordWeak

MINIMUM_LENGTH = 10
_DIFFERENT_CHARACTERS = 5
_RUNS = ("0123456789" * 2, "9876543210" * 2, "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "password")
_RUN_LENGTH = 8
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"

HASHER = PasswordHasher()
"""argon2id with 64 MiB, three passes and four lanes (RFC 9106, section 4, second choice)."""


def hash_password(password: str) -> str:
    return HASHER.hash(password)


def password_fits(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one. With no hash it takes as long as with one, so that time tells nothing."""
    try:
        HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def new_password() -> str:
    """A first password to be read out or written down once: sixteen letters and digits that nobody mistakes."""
    groups = ("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def hash_is_old(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's; if so, hash again at the next sign-in."""
    return HASHER.check_needs_rehash(password_hash)


def check_new_password(password: str, *, login: str) -> None:
    """Raises `PasswordWeak`. Length and guessability only: rules on character classes make people write it down."""
    small = password.lower()
    if (
        len(password) < MINIMUM_LENGTH
        or login.lower() in small
        or len(set(small)) < _DIFFERENT_CHARACTERS
        or any(run[i : i + _RUN_LENGTH] in small for run in _RUNS for i in range(len(run) - _RUN_LENGTH + 1))
    ):
        raise PasswordWeak(field="password", minimum=MINIMUM_LENGTH)


@cache
def _nobodys_hash() -> str:
    return HASHER.hash("nobody has this password")
