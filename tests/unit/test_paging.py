"""Lists in pages: nothing is left out or shown twice, and nonsense in an address is the first page."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from referral_hub.paging import read_key, take


@given(some.lists(some.integers(min_value=0, max_value=2**63 - 1), unique=True), some.integers(1, 7))
def test_a_list_read_page_by_page_is_the_whole_list(numbers: list[int], limit: int) -> None:
    numbers.sort()
    seen: list[int] = []
    after: str | None = None
    while True:
        key = read_key(after, int)
        rows = [number for number in numbers if key is None or number > key[0]][: limit + 1]
        page = take(rows, limit, lambda number: (number,))
        seen += page.lines
        after = page.next
        if after is None:
            break
    assert seen == numbers


@given(
    some.datetimes(timezones=some.just(UTC)),
    some.dates(),
    some.uuids(),
    some.text(some.characters(exclude_characters="\0", codec="utf-8"), min_size=1),
)
def test_a_key_reads_back_as_what_was_written(at: datetime, on: date, key: UUID, words: str) -> None:
    def written(*values: object) -> str | None:
        return take([0, 1], 1, lambda _: values).next

    assert read_key(written(at, key), datetime, UUID) == (at, key)
    assert read_key(written(on, key), date, UUID) == (on, key)
    assert read_key(written(words), str) == (words,)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (None, (UUID,)),
        ("", (str,)),
        ("x", (UUID,)),
        ("-1", (int,)),
        (str(2**63), (int,)),
        ("login\0", (str,)),
        ("2026-03-05", (datetime,)),
        ("2026-03-05T10:00:00~x", (datetime, UUID)),
        ("2026-03-05T10:00:00~00000000-0000-7000-8000-000000000001", (datetime, UUID)),
        ("2026-03-05", (date, UUID)),
    ],
)
def test_a_key_typed_by_hand_is_the_first_page(text: str | None, kinds: tuple[Any, ...]) -> None:
    assert read_key(text, *kinds) is None
