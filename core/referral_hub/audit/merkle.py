"""Hashes of records and of batches of them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from referral_hub.tables.audit import Seal

EMPTY = bytes(32)
_SIZE = 40  # 8 bytes of number, 32 of hash


def leaf(values: Sequence[object]) -> bytes:
    """The hash of one record, over all its columns in the order of the table (RFC 6962: leaves begin with 0)."""
    plain = [value.astimezone(UTC) if isinstance(value, datetime) else value for value in values]
    return hashlib.sha256(b"\0" + msgspec.json.encode(plain, order="sorted")).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle root (RFC 6962: nodes begin with 1; an odd one out moves up as it is)."""
    level = list(leaves)
    if not level:
        return EMPTY
    while len(level) > 1:
        pairs = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[-1:] if len(level) % 2 else pairs
    return level[0]


def chain(before: bytes, seal: Seal) -> bytes:
    """The hash that ties a seal, all of it, to the one before."""
    facts = [seal.number, seal.first_seq, seal.last_seq, seal.rows, seal.root.hex(), seal.sealed_at.astimezone(UTC)]
    return hashlib.sha256(before + msgspec.json.encode(facts)).digest()


def pack(leaves: Sequence[tuple[int, bytes]]) -> bytes:
    """Numbers and hashes of records in one field."""
    return b"".join(seq.to_bytes(8, "big") + digest for seq, digest in leaves)


def unpack(packed: bytes) -> list[tuple[int, bytes]]:
    """What `pack` made; a damaged end is left out."""
    return [
        (int.from_bytes(packed[at : at + 8], "big"), packed[at + 8 : at + _SIZE])
        for at in range(0, len(packed) - _SIZE + 1, _SIZE)
    ]


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
