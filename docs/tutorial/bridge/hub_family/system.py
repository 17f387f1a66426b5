"""Talking to the provider's system: JSON over HTTP, one request at a time, never longer than the hub waits."""

from __future__ import annotations

import http.client
import json
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from referral_hub.api import ServiceEvent, Settings

SECONDS = 4.0
"""Below the hub's own ten seconds, so that a slow system is an error with a name and not a worker that was ended."""


class SystemRefused(Exception):
    """The system answered, but not with success. Its status is reported, never what was sent."""


def is_address(text: object) -> bool:
    try:
        parts = urlsplit(str(text))
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port is not None
    except ValueError:
        return False


def ask(settings: Settings, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One request and its JSON answer. Raises OSError where nobody answers, SystemRefused for a refusal."""
    parts = urlsplit(settings["address"])
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=SECONDS)
    try:
        headers = {"Authorization": f"Bearer {settings['token']}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        text = response.read()
        if not 200 <= response.status < 300:
            raise SystemRefused(f"{method} was answered {response.status}")
        reply: dict[str, Any] = json.loads(text)
        return reply
    finally:
        connection.close()


def event(piece: dict[str, Any]) -> ServiceEvent:
    return ServiceEvent(on=date.fromisoformat(piece["on"]), unit="session")
