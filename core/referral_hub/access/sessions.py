"""Browsers that are signed in. The secret is in the cookie alone; the table keeps its SHA-256.

A session ends 30 minutes after it was last used and 12 hours after sign-in, whichever comes first. A browser gets
a new secret at each sign-in, so that one planted before it is worth nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, delete, select, update
from sqlmodel import Session, col

from referral_hub.actor import Actor, Role
from referral_hub.tables.access import Account, WebSession

IDLE = timedelta(minutes=30)
MAX_AGE = timedelta(hours=12)
_SEEN_STEP = timedelta(minutes=1)
_SECRET_BYTES = 32


class SignedIn(msgspec.Struct, frozen=True):
    """An account in a browser."""

    session_id: UUID
    actor: Actor
    login: str
    language: str
    must_change_password: bool
    ends_at: datetime


def open_session(session: Session, account_id: UUID, *, at: datetime) -> str:
    """Start a session and return its secret, for the cookie. Ended sessions are swept away on the way."""
    session.execute(delete(WebSession).where(_is_over(at)))
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    session.add(WebSession(account_id=account_id, secret_hash=hash_secret(secret), seen_at=at, ends_at=at + MAX_AGE))
    session.flush()
    return secret


def session_for_secret(session: Session, secret: str, *, at: datetime) -> SignedIn | None:
    """Who this is; None when the session is unknown, idle too long or over, or the account is not active.

    Marks the session as used, at most once a minute, to keep reading pages free of writes.
    """
    row = session.execute(
        select(
            col(WebSession.id),
            col(WebSession.seen_at),
            col(WebSession.ends_at),
            col(Account.id).label("account_id"),
            col(Account.organisation_id),
            col(Account.role),
            col(Account.name),
            col(Account.statutory),
            col(Account.login),
            col(Account.language),
            col(Account.must_change_password),
        )
        .join(Account, col(Account.id) == col(WebSession.account_id))
        .where(
            col(WebSession.secret_hash) == hash_secret(secret),
            ~_is_over(at),
            col(Account.status) == "active",
        )
    ).one_or_none()
    if row is None:
        return None
    if at - row.seen_at > _SEEN_STEP:
        session.execute(update(WebSession).where(col(WebSession.id) == row.id).values(seen_at=at))
    actor = Actor(
        account_id=row.account_id,
        organisation_id=row.organisation_id,
        role=cast("Role", row.role),
        name=row.name,
        statutory=row.statutory,
    )
    return SignedIn(
        session_id=row.id,
        actor=actor,
        login=row.login,
        language=row.language,
        must_change_password=row.must_change_password,
        ends_at=row.ends_at,
    )


def close_session(session: Session, session_id: UUID) -> None:
    """Sign out of this browser."""
    session.execute(delete(WebSession).where(col(WebSession.id) == session_id))


def close_all_sessions(session: Session, account_id: UUID, *, but: UUID | None = None) -> int:
    """Sign out everywhere (`but` keeps one browser signed in). Returns how many sessions ended."""
    others = col(WebSession.account_id) == account_id
    if but is not None:
        others &= col(WebSession.id) != but
    return len(session.execute(delete(WebSession).where(others).returning(col(WebSession.id))).all())


def purge_sessions(session: Session, *, at: datetime) -> int:
    """Forget sessions that are over. Returns how many."""
    return len(session.execute(delete(WebSession).where(_is_over(at)).returning(col(WebSession.id))).all())


def hash_secret(secret: str) -> bytes:
    """Plain SHA-256 is enough: the secret has 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(secret.encode()).digest()


def _is_over(at: datetime) -> ColumnElement[bool]:
    return (col(WebSession.ends_at) <= at) | (col(WebSession.seen_at) <= at - IDLE)
