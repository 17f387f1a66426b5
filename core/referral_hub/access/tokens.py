"""Bearer tokens: how a program acts for an account under `/api/v1`, within a scope and until a date.

A token reads `hub_<prefix>_<secret>`. It is shown once; the table keeps the prefix, by which its owner knows it
again, and the SHA-256 of the whole.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlmodel import Session, col

from referral_hub.access.sessions import hash_secret
from referral_hub.actor import Actor, Role
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.errors import NotFound
from referral_hub.i18n import Label
from referral_hub.tables.access import Account, ApiToken
from referral_hub.text_limits import MAX_TOKEN_NAME, need_line

SCOPES: dict[str, Label] = {
    "read": Label(zh="只读", en="read"),
    "write": Label(zh="办理（发送、答复、登记）", en="write (send, answer, record)"),
}
MAX_LIFETIME = timedelta(days=366)
_USED_STEP = timedelta(minutes=1)
_PREFIX_BYTES = 4
_SECRET_BYTES = 32


class TokenHolder(msgspec.Struct, frozen=True):
    """The account a token acts for, and what it may do."""

    actor: Actor
    scope: tuple[str, ...]


class TokenSummary(msgspec.Struct, frozen=True):
    """A token as its owner sees it in the list."""

    id: UUID
    name: str
    prefix: str
    scope: tuple[str, ...]
    ends_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def create_token(
    session: Session, *, account_id: UUID, name: str, scope: tuple[str, ...], ends_at: datetime, by: Actor, at: datetime
) -> str:
    """Make a token and return it, for the one time it is shown. It lasts a year at most."""
    prefix = secrets.token_hex(_PREFIX_BYTES)
    token = f"hub_{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    row = ApiToken(
        account_id=account_id,
        name=need_line(name, "name", maximum=MAX_TOKEN_NAME),
        prefix=prefix,
        secret_hash=hash_secret(token),
        scope=[word for word in SCOPES if word in scope],
        ends_at=min(ends_at, at + MAX_LIFETIME),
    )
    session.add(row)
    session.flush()
    details: dict[str, object] = {"scope": row.scope}
    record_audit_entry(session, "token.issue", about=row, by=by, at=at, details=details)
    return token


def token_for_secret(session: Session, token: str, *, at: datetime) -> TokenHolder | None:
    """Whom this token acts for; None when it is unknown, over or revoked, or the account is not active."""
    row = session.execute(
        select(
            col(ApiToken.id),
            col(ApiToken.scope),
            col(ApiToken.used_at),
            col(Account.id).label("account_id"),
            col(Account.organisation_id),
            col(Account.role),
            col(Account.name),
            col(Account.statutory),
        )
        .join(Account, col(Account.id) == col(ApiToken.account_id))
        .where(
            col(ApiToken.secret_hash) == hash_secret(token),
            col(ApiToken.ends_at) > at,
            col(ApiToken.revoked_at).is_(None),
            col(Account.status) == "active",
        )
    ).one_or_none()
    if row is None:
        return None
    if row.used_at is None or at - row.used_at > _USED_STEP:
        session.execute(update(ApiToken).where(col(ApiToken.id) == row.id).values(used_at=at))
    actor = Actor(
        account_id=row.account_id,
        organisation_id=row.organisation_id,
        role=cast("Role", row.role),
        name=row.name,
        statutory=row.statutory,
        via="api",
    )
    return TokenHolder(actor=actor, scope=tuple(row.scope))


def tokens_of_account(session: Session, account_id: UUID) -> list[TokenSummary]:
    """The account's tokens, newest first, with those that are over."""
    rows = session.execute(
        select(ApiToken).where(col(ApiToken.account_id) == account_id).order_by(col(ApiToken.id).desc())
    ).scalars()
    return [
        TokenSummary(
            id=row.id,
            name=row.name,
            prefix=row.prefix,
            scope=tuple(row.scope),
            ends_at=row.ends_at,
            used_at=row.used_at,
            revoked_at=row.revoked_at,
        )
        for row in rows
    ]


def revoke_token(session: Session, *, account_id: UUID, token_id: UUID, by: Actor, at: datetime) -> None:
    """End one of the account's own tokens at once. Raises `NotFound` for anyone else's."""
    changed = session.execute(
        update(ApiToken)
        .where(
            col(ApiToken.id) == token_id,
            col(ApiToken.account_id) == account_id,
            col(ApiToken.revoked_at).is_(None),
        )
        .values(revoked_at=at)
        .returning(col(ApiToken.id))
    ).all()
    if not changed:
        raise NotFound
    record_audit_entry(session, "token.revoke", about=AuditSubject("api_token", token_id), by=by, at=at)
