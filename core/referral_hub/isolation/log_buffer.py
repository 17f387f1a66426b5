"""The last bytes a module printed, however much it printed."""

from __future__ import annotations

import os

_CHUNK = 64 * 1024


class LogBuffer:
    """Keeps the last `size` bytes."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._bytes = bytearray()

    def read_from(self, descriptor: int) -> int | None:
        """Take what a non-blocking descriptor holds, one chunk at most; how many bytes, 0 at its end, None for none."""
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return None
        self._bytes += chunk
        if len(self._bytes) > self._size:
            del self._bytes[: len(self._bytes) - self._size]
        return len(chunk)

    def text(self) -> str:
        return self._bytes.decode("utf-8", errors="replace")
