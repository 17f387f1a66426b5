"""Signing in and out, passwords, the second factor, and the accounts themselves."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import msgspec
import pyotp
from sqlalchemy import select
from sqlmodel import Session, col

from referral_hub.access.errors import CodeWrong, LoginTaken, LoginUnusable, PasswordWrong
from referral_hub.access.passwords import check_new_password, hash_is_old, hash_password, password_fits
from referral_hub.access.sessions import close_all_sessions
from referral_hub.actor import Actor, Role, system_actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.errors import NotFound
from referral_hub.storage.cipher import FieldCipher
from referral_hub.tables.access import Account
from referral_hub.text_limits import MAX_ACCOUNT_NAME, need_line

WRONG_TRIES = 5
TRY_PERIOD = timedelta(minutes=15)
LOCK_PERIOD = timedelta(minutes=15)
ISSUER = "转介中心"
_LOGIN = re.compile(r"[a-z][a-z0-9.-]{2,39}")


class PasswordChecked(msgspec.Struct, frozen=True):
    """The password was right; `second_factor` says a code must follow."""

    account_id: UUID
    second_factor: bool


def check_password(session: Session, *, login: str, password: str, at: datetime) -> PasswordChecked | None:
    """None when the account is unknown, inactive or locked, or the password wrong; it does not say which.

    Counts wrong tries, so the caller must commit before it refuses: five within 15 minutes lock for 15 minutes.
    """
    account = session.execute(
        select(Account).where(col(Account.login) == login.strip().lower()).with_for_update()
    ).scalar_one_or_none()
    fits = password_fits(password, account.password_hash if account else None)
    if account is None or account.status != "active" or _is_locked(account, at):
        return None
    if not fits:
        _count_wrong_try(session, account, at)
        return None
    if account.password_hash and hash_is_old(account.password_hash):
        account.password_hash = hash_password(password)
    return PasswordChecked(account_id=account.id, second_factor=account.totp_secret is not None)


def check_code(session: Session, *, account_id: UUID, code: str, cipher: FieldCipher, at: datetime) -> bool:
    """Whether the 6 digits fit the account's second factor. Wrong codes count as wrong tries."""
    account = _account(session, account_id)
    if account.status != "active" or _is_locked(account, at) or account.totp_secret is None:
        return False
    if not _code_fits(cipher.decrypt(account.totp_secret, _totp_context(account_id)), code, at):
        _count_wrong_try(session, account, at)
        return False
    return True


def note_sign_in(session: Session, *, account_id: UUID, at: datetime) -> str:
    """The sign-in is complete: wrong tries are forgotten. Returns the account's language."""
    account = _account(session, account_id)
    account.failures, account.failed_at, account.locked_until = 0, None, None
    account.signed_in_at = at
    record_audit_entry(session, "account.sign_in", about=account, by=_self(account), at=at)
    return account.language


def note_sign_out(session: Session, *, by: Actor, at: datetime, everywhere: bool = False) -> None:
    """Keep a record that someone signed out; `everywhere` when it was of all browsers."""
    record_audit_entry(
        session,
        "account.sign_out",
        about=AuditSubject("account", by.account_id),
        by=by,
        at=at,
        details={"everywhere": everywhere},
    )


def change_password(
    session: Session, *, account_id: UUID, current: str, new: str, keep: UUID | None, by: Actor, at: datetime
) -> None:
    """Change one's own password; every other browser is signed out. `keep` is the session that stays.

    Raises `PasswordWrong`, `PasswordWeak`.
    """
    account = _account(session, account_id)
    if not password_fits(current, account.password_hash):
        raise PasswordWrong(field="current")
    check_new_password(new, login=account.login)
    account.password_hash = hash_password(new)
    account.must_change_password = False
    close_all_sessions(session, account_id, but=keep)
    record_audit_entry(session, "account.change", about=account, by=by, at=at, details={"what": "password"})


def reset_password(session: Session, *, account_id: UUID, new: str, by: Actor, at: datetime) -> None:
    """An administrator sets a first password: it must be changed at the next sign-in, and the lock ends."""
    account = _account(session, account_id)
    check_new_password(new, login=account.login)
    account.password_hash = hash_password(new)
    account.must_change_password = True
    account.failures, account.failed_at, account.locked_until = 0, None, None
    close_all_sessions(session, account_id)
    record_audit_entry(session, "account.change", about=account, by=by, at=at, details={"what": "password reset"})


def new_totp_secret() -> str:
    """A secret for an authenticator on a phone, to be confirmed with a first code before it counts."""
    return pyotp.random_base32()


