"""The mark of a restore that is under way. While it is there, nobody may work with what has come so far."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from referral_hub.settings import Settings
from referral_hub.storage.errors import FileDamaged, RestoreUnfinished
from referral_hub.storage.files import read_json, write_json

_MARK = "restoring.json"


class Restoring(msgspec.Struct, frozen=True):
    """Which file is restored into which database (no account and no password in its address)."""

    source: str
    address: str


@contextmanager
def restoring(settings: Settings, what: Restoring) -> Iterator[None]:
    """Mark the installation while the block lasts; the mark stays when the block ends early."""
    write_json(settings.data / _MARK, msgspec.to_builtins(what))
    yield
    (settings.data / _MARK).unlink()


def unfinished_restore(settings: Settings) -> Restoring | None:
    """The restore that was begun and not ended. Raises `FileDamaged`."""
    path = settings.data / _MARK
    try:
        return msgspec.convert(read_json(path), Restoring) if path.exists() else None
    except msgspec.ValidationError as error:
        raise FileDamaged(path=path) from error


def refuse_half_restored(settings: Settings) -> None:
    """Raise `RestoreUnfinished` while the mark is there."""
    found = unfinished_restore(settings)
    if found is not None:
        raise RestoreUnfinished(source=found.source)
