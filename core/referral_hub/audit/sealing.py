"""Sealing the audit log in batches, and detecting whether it was changed (R40).

A batch is hashed into a Merkle root and each root is chained to the one before, so writing never queues behind a
global chain. Whoever changes a sealed record, adds one or takes one away must change every seal since; whoever keeps
one chained hash somewhere else (`hub audit verify` prints it) finds out even then.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import func, insert, select, text
from sqlmodel import Session, col

from referral_hub.audit.merkle import EMPTY, chain, leaf, pack, root, unpack
from referral_hub.tables.audit import AuditEntry, Seal

BATCH = 10_000
WAIT_SECONDS = 2.0
_POLL_SECONDS = 0.02

_ONE_AT_A_TIME = text("SELECT pg_try_advisory_xact_lock(hashtext('referral_hub_seal'))")
# Numbers are given out before rows are there to see. Whoever holds a number holds this lock until the row is there,
# or never will be: an insert locks its table before it takes a number. A snapshot's oldest transaction would not do,
# because a transaction may take a number before it gets an id.
_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted"
    " AND relation = CAST('audit_entry' AS regclass) AND pid IS DISTINCT FROM pg_backend_pid()"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_COLUMNS = (
    "seq", "at", "action", "account_id", "organisation_id", "role", "via", "subject", "subject_id", "case_id",
    "case_ids", "office_id", "referral_id", "recipient_id", "reason", "details",
)  # fmt: skip

Kind = Literal["altered", "added", "missing", "seal", "expected"]


class Broken(msgspec.Struct, frozen=True):
    """What does not fit. `altered`, `added`, `missing` name the entry; `seal`: a seal was itself changed or is gone.

    `expected`: a seal noted elsewhere is not, or no longer, in the chain.
    """

    kind: Kind
    seal: int
    seq: int | None = None


class Verification(msgspec.Struct, frozen=True):
    """How far the audit log was checked. `head` (`number:hash`) is worth writing down outside this machine."""

    seals: int
    sealed: int
    unsealed: int
    head: str | None
    broken: Broken | None

    @property
    def intact(self) -> bool:
        return self.broken is None


def seal_entries(session: Session, *, at: datetime, batch: int = BATCH, wait_seconds: float = WAIT_SECONDS) -> int:
    """Seal the next records, at most `batch`. Returns how many; none while another process seals, or when a record
    is still being written that belongs among them after `wait_seconds`: the next run takes them.
    """
    if not session.execute(_ONE_AT_A_TIME).scalar_one():
        return 0
    last = session.execute(select(Seal).order_by(col(Seal.number).desc()).limit(1)).scalar_one_or_none()
    begin = last.last_seq + 1 if last else 1
    end = session.execute(select(func.max(col(AuditEntry.seq))).where(col(AuditEntry.seq) >= begin)).scalar()
    if end is None or not _settled(session, wait_seconds):
        return 0
    leaves = [(row[0], leaf(row)) for row in _rows(session, begin, end, limit=batch)]
    seal = Seal(
        number=last.number + 1 if last else 1,
        first_seq=begin,
        last_seq=leaves[-1][0],
        rows=len(leaves),
        root=root([digest for _, digest in leaves]),
        leaves=pack(leaves),
        chained=EMPTY,
        sealed_at=at,
    )
    seal.chained = chain(last.chained if last else EMPTY, seal)
    session.execute(insert(Seal).values(seal.model_dump()))
    return seal.rows


def verify(session: Session, *, expected: str | None = None) -> Verification:
    """Check every seal against the records it covers, up to the first that does not fit.

    `expected` is a head noted earlier. The auditor, or the hub itself, sees every record; others would find gaps.
    """
    before, begin, number, sealed = EMPTY, 1, 0, 0
    head: str | None = None
    met = expected is None
    broken: Broken | None = None
    for seal in session.execute(select(Seal).order_by(col(Seal.number))).scalars().yield_per(20):
        broken = _check(session, seal, before, begin, number + 1)
        if broken is not None:
            break
        before, begin, number, sealed = seal.chained, seal.last_seq + 1, seal.number, sealed + seal.rows
        head = f"{seal.number}:{seal.chained.hex()}"
        met = met or head == expected
        session.expunge(seal)
    if broken is None and not met:
        broken = Broken("expected", _number_of(expected))
    unsealed = session.execute(
        select(func.count()).select_from(AuditEntry).where(col(AuditEntry.seq) >= begin)
    ).scalar_one()
    return Verification(seals=number, sealed=sealed, unsealed=unsealed, head=head, broken=broken)


def _check(session: Session, seal: Seal, before: bytes, begin: int, number: int) -> Broken | None:
    kept = unpack(seal.leaves)
    if (
        seal.number != number
        or seal.first_seq != begin
        or seal.rows != len(kept)
        or seal.root != root([digest for _, digest in kept])
        or seal.chained != chain(before, seal)
    ):
        return Broken("seal", number)
    sealed = dict(kept)
    for row in _rows(session, seal.first_seq, seal.last_seq):
        digest = sealed.pop(row[0], None)
        if digest is None:
            return Broken("added", seal.number, row[0])
        if digest != leaf(row):
            return Broken("altered", seal.number, row[0])
    return Broken("missing", seal.number, min(sealed)) if sealed else None


def _settled(session: Session, wait_seconds: float) -> bool:
    """Wait until everyone who was writing to the audit log has finished."""
    writing = set(session.execute(_WRITERS).scalars())
    until = time.monotonic() + wait_seconds
    while writing:
        if time.monotonic() > until:
            return False
        time.sleep(_POLL_SECONDS)
        writing &= set(session.execute(_WRITERS).scalars())
    return True


def _rows(session: Session, begin: int, end: int, *, limit: int | None = None) -> Iterator[tuple[Any, ...]]:
    query = (
        select(*(getattr(AuditEntry, name) for name in _COLUMNS))
        .where(col(AuditEntry.seq).between(begin, end))
        .order_by(col(AuditEntry.seq))
        .limit(limit)
    )
    for row in session.execute(query).yield_per(2000):
        yield tuple(row)


def _number_of(head: str | None) -> int:
    first = (head or "").partition(":")[0]
    return int(first) if first.isdigit() else 0
