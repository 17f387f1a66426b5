"""Runs the measurements, prints a table with the limits, writes `build/bench.json`. Exits 1 when a limit is missed."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from tests.bench.calls import call_times
from tests.bench.load import request, run_load
from tests.bench.pages import page_times, statements_per_page
from tests.bench.pgbench import pgbench_rate
from tests.bench.reading import register_times, start_times
from tests.bench.world import BenchWorld, account_id_of, make_bench_world

from referral_hub.access.tokens import create_token
from referral_hub.hub import Hub, open_hub
from referral_hub.settings import Settings
from referral_hub.storage.database import Database
from referral_hub.storage.engine import connect_owner
from referral_hub.storage.keys import make_keys

CLIENTS = 8
LIMITS = {"send_referral.ratio": 0.10, "module_call.median_ms": 1.0, "cli_help.seconds": 0.3}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--sends", type=int, default=2_400, help="sends over HTTP, and by pgbench")
    parser.add_argument("--folder", type=Path, help="data folder; a new one without it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hub bench ") as fresh:
        settings = Settings(data=options.folder or Path(fresh), demo=True)
        make_keys(settings.keys_file)
        database = Database(settings)
        database.prepare()
        hub = open_hub(settings)
        try:
            figures = measure(hub, database, cases=options.cases, sends=options.sends)
        finally:
            hub.close()
            database.close()
    return report(figures)


def measure(hub: Hub, database: Database, *, cases: int, sends: int) -> dict[str, Any]:
    """Every figure by name."""
    say(f"laying out {cases} cases")
    with connect_owner(database.owner_url) as owner:
        world = make_bench_world(hub, owner, cases=cases, drafts=2 * sends + 200)
    figures: dict[str, Any] = {"cases": cases, "clients": CLIENTS, "cores": os.cpu_count()}
    # Everything is measured on the same server, at the same size, one after the other.
    with serving(hub) as port:
        token = _token(hub, world)
        warm, for_http, for_pgbench = world.drafts[:200], world.drafts[200 : 200 + sends], world.drafts[200 + sends :]
        run_load(port, _sends(warm, token))
        say(f"sending {len(for_http)} referrals over HTTP with {CLIENTS} clients")
        sent = run_load(port, _sends(for_http, token))
        if sent.failed:
            raise SystemExit(f"{sent.failed} sends failed")
        figures["send_referral"] = {
            "rate": round(sent.rate, 1),
            "median_ms": round(sent.percentile(0.5), 1),
            "p95_ms": round(sent.percentile(0.95), 1),
        }
        say("the same by pgbench")
        rate = pgbench_rate(database, world, for_pgbench, clients=CLIENTS)
        figures["send_referral"]["pgbench_rate"] = round(rate, 1)
        figures["send_referral"]["ratio"] = round(sent.rate / rate, 3)
        say(f"{sent.rate:.0f} a second over HTTP, {rate:.0f} by pgbench; now pages")
        figures["pages"] = page_times(hub, port, world)
    figures["statements"] = statements_per_page(hub, world)
    say("modules, command line and registers")
    figures |= call_times(hub) | start_times() | register_times()
    return figures


def report(figures: dict[str, Any]) -> int:
    flat = dict(_flat(figures))
    width = max(map(len, flat))
    missed = []
    for name, value in flat.items():
        limit = LIMITS.get(name)
        note = ""
        if limit is not None:
            good = value >= limit if name.endswith("ratio") else value <= limit
            note = f"   limit {limit} {'ok' if good else 'MISSED'}"
            missed += [] if good else [name]
        print(f"{name:<{width}}  {value}{note}")  # noqa: T201 - its purpose
    folder = Path("build")
    folder.mkdir(exist_ok=True)
    (folder / "bench.json").write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2))
    return 1 if missed else 0


@contextmanager
def serving(hub: Hub) -> Iterator[int]:
    """`hub serve` as an office runs it, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"HUB_DATA": str(hub.settings.data), "HUB_DEMO": "1", "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "referral_hub", "serve", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(port, server)
            yield port
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read()[-4000:].decode(errors="replace"))
            raise
        finally:
            server.terminate()
            # It finishes the deliveries it has begun; thousands are due after the sends.
            server.wait(120)


def say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)  # noqa: T201 - progress


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit("the server ended at once")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not answer within 30 seconds")


def _token(hub: Hub, world: BenchWorld) -> str:
    at = hub.clock.now()
    with hub.transaction(world.worker) as session:
        return create_token(
            session,
            account_id=account_id_of(world.worker),
            name="bench",
            scope=("read", "write"),
            ends_at=at.replace(year=at.year + 1),
            by=world.worker,
            at=at,
        )


def _sends(drafts: list[Any], token: str) -> list[list[bytes]]:
    headers = {"authorization": f"Bearer {token}"}
    requests = [request("POST", f"/api/v1/referrals/{draft}/send", headers) for draft in drafts]
    return [requests[client::CLIENTS] for client in range(CLIENTS)]


def _flat(figures: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


if __name__ == "__main__":
    sys.exit(main())
