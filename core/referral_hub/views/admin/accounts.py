"""Accounts as pages show them. No client's data is here."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlmodel import col

from referral_hub.actor import Role
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.paging import Page, read_only_key, take
from referral_hub.tables.access import Account, WebSession


class AccountView(msgspec.Struct, frozen=True):
    """An account without its secrets."""

    id: UUID
    organisation_id: UUID
    login: str
    name: str
    role: Role
    statutory: bool
    phone: str | None
    language: str
    status: str
    must_change_password: bool
    second_factor: bool
    locked_until: datetime | None
    signed_in_at: datetime | None


def account_for_page(session: Transaction, account_id: UUID) -> AccountView:
    """One account. Raises `NotFound`."""
    account = session.execute(select(Account).where(col(Account.id) == account_id)).scalar_one_or_none()
    if account is None:
        raise NotFound
    return _view(account)


def accounts_for_list(
    session: Transaction,
    *,
    organisation_id: UUID | None = None,
    role: str = "",
    words: str = "",
    after: str | None = None,
    limit: int = 50,
) -> Page[AccountView]:
    """Accounts by login; `words` looks in login and name."""
    query = select(Account).order_by(col(Account.login)).limit(limit + 1)
    if organisation_id:
        query = query.where(col(Account.organisation_id) == organisation_id)
    if role:
        query = query.where(col(Account.role) == role)
    if words:
        query = query.where(
            col(Account.login).contains(words.lower(), autoescape=True)
            | col(Account.name).contains(words, autoescape=True)
        )
    last = read_only_key(after, str)
    if last is not None:
        query = query.where(col(Account.login) > last)
    found = take(session.execute(query).scalars().all(), limit, lambda account: (account.login,))
    return found.showing([_view(account) for account in found.lines])


def open_sessions(session: Transaction, account_id: UUID) -> int:
    """In how many browsers the account is signed in."""
    count: int = session.execute(
        select(func.count()).select_from(WebSession).where(col(WebSession.account_id) == account_id)
    ).scalar_one()
    return count


def _view(account: Account) -> AccountView:
    return AccountView(
        id=account.id,
        organisation_id=account.organisation_id,
        login=account.login,
        name=account.name,
        role=cast("Role", account.role),
        statutory=account.statutory,
        phone=account.phone,
        language=account.language,
        status=account.status,
        must_change_password=account.must_change_password,
        second_factor=account.totp_secret is not None,
        locked_until=account.locked_until,
        signed_in_at=account.signed_in_at,
    )
