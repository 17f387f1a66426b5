"""The last bytes a module printed, however much it printed."""

from __future__ import annotations

import os

_CHUNK = 64 * 1024


class Ring:
    """Keeps the last `size` bytes."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._bytes = bytearray()

    def read_from(self, descriptor: int) -> bool:
        """Take what a non-blocking descriptor holds, one chunk at most; False at its end."""
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return True
        self._bytes += chunk
        if len(self._bytes) > self._size:
            del self._bytes[: len(self._bytes) - self._size]
        return bool(chunk)

    def text(self) -> str:
        return self._bytes.decode("utf-8", errors="replace")
