"""What a module did wrong, kept for the administrator and its provider after it is well again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from sqlalchemy import delete
from sqlmodel import col, select

from referral_hub.errors import HubError
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.tables.modules import ModuleFault

KEPT = timedelta(days=90)
_MAX_DETAIL_LENGTH = 500
_SHOWN = 30

What = Literal["call", "news"]


class FaultLine(msgspec.Struct, frozen=True):
    """One fault: in words, where exactly for the provider, how often from `first_at` to `last_at`."""

    what: What
    words: Label
    detail: str
    times: int
    first_at: datetime
    last_at: datetime


def note_fault(
    session: Transaction, key: str, fault: HubError, *, what: What, detail: str | None = None, at: datetime
) -> None:
    """Write a fault down; the same as the one before it counts up. What is older than `KEPT` is forgotten.

    Neither the sentence nor the `detail` (by default the error's own) quotes what a module received or answered.
    """
    words = fault.label
    detail = (str(fault.details.get("detail", "")) if detail is None else detail)[:_MAX_DETAIL_LENGTH]
    last = session.exec(
        select(ModuleFault).where(ModuleFault.key == key).order_by(col(ModuleFault.last_at).desc()).limit(1)
    ).one_or_none()
    if last is not None and (last.what, last.code, last.zh, last.detail) == (what, fault.code, words.zh, detail):
        last.times, last.last_at = last.times + 1, at
        session.add(last)
    else:
        session.add(
            ModuleFault(
                id=new_id(),
                created_at=at,
                key=key,
                what=what,
                code=fault.code,
                zh=words.zh,
                en=words.en,
                detail=detail,
                last_at=at,
            )
        )
        session.execute(delete(ModuleFault).where(col(ModuleFault.last_at) < at - KEPT))
    session.flush()


def faults_for_page(session: Transaction, key: str) -> list[FaultLine]:
    """The latest faults of a module, the last one first."""
    rows = session.exec(
        select(ModuleFault).where(ModuleFault.key == key).order_by(col(ModuleFault.last_at).desc()).limit(_SHOWN)
    ).all()
    return [
        FaultLine(
            what="news" if row.what == "news" else "call",
            words=Label(zh=row.zh, en=row.en),
            detail=row.detail,
            times=row.times,
            first_at=row.created_at,
            last_at=row.last_at,
        )
        for row in rows
    ]
