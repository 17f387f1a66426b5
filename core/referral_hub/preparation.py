"""What a process makes ready while it still has one thread.

msgspec works out a type at the first value that is read into it, and does not lock: two threads at the first value of
one type can end the process by a segmentation fault. So every type is worked out before the threads come.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from weakref import WeakSet

import msgspec

_prepared: WeakSet[type[msgspec.Struct]] = WeakSet()
_lock = threading.Lock()


def prepare_types() -> None:
    """Work out every struct that is imported by now. Again after more were made, only those."""
    with _lock:
        for struct in set(_structs(msgspec.Struct)) - set(_prepared):
            # A struct that msgspec cannot work out, as one that holds a function, is never read from anything.
            with suppress(TypeError, NameError):
                msgspec.json.Decoder(struct)
            _prepared.add(struct)


def _structs(parent: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for child in parent.__subclasses__():
        yield child
        yield from _structs(child)
