from __future__ import annotations

import hashlib
import hmac

from referral_hub.ids import new_id
from referral_hub.registry.pseudonyms import pseudonym


class Keyed:
    def __init__(self, key: bytes) -> None:
        self._key = key

    def index(self, text: str, kind: str) -> bytes:
        return hmac.new(self._key, f"{kind}\0{text}".encode(), hashlib.sha256).digest()


def test_two_modules_know_one_referral_by_different_names() -> None:
    keyed, record = Keyed(b"key"), new_id()
    assert pseudonym(keyed, "living", record) != pseudonym(keyed, "house", record)


def test_one_module_knows_it_by_the_same_name_each_time() -> None:
    keyed, record = Keyed(b"key"), new_id()
    assert pseudonym(keyed, "house", record) == pseudonym(keyed, "house", record)
    assert len(pseudonym(keyed, "house", record)) == 24


def test_without_the_key_the_name_says_nothing() -> None:
    record = new_id()
    assert pseudonym(Keyed(b"one"), "house", record) != pseudonym(Keyed(b"other"), "house", record)
