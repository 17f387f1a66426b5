"""Telephone numbers in the words people write around them: several in one cell, an extension, whose it is."""

from __future__ import annotations

import re

import msgspec

from referral_hub.codes.identity import check_phone
from referral_hub.text import ValidationIssue

_PHONE = re.compile(
    r"(?P<before>[^\d+、,，;；/|（(）)\[\]]*)"
    r"(?P<number>(?:(?:\+|00)?86[\s\-]*)?"
    r"(?:1[3-9]\d(?:[\s\-–—.]?\d){8}"
    r"|[（(]?0\d{2,3}[）)]?[\s\-–—]*\d{3,4}[\s\-–—]?\d{4}"
    r"|[（(]\d{2,3}[）)][\s\-–—]*\d{3,4}[\s\-–—]?\d{4}"
    r"|[48]00[\s\-–—]?\d{3,4}[\s\-–—]?\d{3,4}"
    r"|[2-9]\d{6,7}))(?!\d)"
    r"(?:\s*(?:转|分机号?|ext\.?|x|-)\s*(?P<extension>\d{1,6})(?!\d))?"
    r"(?P<after>\s*[（(][^（(）)\d]*[）)])?",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[\s、,，;；/|.。:：或和及]+")
_EDGE = " :：、,，.。;；/|-（）()[]或和及"
_OWN = re.compile(
    r"(?:本人|自己|的|手机|电话|移动|联通|电信|微信|同号|常用|座机|固话|宅电|家里|新|备用|号码|联系|及|和|或|\s)+"
)
_SOMEBODY_ELSE = re.compile(
    r"父|母|爸|妈|妻|夫|爱人|老婆|老公|配偶|对象|儿|女|哥|弟|姐|妹|兄|嫂|爷|奶|公公|婆婆|外公|外婆|叔|伯|舅|姑|姨|孙|侄"
    r"|家属|家人|亲属|亲戚|朋友|邻居|房东|监护|同事|老板|社工|民警|书记|村|居委"
)


class WrittenPhone(msgspec.Struct, frozen=True):
    """A number, its extension, and what stands beside it (本人, 母亲)."""

    number: str
    extension: str | None
    remark: str

    @property
    def is_somebody_elses(self) -> bool:
        return bool(_SOMEBODY_ELSE.search(self.remark))

    @property
    def written(self) -> str:
        """The number with all that would be lost by keeping the digits alone."""
        extension = f"转{self.extension}" if self.extension else ""
        return f"{self.number}{extension}" + (f"（{self.remark}）" if self.says_more else "")

    @property
    def says_more(self) -> bool:
        return bool(self.remark) and not _OWN.fullmatch(self.remark)

    def __repr__(self) -> str:
        return "WrittenPhone(…)"


def read_written_phones(text: str) -> tuple[WrittenPhone, ...] | ValidationIssue:
    """Every number in `text`. A `ValidationIssue` when a digit is left over: no wrong number is passed by."""
    whole = check_phone(text)
    if isinstance(whole, str):
        return (WrittenPhone(number=whole, extension=None, remark=""),)
    found: list[WrittenPhone] = []
    rest = text
    for match in _PHONE.finditer(text):
        number = check_phone(match["number"])
        if isinstance(number, ValidationIssue):
            return number
        remark = _SEPARATORS.sub(" ", f"{match['before']} {match['after'] or ''}").strip(_EDGE)
        found.append(WrittenPhone(number=number, extension=match["extension"], remark=remark))
        rest = rest.replace(match.group(), " ", 1)
    return whole if not found or re.search(r"\d", rest) else tuple(found)
