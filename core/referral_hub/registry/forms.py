"""A submitted form read by its manifest: what was typed becomes clean values, or problems that say how to fix them.

Clean values are plain JSON: money is an `int` of fen, dates are `2026-03-05`, numbers `int` or `float`, a choice its
code, several choices a list of codes, yes and no `true` and `false`. A question left empty has no entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from referral_hub.api import Field, Problem
from referral_hub.calendar.periods import day_issue
from referral_hub.i18n import Label
from referral_hub.text import plain

Clean = str | int | float | bool | list[str]

TEXT_CHARACTERS = 200
LONG_CHARACTERS = 4000
_AMOUNT = re.compile(r"[-+]?\d{1,12}(\.\d{1,6})?")
_DATE = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?|(\d{4})(\d{2})(\d{2})")
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}(-\d{1,6})?|[48]00-?\d{3}-?\d{4}")
_YES = frozenset({"yes", "true", "1", "on", "是"})
_NO = frozenset({"no", "false", "0", "off", "否"})


class _Wrong(Exception):
    """What was typed cannot be taken; the label goes after the question's name."""

    def __init__(self, zh: str, en: str) -> None:
        self.label = Label(zh=zh, en=en)
        super().__init__(en)


def read_form(fields: Sequence[Field], submitted: Mapping[str, object]) -> tuple[dict[str, Clean], list[Problem]]:
    """Clean values by key, and every problem found. Entries for unknown keys are left alone."""
    clean: dict[str, Clean] = {}
    problems: list[Problem] = []
    for field in fields:
        try:
            value = _read(field, submitted.get(field.key))
        except _Wrong as wrong:
            problems.append(_problem(field, wrong))
            continue
        if value is not None:
            clean[field.key] = value
        elif field.required:
            problems.append(_problem(field, _unanswered(field)))
    return clean, problems


def check_values(fields: Sequence[Field], values: Mapping[str, object]) -> list[Problem]:
    """Problems of values that are already clean: a key that no field has, a wrong type, a value out of bounds."""
    by_key = {field.key: field for field in fields}
    problems = []
    for key, value in values.items():
        field = by_key.get(key)
        if field is None:
            message = Label(zh=f"没有“{key}”这个问题。", en=f"There is no question “{key}”.")
            problems.append(Problem(field=key, message=message))
            continue
        try:
            _check_clean(field, value)
        except _Wrong as wrong:
            problems.append(_problem(field, wrong))
    return problems


def _read(field: Field, typed: object) -> Clean | None:
    if field.type == "choices":
        return _read_choices(field, typed)
    text = _text_of(typed)
    if field.type == "long":
        text = "\n".join(plain(line) for line in text.splitlines()).strip()
    else:
        # Every character of a secret counts, but not what copying put around it.
        text = text.strip() if field.type == "secret" else plain(text)
    if not text:
        return None
    value = _READERS[field.type](field, text)
    _check_clean(field, value)
    return value


def _text_of(typed: object) -> str:
    if isinstance(typed, bool):
        return "yes" if typed else "no"
    if isinstance(typed, list | tuple):
        return _text_of(typed[-1]) if typed else ""
    return "" if typed is None else str(typed)


def _read_text(field: Field, text: str) -> Clean:
    return text


def _read_integer(field: Field, text: str) -> Clean:
    number = _decimal(text)
    if number != number.to_integral_value():
        raise _Wrong("请填写整数。", "needs a whole number.")
    return int(number)


def _read_number(field: Field, text: str) -> Clean:
    number = _decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)


def _read_money(field: Field, text: str) -> Clean:
    """Yuan as typed, fen as kept."""
    fen = _decimal(text.strip("¥￥元").strip()) * 100
    if fen != fen.to_integral_value():
        raise _Wrong("金额最多到分，例如 1200.50。", "takes yuan with two decimals at most, for example 1200.50.")
    return int(fen)


def _decimal(text: str) -> Decimal:
    digits = text.replace(",", "").replace(" ", "")
    if not _AMOUNT.fullmatch(digits):
        raise _Wrong("请填写数字，例如 12。", "needs a number, for example 12.")
    try:
        return Decimal(digits)
    except InvalidOperation as error:
        raise _Wrong("请填写数字，例如 12。", "needs a number, for example 12.") from error


def impossible_days(fields: Sequence[Field], clean: Mapping[str, object], *, today: date) -> list[Problem]:
    """A problem for each date that was read well and cannot be true (`calendar.periods`)."""
    problems = []
    for field in fields:
        value = clean.get(field.key)
        if field.type == "date" and isinstance(value, str):
            issue = day_issue(date.fromisoformat(value), today=today)
            if issue:
                problems.append(
                    _problem(field, _Wrong(issue.reason.zh + issue.fix.zh, f"{issue.reason.en} {issue.fix.en}"))
                )
    return problems


