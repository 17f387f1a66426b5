"""What every process of a served hub does first: write its log where it belongs, and never outlive its parent."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import signal
import sys
import threading
import time

import structlog

from referral_hub.settings import Settings

# Set by `hub serve` for the worker processes it starts.
PARENT = "HUB_PARENT"
_LOOK_EVERY_SECONDS = 1.0


def begin_process(settings: Settings) -> None:
    """Configure the log; in a worker of `hub serve`, watch the parent as well, and leave at once at the end."""
    configure_log(settings)
    if parent := os.environ.get(PARENT):
        atexit.register(_leave)
        threading.Thread(target=_end_with, args=[int(parent)], name="parent-watch", daemon=True).start()


def configure_log(settings: Settings) -> None:
    """One line an event, to standard error: words for a person at a terminal, JSON for a program that collects them.

    `HUB_LOG` is the least level that is written. What is logged never holds a client's data.
    """
    level = logging.getLevelNamesMapping()[settings.log.upper()]
    shown: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=False) if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # A job still at work when its next turn comes is no news: it says so at every tick.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _leave() -> None:
    """End here, where everything is closed and Python would begin to take itself apart.

    Before 3.14 Python then ends every other thread that wants to run; the server's threads, which are not Python's,
    abort the process over it and write a panic into the terminal of whoever pressed Ctrl+C.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)


def _end_with(parent: int) -> None:
    """End this process, in good order, once `parent` is gone: a killed server must not leave its port taken."""
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
