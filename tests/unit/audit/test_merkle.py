from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from referral_hub.audit.merkle import EMPTY, leaf, pack, root, unpack

hashes = st.binary(min_size=32, max_size=32)


@given(leaves=st.lists(hashes, min_size=1, max_size=40, unique=True), data=st.data())
def test_a_root_changes_when_any_leaf_is_changed_added_taken_away_or_moved(
    leaves: list[bytes], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(hashes.filter(lambda value: value not in leaves))
    whole = root(leaves)
    assert root([*leaves[:at], other, *leaves[at + 1 :]]) != whole
    assert root([*leaves[:at], other, *leaves[at:]]) != whole
    assert root([*leaves[:at], *leaves[at + 1 :]]) != whole
    if len(leaves) > 1:
        assert root([*leaves[1:], leaves[0]]) != whole


def test_a_root_over_nothing_is_known() -> None:
    assert root([]) == EMPTY


@given(leaves=st.lists(st.tuples(st.integers(0, 2**63 - 1), hashes), max_size=20))
def test_packed_leaves_come_out_as_they_went_in(leaves: list[tuple[int, bytes]]) -> None:
    assert unpack(pack(leaves)) == leaves
    assert unpack(pack(leaves) + b"torn") == leaves


def test_the_hash_of_a_record_does_not_depend_on_time_zone_or_order_of_keys() -> None:
    at = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    shanghai = at.astimezone(timezone(timedelta(hours=8)))
    assert leaf([1, at, {"a": 1, "b": [2]}]) == leaf([1, shanghai, {"b": [2], "a": 1}])
    assert leaf([1, at, {"a": 1}]) != leaf([1, at, {"a": "1"}])
    assert leaf([1, None, "x"]) != leaf([1, "x", None])