def _read_date(field: Field, text: str) -> Clean:
    wrong = _Wrong("请填写日期，例如 2026-03-05。", "needs a date, for example 2026-03-05.")
    match = _DATE.fullmatch(text)
    if match is None:
        raise wrong
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        return date(year, month, day).isoformat()
    except ValueError as error:
        raise wrong from error


def _read_yes_no(field: Field, text: str) -> Clean:
    word = text.lower()
    if word in _YES | _NO:
        return word in _YES
    raise _Wrong("请选“是”或“否”。", "needs yes or no.")


def _read_phone(field: Field, text: str) -> Clean:
    digits = text.replace(" ", "").removeprefix("+86")
    mobile = digits.replace("-", "")
    digits = mobile if mobile.startswith("1") else digits
    if not _PHONE.fullmatch(digits):
        raise _Wrong(
            "请填写手机号（11位）或带区号的座机号。",
            "needs a mobile number of 11 digits, or a landline with its area code.",
        )
    return digits


def _read_choices(field: Field, typed: object) -> Clean | None:
    codes = typed if isinstance(typed, list | tuple) else [typed]
    chosen = [code for code in dict.fromkeys(plain(_text_of(code)) for code in codes) if code]
    if not chosen:
        return None
    _check_clean(field, chosen)
    return chosen


_READERS: dict[str, Callable[[Field, str], Clean]] = {
    "text": _read_text,
    "long": _read_text,
    "secret": _read_text,
    "choice": _read_text,
    "integer": _read_integer,
    "number": _read_number,
    "money": _read_money,
    "date": _read_date,
    "yes_no": _read_yes_no,
    "phone": _read_phone,
}


def _check_clean(field: Field, value: object) -> None:
    """Raise for a value that is not what the field's type keeps, or is out of its bounds."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "integer": number and isinstance(value, int),
        "money": number and isinstance(value, int),
        "number": number,
        "yes_no": isinstance(value, bool),
        "choices": isinstance(value, list) and all(isinstance(code, str) for code in value),
    }.get(field.type, isinstance(value, str))
    if not fits:
        raise _Wrong("内容的类型不对。", "holds a value of the wrong type.")
    if isinstance(value, list) or field.type == "choice":
        _check_codes(field, value if isinstance(value, list) else [str(value)])
    elif isinstance(value, str):
        _check_text(field, value)
    elif number:
        _check_bounds(field, Decimal(str(value)))


def _check_codes(field: Field, codes: Sequence[str]) -> None:
    known = {choice.code for choice in field.choices}
    if not known.issuperset(codes):
        raise _Wrong("请从列表中选择。", "must be chosen from the list.")


def _check_text(field: Field, value: str) -> None:
    if field.type == "date":
        try:
            date.fromisoformat(value)
        except ValueError as error:
            raise _Wrong("请填写日期，例如 2026-03-05。", "needs a date, for example 2026-03-05.") from error
        return
    longest = field.max or (LONG_CHARACTERS if field.type == "long" else TEXT_CHARACTERS)
    if len(value) > longest:
        raise _Wrong(f"最多 {longest} 个字。", f"takes {longest} characters at most.")
    if field.min is not None and len(value) < field.min:
        raise _Wrong(f"至少 {field.min} 个字。", f"needs {field.min} characters at least.")


def _check_bounds(field: Field, value: Decimal) -> None:
    money = field.type == "money"
    if field.min is not None and value < field.min:
        raise _Wrong(f"不能小于 {_shown(field.min, money=money)}。", f"is at least {_shown(field.min, money=money)}.")
    if field.max is not None and value > field.max:
        raise _Wrong(f"不能大于 {_shown(field.max, money=money)}。", f"is at most {_shown(field.max, money=money)}.")
    if money and field.min is None and value < 0:
        raise _Wrong("金额不能是负数。", "cannot be negative.")


def _shown(bound: int, *, money: bool) -> str:
    return f"{Decimal(bound) / 100:.2f}" if money else str(bound)


def _unanswered(field: Field) -> _Wrong:
    if field.type in ("choice", "choices", "yes_no"):
        return _Wrong("请选择。", "must be chosen.")
    return _Wrong("请填写。", "must be filled in.")


def _problem(field: Field, wrong: _Wrong) -> Problem:
    message = Label(zh=f"“{field.label.zh}”{wrong.label.zh}", en=f"“{field.label.en}” {wrong.label.en}")
    return Problem(field=field.key, message=message)
