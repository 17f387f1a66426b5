"""机构自己的系统（示例）：a provider's own case system, as small as it can be, to try the bridge against.

    python partner_system.py 8701 secret-token

It keeps referrals and a numbered list of news in memory. POST /referrals takes one; the same id again is the same
referral. POST /referrals/ID/withdraw deletes what is known of it. GET /news?after=N tells what is newer than N.
GET /referrals shows what has come. POST /news lets you play the provider's staff: {"referral": ID, "kind": "accepted"}.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class PartnerSystem:
    """The system's records, and the server that opens them to whoever has the token."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.token = token
        self.referrals: dict[str, dict[str, Any]] = {}
        self.withdrawn: set[str] = set()
        self.news: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Answer, in threads of its own, until `stop`. Port 0 takes any that is free."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def take(self, referral: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            # A withdrawal may overtake the referral it withdraws.
            if referral["id"] not in self.withdrawn:
                self.referrals[referral["id"]] = referral
        return {}

    def all_referrals(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self.referrals.values())

    def withdraw(self, referral_id: str) -> dict[str, Any]:
        with self._lock:
            self.withdrawn.add(referral_id)
            self.referrals.pop(referral_id, None)
        return {"deleted": True}

    def tell(self, **piece: Any) -> dict[str, Any]:
        """One more piece of news."""
        with self._lock:
            self.news.append({"number": len(self.news) + 1, **piece})
        return {}

    def news_after(self, number: int) -> list[dict[str, Any]]:
        with self._lock:
            return [piece for piece in self.news if piece["number"] > number][:100]

    def answer(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to one request; None where there is no such place."""
        parts = urlsplit(path)
        match method, parts.path.strip("/").split("/"):
            case "GET", ["referrals"]:
                return {"referrals": self.all_referrals()}
            case "POST", ["referrals"]:
                return self.take(body)
            case "POST", ["referrals", referral_id, "withdraw"]:
                return self.withdraw(referral_id)
            case "POST", ["news"]:
                return self.tell(**body)
            case "GET", ["news"]:
                return {"news": self.news_after(int(parse_qs(parts.query).get("after", ["0"])[0]))}
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        system = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._serve("GET")

            def do_POST(self) -> None:
                self._serve("POST")

            def log_message(self, *_: object) -> None:
                """Paths hold ids; they belong in no log."""

            def _serve(self, method: str) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                reply: dict[str, Any] | None
                if self.headers.get("Authorization") != f"Bearer {system.token}":
                    status, reply = 401, {}
                else:
                    reply = system.answer(method, self.path, json.loads(text or b"{}"))
                    status = 404 if reply is None else 200
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(reply or {}).encode())

        return Handler


if __name__ == "__main__":
    system = PartnerSystem(int(sys.argv[1]), sys.argv[2])
    system.start()
    threading.Event().wait()
