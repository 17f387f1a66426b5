"""Unified social credit codes of organisations (统一社会信用代码, GB 32100-2015)."""

from __future__ import annotations

from referral_hub.i18n import Label
from referral_hub.text import ValidationIssue, invalid, plain

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I O S V Z, which are misread
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def check_credit_code(text: str) -> str | ValidationIssue:
    """The code in capitals without spaces, if its eighteen characters and its check character fit."""
    code = plain(text).replace(" ", "").replace("-", "").upper()
    compare = Label(zh="请对照登记证书逐位核对。", en="Compare it with the certificate, character by character.")
    if len(code) != 18:
        return ValidationIssue(
            Label(
                zh=f"统一社会信用代码应为18位，这里是{len(code)}位。",
                en=f"A social credit code has 18 characters; this one has {len(code)}.",
            ),
            compare,
        )
    if any(character not in _ALPHABET for character in code):
        return ValidationIssue(
            Label(
                zh="统一社会信用代码只用数字和大写字母，不含I、O、S、V、Z。",
                en="A social credit code contains only digits and capital letters, without I, O, S, V, Z.",
            ),
            compare,
        )
    if check_character(code[:17]) != code[17]:
        return ValidationIssue(
            Label(zh="校验位不符，代码有误。", en="The check character does not match, so a character is wrong."),
            compare,
        )
    return code


def read_credit_code(text: str) -> str:
    """As `check_credit_code`, for a form: raises `Invalid` at the field `credit_code`."""
    checked = check_credit_code(text)
    if isinstance(checked, ValidationIssue):
        raise invalid("credit_code", checked)
    return checked


def check_character(first_17: str) -> str:
    """The eighteenth character for the first seventeen."""
    total = sum(weight * _ALPHABET.index(character) for weight, character in zip(_WEIGHTS, first_17, strict=True))
    return _ALPHABET[-total % 31]
