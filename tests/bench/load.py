"""Load from this machine to itself: so many keep-alive clients, each sending its own requests one after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import msgspec


class Load(msgspec.Struct, frozen=True):
    """What came of it. `seconds` for all; `times` of each request in milliseconds."""

    requests: int
    failed: int
    seconds: float
    times: list[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return (self.requests - self.failed) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds within which that share of the requests was answered."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def run_load(port: int, requests: Sequence[Sequence[bytes]]) -> Load:
    """Send each client's requests one after the other, all clients at once, to the loopback address."""
    return asyncio.run(_run(port, requests))


async def _run(port: int, requests: Sequence[Sequence[bytes]]) -> Load:
    times: list[float] = []
    failed = 0
    started = time.perf_counter()
    for bad in await asyncio.gather(*(_client(port, own, times) for own in requests)):
        failed += bad
    seconds = time.perf_counter() - started
    return Load(requests=sum(map(len, requests)), failed=failed, seconds=seconds, times=times)


async def _client(port: int, requests: Sequence[bytes], times: list[float]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    failed = 0
    for request in requests:
        begun = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        await reader.readexactly(int(length.split(b":")[1]))
        times.append((time.perf_counter() - begun) * 1000)
        failed += not head.startswith(b"HTTP/1.1 2")
    writer.close()
    await writer.wait_closed()
    return failed


def request(method: str, path: str, headers: dict[str, str]) -> bytes:
    """One request without a body, ready to be written to a socket."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if method == "POST":
        lines.append("content-length: 0")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
