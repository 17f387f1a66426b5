"""Whether the keys here are those that the database was written with.

The database keeps a probe of each key: a word that only that key opens, and one value of the blind index. Keys that do
not fit are refused at the start, before anything is written that the right keys could never read.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.errors import FieldDamaged, KeysDoNotFit, KeyUnknown
from referral_hub.tables.jobs import KeyProbe

_WORD = "referral-hub"
_CONTEXT = "key_probe.probe"
_INDEX = "index"
_TABLE = sql.Identifier(str(KeyProbe.__tablename__))
_READ = sql.SQL("SELECT key, probe FROM {}").format(_TABLE)
_KEEP = sql.SQL("INSERT INTO {} (key, probe) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING").format(_TABLE)


def check_keys(connection: psycopg.Connection, cipher: FieldCipher) -> None:
    """Try every probe. Raises `KeysDoNotFit` with the keys whose probes stay closed."""
    strange = [name for name, probe in _probes(connection).items() if not _fits(cipher, name, probe)]
    if strange:
        raise KeysDoNotFit(keys=", ".join(sorted(strange)))


def record_keys(connection: psycopg.Connection, cipher: FieldCipher) -> None:
    """Check the keys, then keep a probe of each that has none: of all in a new database, of one after a rotation."""
    with connection.transaction():
        check_keys(connection, cipher)
        for name in {*cipher.key_ids(), _INDEX} - set(_probes(connection)):
            probe = cipher.index(_WORD, _CONTEXT) if name == _INDEX else cipher.encrypt(_WORD, _CONTEXT, key_id=name)
            connection.execute(_KEEP, [name, probe])
        # Another process may have been first, with a key of its own under the same name.
        check_keys(connection, cipher)


def _probes(connection: psycopg.Connection) -> dict[str, bytes]:
    return {name: bytes(probe) for name, probe in connection.execute(_READ).fetchall()}


def _fits(cipher: FieldCipher, name: str, probe: bytes) -> bool:
    if name == _INDEX:
        return cipher.index(_WORD, _CONTEXT) == probe
    try:
        return cipher.decrypt(probe, _CONTEXT) == _WORD
    except (FieldDamaged, KeyUnknown):
        return False
