"""One message carried from a form to the page shown after it, in a signed cookie that lives a minute.

Signed, so that another site on the same host cannot put words into our mouth. It names no person: a cookie stays on
the PC longer than the page.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Literal

import msgspec
from litestar.datastructures import Cookie

from referral_hub.i18n import Label
from referral_hub.storage.cipher import FieldCipher

FLASH_COOKIE = "hub_flash"
_SECONDS = 60
_KIND = "web.flash"

Tone = Literal["done", "note", "problem"]


class Link(msgspec.Struct, frozen=True):
    """Where the reader goes from a message: the way out of what stopped them."""

    label: Label
    to: str


class Flash(msgspec.Struct, frozen=True):
    """What the next page says at its top."""

    message: Label
    tone: Tone = "done"
    link: Link | None = None


def flash_cookie(cipher: FieldCipher, flash: Flash, *, secure: bool) -> Cookie:
    body = base64.urlsafe_b64encode(msgspec.json.encode(flash)).decode()
    return Cookie(
        key=FLASH_COOKIE,
        value=f"{body}.{_sign(cipher, body)}",
        max_age=_SECONDS,
        httponly=True,
        secure=secure,
        samesite="lax",
    )


def read_flash(cipher: FieldCipher, cookie: str | None) -> Flash | None:
    """The message, or None where there is none or it was not made by us."""
    body, _, signature = (cookie or "").rpartition(".")
    if not body or not hmac.compare_digest(signature, _sign(cipher, body)):
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(body), type=Flash)
    except (binascii.Error, ValueError):
        return None


def _sign(cipher: FieldCipher, body: str) -> str:
    return cipher.index(body, _KIND).hex()
