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
from typing import Any

import structlog

from referral_hub.settings import Settings

# Set by `hub serve` for the worker processes it starts.
PARENT = "HUB_PARENT"
_LOOK_EVERY_SECONDS = 1.0
_BEFORE: tuple[structlog.typing.Processor, ...] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
)

SERVER_LOG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"hub": {"()": "referral_hub.process.log_formatter"}},
    "handlers": {"hub": {"formatter": "hub", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"}},
    "loggers": {
        "_granian": {"handlers": ["hub"], "level": "WARNING", "propagate": False},
        "granian.access": {"handlers": ["hub"], "level": "WARNING", "propagate": False},
    },
}
"""The web server's own log, in the form of the hub's."""


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
    structlog.configure(
        processors=[*_BEFORE, structlog.processors.format_exc_info, _shown()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # What libraries log through Python's own logging has the same form.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(log_formatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    # A job still at work when its next turn comes is no news: it says so at every tick.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def log_formatter() -> logging.Formatter:
    """Python's own logging, one line an event as the hub's."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_BEFORE, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _shown(),
        ],
    )


def _shown() -> structlog.typing.Processor:
    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer(colors=False)
    return structlog.processors.JSONRenderer()


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
