"""Repeating a request with the same idempotency key changes nothing and gives the same answer."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select

from referral_hub.actor import Actor
from referral_hub.errors import Invalid
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.tables.columns import utc_now
from referral_hub.tables.referrals import IdempotencyKey
from referral_hub.workflow.errors import KeyUsed

MAX_KEY = 100


def find_previous_response(
    session: Transaction, key: str | None, *, action: str, fingerprint: str, by: Actor
) -> dict[str, Any] | None:
    """What this account was answered under `key`, or None the first time (or without a key).

    Two requests with one key at the same moment queue here, so that the second finds the first's answer. Raises
    `KeyUsed` when the key was for another action or subject.
    """
    if key is None or by.account_id is None:
        return None
    if not 1 <= len(key) <= MAX_KEY:
        raise Invalid(
            field="Idempotency-Key",
            message=Label(zh="请求编号须为1到100个字符。", en="The idempotency key must have 1 to 100 characters."),
        )
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{by.account_id}:{key}", 0))))
    row = session.exec(
        select(IdempotencyKey).where(IdempotencyKey.account_id == by.account_id, IdempotencyKey.key == key)
    ).one_or_none()
    if row is None:
        return None
    if (row.action, row.fingerprint) != (action, fingerprint):
        raise KeyUsed
    return cast("dict[str, Any]", row.answer)


def remember_response(
    session: Transaction, key: str | None, *, action: str, fingerprint: str, answer: msgspec.Struct, by: Actor
) -> None:
    """Keep the answer in the transaction of the action itself."""
    if key is None or by.account_id is None:
        return
    session.execute(
        insert(IdempotencyKey).values(
            id=new_id(),
            created_at=utc_now(),
            account_id=by.account_id,
            key=key,
            action=action,
            fingerprint=fingerprint,
            answer=msgspec.to_builtins(answer),
        )
    )
