from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.storage.errors import FieldDamaged, KeysMissing, KeyUnknown
from referral_hub.storage.keys import FileKeys, make_keys, read_keys, rotate_keys
from referral_hub.storage.vault import Vault


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "keys.json"


@pytest.fixture
def vault(keys_file: Path) -> Vault:
    return Vault(make_keys(keys_file))


def test_a_text_comes_back_in_its_own_context(vault: Vault) -> None:
    blob = vault.encrypt("李小明", "person.name:1")
    assert vault.decrypt(blob, "person.name:1") == "李小明"
    assert "李小明".encode() not in blob


def test_a_value_moved_to_another_row_cannot_be_read(vault: Vault) -> None:
    blob = vault.encrypt("李小明", "person.name:1")
    with pytest.raises(FieldDamaged):
        vault.decrypt(blob, "person.name:2")


def test_no_single_byte_can_be_changed_unnoticed(vault: Vault) -> None:
    blob = vault.encrypt("99999919900101001X", "person.id_number:1")
    for place in range(len(blob)):
        changed = bytearray(blob)
        changed[place] ^= 1
        with pytest.raises((FieldDamaged, KeyUnknown)):
            vault.decrypt(bytes(changed), "person.id_number:1")


def test_a_value_cut_short_is_refused(vault: Vault) -> None:
    blob = vault.encrypt("1", "x")
    for length in range(len(blob)):
        with pytest.raises(FieldDamaged):
            vault.decrypt(blob[:length], "x")


def test_the_same_text_looks_different_each_time(vault: Vault) -> None:
    assert vault.encrypt("a", "x") != vault.encrypt("a", "x")


def test_json_comes_back(vault: Vault) -> None:
    value = {"症状": ["失眠"], "分数": 12, "空": None}
    assert vault.decrypt_json(vault.encrypt_json(value, "module.document:1"), "module.document:1") == value


def test_the_index_is_equal_for_equal_text_of_one_kind_and_keyed(vault: Vault, tmp_path: Path) -> None:
    other = Vault(make_keys(tmp_path / "other" / "keys.json"))
    assert vault.index("13800000000", "phone") == vault.index("13800000000", "phone")
    assert vault.index("13800000000", "phone") != vault.index("13800000000", "id_number")
    assert vault.index("13800000000", "phone") != other.index("13800000000", "phone")
    assert len(vault.index("", "phone")) == 32


def test_after_a_rotation_old_values_are_read_and_new_ones_use_the_new_key(keys_file: Path, vault: Vault) -> None:
    before = vault.encrypt("旧", "x")
    rotated = Vault(rotate_keys(keys_file))
    after = rotated.encrypt("新", "x")
    assert rotated.decrypt(before, "x") == "旧"
    assert not rotated.is_current(before)
    assert rotated.is_current(after)
    assert rotated.index("1", "phone") == vault.index("1", "phone")
    with pytest.raises(KeyUnknown, match="k2"):
        vault.decrypt(after, "x")


def test_a_value_of_another_installation_is_not_read(vault: Vault, tmp_path: Path) -> None:
    other = Vault(make_keys(tmp_path / "other" / "keys.json"))
    with pytest.raises(FieldDamaged):
        other.decrypt(vault.encrypt("a", "x"), "x")


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

    def cipher(self, key_id: str) -> _Plain:
        return _Plain()

    def index_key(self) -> bytes:
        return bytes(32)


def test_another_key_provider_and_cipher_can_be_plugged_in() -> None:
    vault = Vault(_OtherProvider())
    blob = vault.encrypt("a", "x")
    assert b"sm4-1" in blob
    assert vault.decrypt(blob, "x") == "a"
    with pytest.raises(FieldDamaged):
        vault.decrypt(blob, "y")


VAULT = Vault(FileKeys(active="k1", ciphers={"k1": _Plain()}, index=bytes(32)))  # type: ignore[dict-item]


@given(st.binary(max_size=200))
def test_rubbish_is_refused_as_damaged_and_never_otherwise(blob: bytes) -> None:
    with pytest.raises((FieldDamaged, KeyUnknown)):
        VAULT.decrypt(blob, "x" * 300)


def test_keys_are_kept_as_readable_json(keys_file: Path, vault: Vault) -> None:
    content = json.loads(keys_file.read_text())
    assert set(content) == {"active", "keys", "index"}
