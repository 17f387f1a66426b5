"""Chinese identity numbers (GB 11643-1999) and telephone numbers, as people type them."""

from __future__ import annotations

import re
from datetime import date

import msgspec

from referral_hub.i18n import Label
from referral_hub.text import ValidationIssue, invalid, plain

DEMO_PLACE = "999999"  # no such place: made-up people carry it, real people never do
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_OLDEST_BIRTH_YEAR = 1900
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]{2}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(?:0[1-9][0-9]{1,2})?[2-9][0-9]{6,7}")
_SERVICE_LINE = re.compile(r"(?:400|800)[0-9]{7}")
_COUNTRY_CODE = re.compile(r"^(?:\+|00)?86(?=1[3-9][0-9]{9}$|0?[1-9][0-9]{9,10}$)")

_AS_TEXT = Label(
    zh="请在表格里把这一列的格式设为“文本”，再重新填写完整号码。",
    en="Set the format of the column to Text in the spreadsheet, then type the whole number again.",
)
_PREFIX = re.compile(r"^(?:公民|居民)?身份证?(?:号码?)?\s*[:：]?\s*")
_OTHER_DOCUMENTS = (
    (
        re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
        Label(zh="港澳居民来往内地通行证", en="travel permit of Hong Kong or Macao"),
    ),
    (re.compile(r"[A-Z]{3}[0-9]{12}"), Label(zh="外国人永久居留身份证", en="permanent residence card")),
    (re.compile(r"[A-Z]{1,2}[0-9]{6,9}|[A-Z][A-Z0-9]{6,9}"), Label(zh="护照", en="passport")),
)
_COMPARE_CARD = Label(
    zh="请对照身份证逐位核对。",
    en="Compare it with the card, digit by digit.",
)


def birth_year_in(id_number: str) -> int:
    """The year of birth in a number that passed its check."""
    return int(id_number[6:10])


class IdNumber(msgspec.Struct, frozen=True):
    """A number that passed its check. `sex` is GB/T 2261.1: "1" male, "2" female."""

    text: str
    birth_date: date
    sex: str

    @property
    def birth_year(self) -> int:
        return self.birth_date.year


def check_id_number(text: str, *, today: date, demo: bool = False) -> IdNumber | ValidationIssue:
    """Check length, characters, birth date and check character (GB 11643).

    The place is never judged: lists of place codes lag behind the country, and people keep the number of a place
    that no longer exists. Only the place of made-up people, 999999, is refused outside a demonstration.
    """
    number = _PREFIX.sub("", plain(text).lstrip("'‘’")).replace(" ", "").replace("-", "").upper()
    number = number[:-1] + "X" if number.endswith("×") else number
    if _SCIENTIFIC.fullmatch(number):
        return ValidationIssue(
            Label(
                zh="号码被表格当成数字，后几位已丢失。",
                en="The spreadsheet treated it as a number and lost the last digits.",
            ),
            _AS_TEXT,
        )
    mistake = _shape_issue(number)
    if mistake:
        return mistake
    birth_date = _birth_date(number)
    if birth_date is None or birth_date.year < _OLDEST_BIRTH_YEAR or birth_date > today:
        return ValidationIssue(
            Label(zh="号码里的出生日期不存在。", en="The birth date in the number does not exist."), _COMPARE_CARD
        )
    if check_character(number[:17]) != number[17]:
        return ValidationIssue(
            Label(zh="校验位不符，号码有误。", en="The check digit does not match, so a digit is wrong."), _COMPARE_CARD
        )
    if number.startswith(DEMO_PLACE) and not demo:
        return ValidationIssue(
            Label(zh="这是演示用的号码（999999开头）。", en="This is a number for demonstrations (999999)."),
            Label(zh="请填写真实的身份证号。", en="Enter the real number."),
        )
    return IdNumber(text=number, birth_date=birth_date, sex="1" if int(number[16]) % 2 else "2")


def read_id_number(text: str, *, today: date, demo: bool = False) -> IdNumber:
    """As `check_id_number`, for a form: raises `Invalid` at the field `id_number`."""
    checked = check_id_number(text, today=today, demo=demo)
    if isinstance(checked, ValidationIssue):
        raise invalid("id_number", checked)
    return checked


def check_character(first_17: str) -> str:
    """The eighteenth character for the first seventeen digits."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_17, strict=True))
    return _CHECK_CHARACTERS[total % 11]


def check_phone(text: str) -> str | ValidationIssue:
    """The digits of a mobile, landline or 400/800 number, without +86, spaces, hyphens or brackets."""
    number = re.sub(r"[\s\-–—()（）./]", "", plain(text).lstrip("'‘’"))
    if _SCIENTIFIC.fullmatch(number):
        return ValidationIssue(
            Label(
                zh="号码被表格当成数字，后几位已丢失。",
                en="The spreadsheet treated it as a number and lost the last digits.",
            ),
            _AS_TEXT,
        )
    number = _COUNTRY_CODE.sub("", number)
    if _MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number) or _SERVICE_LINE.fullmatch(number):
        return number
    return ValidationIssue(
        Label(zh="不是有效的电话号码。", en="This is not a telephone number."),
        Label(
            zh="手机号应为11位数字；固定电话请写区号和号码，如0571-87654321。",
            en="A mobile number has 11 digits; for a landline give area code and number, such as 0571-87654321.",
        ),
    )


def read_phone(text: str) -> str:
    """As `check_phone`, for a form: raises `Invalid` at the field `phone`."""
    checked = check_phone(text)
    if isinstance(checked, ValidationIssue):
        raise invalid("phone", checked)
    return checked


def other_document(text: str) -> ValidationIssue | None:
    """What to say of a number that is another document's: of a passport, a permanent residence card, a permit."""
    number = plain(text).replace(" ", "").replace("-", "").upper()
    kind = next((label for pattern, label in _OTHER_DOCUMENTS if pattern.fullmatch(number)), None)
    if kind is None:
        return None
    return ValidationIssue(
        Label(zh=f"这是{kind.zh}的号码，不是身份证号。", en=f"This is the number of a {kind.en}, not an ID number."),
        Label(
            zh="有居民身份证、居住证或新版永久居留身份证的，请填那个18位号码；没有的，身份证号留空，按姓名和电话认人。",
            en="Enter the 18-digit number of an ID or residence card; if there is none, leave this empty and enter "
            "a telephone number.",
        ),
    )


def _shape_issue(number: str) -> ValidationIssue | None:
    if "*" in number or "＊" in number:
        return ValidationIssue(
            Label(zh="号码被星号遮住了。", en="The number is masked with asterisks."),
            Label(zh="请向提供方要完整号码，或留空。", en="Ask for the whole number, or leave it empty."),
        )
    if document := other_document(number):
        return document
    if re.fullmatch(r"[0-9]{15}", number):
        return ValidationIssue(
            Label(zh="这是15位的旧号码，已停用。", en="This is an old 15-digit number, no longer in use."),
            Label(zh="请填写现用的18位号码。", en="Enter the 18-digit number now in use."),
        )
    if len(number) != 18:
        return ValidationIssue(
            Label(
                zh=f"身份证号应为18位，这里是{len(number)}位。",
                en=f"An ID number has 18 characters; this one has {len(number)}.",
            ),
            _COMPARE_CARD,
        )
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return ValidationIssue(
            Label(
                zh="身份证号只能是数字，末位可以是X。",
                en="The number has digits only; the last character may be X.",
            ),
            _COMPARE_CARD,
        )
    return None


def _birth_date(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
