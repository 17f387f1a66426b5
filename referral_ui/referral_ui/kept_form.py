"""A form sent after its session had ended: kept until the person who filled it in has signed in again.

A form names, signed, the account it was drawn for (`_by`). What was typed goes encrypted for that account into the
sign-in page and comes back with the password; the hub stores nothing. The account then sends it back with `_review`,
and `Form.shown_again` shows it without acting. Nothing else reads such a form (`SubmittedForm`).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from referral_hub.errors import HubError
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.errors import FieldDamaged, KeyUnknown

BY = "_by"
REVIEW = "_review"
UNKEPT = "_unkept"
"""Names the passwords and secrets of a form; they are never kept."""
KEPT_FOR = timedelta(hours=12)
MAX_KEPT = 200_000
"""Characters of one form, encoded. The longest form with every field full is well under it."""

_CHOICE = "a choice from a list or a date, made again in a moment"
NOT_KEPT: dict[str, str] = {
    "/sign-in": "the door itself",
    "/sign-in/code": "the door itself",
    "/sign-in/keep": "the door itself",
    "/sign-out": "a button",
    "/account/password": "passwords only",
    "/account/second-factor": "its secret is offered once",
    "/account/second-factor/off": "passwords only",
    "/account/language": _CHOICE,
    "/audit/seals": "a hash that was copied from elsewhere",
    "/cases/{case_id}/needs/{need_id}/state": _CHOICE,
    "/cases/{case_id}/reassign": _CHOICE,
    "/cases/{case_id}/refer/place": _CHOICE,
    "/cases/{case_id}/refer/{referral_id}/send": "a button",
    "/cases/{case_id}/team": _CHOICE,
    "/cases/{case_id}/reveal": "a reason to look is given at the look",
    "/inbox/{referral_id}/reveal/{name}": "a reason to look is given at the look",
    "/caseload/import/confirm": "the register is read again from its file",
    "/caseload/import/rejected": "the register is read again from its file",
    "/inbox/{referral_id}/owner": _CHOICE,
    "/inbox/{referral_id}/task/{task_id}": _CHOICE,
    "/ledger/excel": "what a file is for is said when it is fetched",
    "/statistics/{table}/excel": "what a file is for is said when it is fetched",
    "/places/{offering_id}/out/{number}": "a button",
    "/plan/{item_id}/done": "a button",
    "/referrals/{referral_id}/redirect": _CHOICE,
    "/admin/modules/{key}/{action}": "one line beside a button",
}
"""Pages that take a form and keep nothing of it, with the reason; `tests/policy/test_kept_forms.py` holds the list."""

_BY_KIND = "web.form-by"
_NOT_TYPED = frozenset({"_csrf_token", REVIEW, UNKEPT})


class NotForReview(HubError):
    """A form came back to be looked at, to a page that cannot show it."""

    status = 409
    zh = "这一步不能代为保留填写的内容，没有提交。请返回原来的页面重新填写。"
    en = "What was typed here cannot be kept, and nothing was sent. Go back to the page and fill it in again."


class KeptForm(msgspec.Struct, frozen=True):
    """Where a form was going, what was typed into it, and until when it is worth anything."""

    path: str
    texts: dict[str, list[str]]
    until: datetime

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Each text with the name of its field, as a browser sends them."""
        return [(name, text) for name, texts in self.texts.items() for text in texts]


def what_was_typed(texts: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """A form's texts, and whose they are, less every password and secret."""
    left_out = _NOT_TYPED | set(texts.get(UNKEPT, ()))
    return {name: list(values) for name, values in texts.items() if name not in left_out}


def signed_account(cipher: FieldCipher, account_id: UUID) -> str:
    """The account a form is drawn for, as the form says it."""
    return f"{account_id}.{_signature(cipher, str(account_id))}"


def account_of(cipher: FieldCipher, by: str) -> UUID | None:
    """The account that `signed_account` named; None where we did not sign it."""
    account, _, signature = by.rpartition(".")
    if not account or not hmac.compare_digest(signature.encode(), _signature(cipher, account).encode()):
        return None
    return UUID(account)


def seal(cipher: FieldCipher, account_id: UUID, *, path: str, texts: Mapping[str, list[str]], at: datetime) -> str:
    """The form for one account's eyes, as a text for a hidden field; empty where it is too long."""
    kept = KeptForm(path, what_was_typed(texts), at + KEPT_FOR)
    sealed = cipher.encrypt(msgspec.json.encode(kept).decode(), _context(account_id))
    text = base64.urlsafe_b64encode(sealed).decode()
    return text if len(text) <= MAX_KEPT else ""


def open_sealed(cipher: FieldCipher, account_id: UUID, sealed: str, *, at: datetime) -> KeptForm | None:
    """The form again; None for another account, after its time, and where it was changed."""
    try:
        text = cipher.decrypt(base64.urlsafe_b64decode(sealed), _context(account_id))
        kept = msgspec.json.decode(text, type=KeptForm)
    except (FieldDamaged, KeyUnknown, binascii.Error, ValueError):
        return None
    return kept if kept.until > at else None


def _signature(cipher: FieldCipher, account: str) -> str:
    return cipher.index(account, _BY_KIND).hex()


def _context(account_id: UUID) -> str:
    return f"web.kept-form:{account_id}"
