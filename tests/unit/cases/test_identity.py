"""Identity numbers and telephone numbers. Every number here is made up: the place 999999 does not exist."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.codes.identity import (
    IdNumber,
    check_character,
    check_id_number,
    check_phone,
    read_id_number,
    read_phone,
)
from referral_hub.errors import Invalid
from referral_hub.text import ValidationIssue, mask, mask_number

TODAY = date(2026, 3, 5)


def made_up(place: str = "999999", born: str = "19900307", sequence: str = "123") -> str:
    body = place + born + sequence
    return body + check_character(body)


def check(text: str, demo: bool = True) -> IdNumber | ValidationIssue:
    return check_id_number(text, today=TODAY, demo=demo)


def test_the_worked_example_of_the_standard_passes() -> None:
    assert check_character("11010519491231002") == "X"  # GB 11643-1999, appendix A
    assert check_character("44052418800101001") == "4"


@given(born=st.dates(date(1900, 1, 1), TODAY), place=st.integers(100000, 999999), sequence=st.integers(0, 999))
def test_any_place_any_date_and_any_sequence_with_its_check_character_is_taken(
    born: date, place: int, sequence: int
) -> None:
    number = made_up(str(place), born.strftime("%Y%m%d"), f"{sequence:03}")
    checked = check(number)
    assert isinstance(checked, IdNumber)
    assert (checked.birth_date, checked.birth_year) == (born, born.year)
    assert checked.sex == ("1" if sequence % 2 else "2")


@given(position=st.integers(0, 16), step=st.integers(1, 9))
def test_one_wrong_digit_is_always_found(position: int, step: int) -> None:
    number = made_up()
    wrong = (int(number[position]) + step) % 10
    assert isinstance(check(number[:position] + str(wrong) + number[position + 1 :]), ValidationIssue)


@pytest.mark.parametrize("place", ["330113", "330114", "110229", "659012", "810000"])
def test_places_new_and_abolished_are_never_a_reason_to_reject(place: str) -> None:
    assert isinstance(check(made_up(place), demo=False), IdNumber)


def test_the_made_up_place_is_for_demonstrations_only() -> None:
    refused = check(made_up(), demo=False)
    assert isinstance(refused, ValidationIssue)
    assert "演示" in refused.reason.zh


def test_stray_spaces_full_width_digits_apostrophes_and_any_kind_of_x_are_cleaned() -> None:
    number = next(n for n in (made_up(sequence=f"{i:03}") for i in range(1000)) if n.endswith("X"))
    full_width = "".join(chr(ord(c) + 0xFEE0) for c in number)
    spaced = f"\u3000{number[:6]} {number[6:14]}\u00a0{number[14:]}\u200b"
    for typed in (number.lower(), full_width, full_width.lower(), spaced, f"'{number}", f"‘{number}"):
        checked = check(typed)
        assert isinstance(checked, IdNumber), typed
        assert checked.text == number


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("9.99999E+17", "数字"),
        ("9.99999199003071E+17", "数字"),
        ("999999900307123", "15位"),
        ("99999919900307", "14位"),
        ("99999919900307123A", "末位可以是X"),
        (made_up(born="19900231"), "出生日期"),
        (made_up(born="20990101"), "出生日期"),
        (made_up(born="18991231"), "出生日期"),
        ("", "0位"),
    ],
)
def test_each_kind_of_error_is_named(typed: str, told: str) -> None:
    mistake = check(typed)
    assert isinstance(mistake, ValidationIssue)
    assert told in mistake.reason.zh
    assert all((mistake.fix.zh, mistake.fix.en, mistake.reason.en))


def test_a_form_is_reported_at_its_field_and_never_shown_the_number_again() -> None:
    with pytest.raises(Invalid) as refused:
        read_id_number("99999919900307", today=TODAY)
    assert refused.value.field == "id_number"
    assert "99999919900307" not in refused.value.label.zh
    with pytest.raises(Invalid) as refused:
        read_phone("12")
    assert refused.value.field == "phone"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("13800000000", "13800000000"),
        ("138 0000 0000", "13800000000"),
        ("138-0000-0000", "13800000000"),
        ("+86 13800000000", "13800000000"),
        ("0086-13800000000", "13800000000"),
        ("86138 0000 0000", "13800000000"),
        ("１３８００００００００", "13800000000"),
        ("'13800000000", "13800000000"),
        ("0571-87654321", "057187654321"),
        ("(010) 8765 4321", "01087654321"),
        ("（0571）8765432", "05718765432"),
        ("87654321", "87654321"),
        ("400-800-1234", "4008001234"),
    ],
)
def test_telephone_numbers_are_read_as_people_write_them(typed: str, read: str) -> None:
    assert check_phone(typed) == read


@pytest.mark.parametrize("typed", ["", "1380000000", "138000000001", "12800000000", "无", "1.38E+10", "1.380000E+10"])
def test_what_is_no_telephone_number_is_reported(typed: str) -> None:
    assert isinstance(check_phone(typed), ValidationIssue)


def test_masks_show_the_ends_only() -> None:
    assert mask_number("99999919900307002X") == "999***********002X"
    assert mask_number("13800001234") == "138****1234"
    assert mask_number("87654321") == "8******1"
    assert mask_number("12") == "**"
    assert mask("电话 138 0000 1234，2026-03-05") == "电话 138******1234，2026-03-05"
