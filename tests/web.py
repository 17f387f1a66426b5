"""The web application of a test."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar

from referral_hub.hub import Hub
from referral_ui.app import create_app

_made: list[Litestar] = []


def app_of(hub: Hub) -> Litestar:
    """The application, at work on this test's hub.

    Putting its routes together takes longer than most tests, so a test process does that once; nothing of the first
    hub stays in it but the secret that forms are signed with.
    """
    if not _made:
        _made.append(create_app(hub))
    _made[0].state.hub = hub
    return _made[0]


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """Run the application with the real server, in a thread, while the block lasts; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    loop = asyncio.new_event_loop()
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve()), daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/healthz")
        yield address
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(timeout=10)
        loop.close()


def _wait_for(address: str) -> None:
    for _ in range(200):
        try:
            urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not start")
