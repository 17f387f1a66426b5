from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.errors import FieldDamaged, KeysMissing, KeyUnknown
from referral_hub.storage.keys import FileKeys, make_keys, read_keys, rotate_keys


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "keys.json"


@pytest.fixture
def cipher(keys_file: Path) -> FieldCipher:
    return FieldCipher(make_keys(keys_file))


def test_a_text_comes_back_in_its_own_context(cipher: FieldCipher) -> None:
    blob = cipher.encrypt("李小明", "person.name:1")
    assert cipher.decrypt(blob, "person.name:1") == "李小明"
    assert "李小明".encode() not in blob


def test_a_value_moved_to_another_row_cannot_be_read(cipher: FieldCipher) -> None:
    blob = cipher.encrypt("李小明", "person.name:1")
    with pytest.raises(FieldDamaged):
        cipher.decrypt(blob, "person.name:2")


def test_no_single_byte_can_be_changed_unnoticed(cipher: FieldCipher) -> None:
    blob = cipher.encrypt("99999919900101001X", "person.id_number:1")
    for place in range(len(blob)):
        changed = bytearray(blob)
        changed[place] ^= 1
        with pytest.raises((FieldDamaged, KeyUnknown)):
            cipher.decrypt(bytes(changed), "person.id_number:1")


def test_a_value_cut_short_is_refused(cipher: FieldCipher) -> None:
    blob = cipher.encrypt("1", "x")
    for length in range(len(blob)):
        with pytest.raises(FieldDamaged):
            cipher.decrypt(blob[:length], "x")


def test_the_same_text_looks_different_each_time(cipher: FieldCipher) -> None:
    assert cipher.encrypt("a", "x") != cipher.encrypt("a", "x")


def test_json_comes_back(cipher: FieldCipher) -> None:
    value = {"症状": ["失眠"], "分数": 12, "空": None}
    assert cipher.decrypt_json(cipher.encrypt_json(value, "module.document:1"), "module.document:1") == value


def test_the_index_is_equal_for_equal_text_of_one_kind_and_keyed(cipher: FieldCipher, tmp_path: Path) -> None:
    other = FieldCipher(make_keys(tmp_path / "other" / "keys.json"))
    assert cipher.index("13800000000", "phone") == cipher.index("13800000000", "phone")
    assert cipher.index("13800000000", "phone") != cipher.index("13800000000", "id_number")
    assert cipher.index("13800000000", "phone") != other.index("13800000000", "phone")
    assert len(cipher.index("", "phone")) == 32


def test_after_a_rotation_old_values_are_read_and_new_ones_use_the_new_key(
    keys_file: Path, cipher: FieldCipher
) -> None:
    before = cipher.encrypt("旧", "x")
    rotated = FieldCipher(rotate_keys(keys_file))
    after = rotated.encrypt("新", "x")
    assert rotated.decrypt(before, "x") == "旧"
    assert not rotated.is_current(before)
    assert rotated.is_current(after)
    assert rotated.index("1", "phone") == cipher.index("1", "phone")
    with pytest.raises(KeyUnknown, match="k2"):
        cipher.decrypt(after, "x")


def test_a_value_of_another_installation_is_not_read(cipher: FieldCipher, tmp_path: Path) -> None:
    other = FieldCipher(make_keys(tmp_path / "other" / "keys.json"))
    with pytest.raises(FieldDamaged):
        other.decrypt(cipher.encrypt("a", "x"), "x")


def test_existing_keys_are_never_replaced(keys_file: Path) -> None:
    first = make_keys(keys_file)
    assert make_keys(keys_file).index == first.index
    assert keys_file.stat().st_mode & 0o777 == 0o600


def test_missing_keys_are_named(keys_file: Path) -> None:
    for use in (read_keys, rotate_keys):
        with pytest.raises(KeysMissing, match=r"keys\.json"):
            use(keys_file)


class _Plain:
    """Any cipher with the two methods can be plugged in, as an SM4 box would be. This one hides nothing."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        return data + associated_data

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        if not data.endswith(associated_data):
            raise ValueError
        return data.removesuffix(associated_data)


class _OtherProvider:
    def active_key(self) -> str:
        return "sm4-1"

    def key_ids(self) -> frozenset[str]:
        return frozenset({self.active_key()})

    def cipher(self, key_id: str) -> _Plain:
        return _Plain()

    def index_key(self) -> bytes:
        return bytes(32)


def test_another_key_provider_and_cipher_can_be_plugged_in() -> None:
    cipher = FieldCipher(_OtherProvider())
    blob = cipher.encrypt("a", "x")
    assert b"sm4-1" in blob
    assert cipher.decrypt(blob, "x") == "a"
    with pytest.raises(FieldDamaged):
        cipher.decrypt(blob, "y")


VAULT = FieldCipher(FileKeys(active="k1", ciphers={"k1": _Plain()}, index=bytes(32)))  # type: ignore[dict-item]


@given(st.binary(max_size=200))
def test_rubbish_is_refused_as_damaged_and_never_otherwise(blob: bytes) -> None:
    with pytest.raises((FieldDamaged, KeyUnknown)):
        VAULT.decrypt(blob, "x" * 300)


def test_keys_are_kept_as_readable_json(keys_file: Path, cipher: FieldCipher) -> None:
    content = json.loads(keys_file.read_text())
    assert set(content) == {"active", "keys", "index"}