def totp_address(secret: str, *, login: str) -> str:
    """The `otpauth://` address an authenticator reads. It names the product neutrally (R20)."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def enrol_totp(
    session: Session, *, account_id: UUID, secret: str, code: str, cipher: FieldCipher, by: Actor, at: datetime
) -> None:
    """Turn the second factor on, once a code proves that the phone has the secret. Raises `CodeWrong`."""
    if not _code_fits(secret, code, at):
        raise CodeWrong(field="code")
    account = _account(session, account_id)
    account.totp_secret = cipher.encrypt(secret, _totp_context(account_id))
    record_audit_entry(session, "account.change", about=account, by=by, at=at, details={"what": "second factor on"})


def remove_totp(session: Session, *, account_id: UUID, password: str, by: Actor, at: datetime) -> None:
    """Turn the second factor off; asks for the password again. Raises `PasswordWrong`."""
    account = _account(session, account_id)
    if not password_fits(password, account.password_hash):
        raise PasswordWrong(field="password")
    account.totp_secret = None
    record_audit_entry(session, "account.change", about=account, by=by, at=at, details={"what": "second factor off"})


def set_language(session: Session, *, account_id: UUID, language: str) -> None:
    _account(session, account_id).language = "en" if language == "en" else "zh"


def create_account(
    session: Session,
    *,
    organisation_id: UUID,
    login: str,
    name: str,
    role: Role,
    password: str,
    statutory: bool = False,
    phone: str | None = None,
    must_change_password: bool = True,
    by: Actor,
    at: datetime,
) -> UUID:
    """Make an account with a first password. Raises `LoginUnusable`, `LoginTaken`, `PasswordWeak`."""
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise LoginUnusable(field="login")
    check_new_password(password, login=login)
    taken = session.execute(select(col(Account.id)).where(col(Account.login) == login)).first()
    if taken:
        raise LoginTaken(field="login", login=login)
    account = Account(
        organisation_id=organisation_id,
        login=login,
        name=need_line(name, "name", maximum=MAX_ACCOUNT_NAME),
        role=role,
        statutory=statutory,
        phone=phone,
        password_hash=hash_password(password),
        must_change_password=must_change_password,
    )
    session.add(account)
    session.flush()
    record_audit_entry(session, "account.change", about=account, by=by, at=at, details={"what": "created"})
    return account.id


def change_account(
    session: Session, *, account_id: UUID, name: str, phone: str | None, statutory: bool, by: Actor, at: datetime
) -> None:
    """Correct a name or telephone, or say whether the person has statutory duties. Role and organisation stay: whoever
    changes either gets an account of its own, so that the audit log stays accurate.
    """
    account = _account(session, account_id)
    account.name = need_line(name, "name", maximum=MAX_ACCOUNT_NAME)
    account.phone, account.statutory = phone, statutory
    record_audit_entry(session, "account.change", about=account, by=by, at=at, details={"what": "changed"})


def unlock_account(session: Session, *, account_id: UUID, by: Actor, at: datetime) -> None:
    """End a lock after wrong passwords before its time; the password stays valid."""
    account = _account(session, account_id)
    account.failures, account.failed_at, account.locked_until = 0, None, None
    record_audit_entry(session, "account.change", about=account, by=by, at=at, details={"what": "unlocked"})


def close_account(session: Session, *, account_id: UUID, by: Actor, at: datetime) -> None:
    """The person left: no sign-in any more, open browsers signed out, tokens worthless. Records keep the name."""
    account = _account(session, account_id)
    account.status = "closed"
    close_all_sessions(session, account_id)
    record_audit_entry(session, "account.change", about=account, by=by, at=at, details={"what": "closed"})


def reopen_account(session: Session, *, account_id: UUID, by: Actor, at: datetime) -> None:
    """Undo `close_account`; the old password stays valid."""
    account = _account(session, account_id)
    account.status = "active"
    record_audit_entry(session, "account.change", about=account, by=by, at=at, details={"what": "reopened"})


def _account(session: Session, account_id: UUID) -> Account:
    account: Account | None = session.execute(
        select(Account).where(col(Account.id) == account_id).with_for_update()
    ).scalar_one_or_none()
    if account is None:
        raise NotFound
    return account


def _is_locked(account: Account, at: datetime) -> bool:
    return account.locked_until is not None and account.locked_until > at


def _count_wrong_try(session: Session, account: Account, at: datetime) -> None:
    if account.failed_at is None or at - account.failed_at > TRY_PERIOD:
        account.failures = 0
    account.failures += 1
    account.failed_at = at
    action = "account.refused"
    if account.failures >= WRONG_TRIES:
        account.locked_until = at + LOCK_PERIOD
        account.failures = 0
        action = "account.locked"
    record_audit_entry(session, action, about=account, by=system_actor(via="page", name="sign-in"), at=at)


def _self(account: Account) -> Actor:
    return Actor(
        account_id=account.id,
        organisation_id=account.organisation_id,
        role=cast("Role", account.role),
        name=account.name,
        statutory=account.statutory,
    )


def _code_fits(secret: str, code: str, at: datetime) -> bool:
    """One step of 30 seconds either way, for clocks that are a little off."""
    digits = "".join(character for character in code if character.isdigit())
    return pyotp.TOTP(secret).verify(digits, for_time=at, valid_window=1)


def _totp_context(account_id: UUID) -> str:
    return f"account.totp:{account_id}"
