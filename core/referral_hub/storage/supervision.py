"""Keeps the embedded server at work while a hub serves: starts it again when it has ended, and keeps its log short.

Only processes that end are noticed here. A server that is there and does not answer is left to the time limits of
`engine`: ending it would end the work of everyone else.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable

import psycopg
import structlog

from referral_hub.errors import HubError
from referral_hub.storage.embedded import EmbeddedServer
from referral_hub.storage.errors import EmbeddedServerFailed

log = structlog.get_logger("hub.database")

PATIENCE_SECONDS = 300.0
"""How long a server is tried to be started again before the hub gives up and ends."""
LOG_BYTES = 10_000_000
"""Beyond this the server's log becomes `server.log.1`, in the place of the one before it."""
_LOOK_EVERY_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 15.0


class Supervisor:
    """Watches `server` in a thread of its own; `give_up` is called once, when it could not be started again."""

    def __init__(self, server: EmbeddedServer, give_up: Callable[[HubError], None], *, patience: float) -> None:
        self._server = server
        self._give_up = give_up
        self._patience = patience
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="database-supervisor", daemon=True)

    def start(self) -> None:
        """Begin to watch, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more; waits for a start that is under way. Safe to call twice."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_SECONDS):
            shorten_log(self._server)
            if not self._server.is_running() and not self._revive():
                return

    def _revive(self) -> bool:
        """Start the server again, trying for as long as patience lasts; whether it runs, or nobody needs it now."""
        since = time.monotonic()
        pause = _LOOK_EVERY_SECONDS
        log.error("database ended")
        while True:
            try:
                self._server.start()
            except (HubError, OSError, psycopg.Error) as error:
                failure = error if isinstance(error, HubError) else _named(self._server, error)
                log.error("database did not start", reason=failure.label.en)  # noqa: TRY400 - the reason is all
            else:
                log.warning("database started again", seconds=round(time.monotonic() - since, 1))
                return True
            if time.monotonic() - since > self._patience:
                self._give_up(failure)
                return False
            if self._ended.wait(pause):
                return True
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def shorten_log(server: EmbeddedServer) -> None:
    """Put a long log aside. The server appends to the file that it has open, so that file is emptied, not moved."""
    try:
        if server.log.stat().st_size > LOG_BYTES:
            shutil.copyfile(server.log, server.log.with_suffix(".log.1"))
            os.truncate(server.log, 0)
    except OSError:
        # A full disk or a closed folder: whoever can do something about it hears of it elsewhere.
        return


def _named(server: EmbeddedServer, error: OSError | psycopg.Error) -> EmbeddedServerFailed:
    reason = f"{error.strerror} ({error.filename})" if isinstance(error, OSError) else str(error).strip()
    return EmbeddedServerFailed(reason=reason, log=server.log)
