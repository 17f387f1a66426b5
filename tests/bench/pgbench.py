"""The same job in the fewest statements, by the database's own load tool."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from uuid import UUID

from tests.bench.world import BenchWorld

from referral_hub.storage.database import Database
from referral_hub.storage.engine import connect_owner, libpq_parts
from referral_hub.storage.programs import programs

SCRIPT = Path(__file__).with_name("send_referral.sql")
_RATE = re.compile(r"tps = ([0-9.]+) \(without")
_LIBPQ = {"user": "PGUSER", "password": "PGPASSWORD", "host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE"}


def pgbench_rate(database: Database, world: BenchWorld, drafts: list[UUID], *, clients: int) -> float:
    """Transactions a second of `pgbench -M prepared` over these drafts, as the application role."""
    chunk = len(drafts) // clients
    with connect_owner(database.owner_url) as owner:
        owner.execute("DROP TABLE IF EXISTS bench_draft")
        owner.execute("CREATE TABLE bench_draft (n int PRIMARY KEY, draft_id uuid)")
        owner.execute(
            "INSERT INTO bench_draft SELECT n, id FROM unnest(%s::uuid[]) WITH ORDINALITY AS x(id, n)", [drafts]
        )
        owner.execute("GRANT SELECT ON bench_draft TO referral_hub_app")
        owner.execute("ANALYZE bench_draft")
    # The engine hides its password; the roles' file has it.
    parts = libpq_parts(database.app_url())
    environment = os.environ | {_LIBPQ[name]: value for name, value in parts.items() if name in _LIBPQ}
    run = subprocess.run(
        [
            str(programs() / "pgbench"), "-n", "-M", "prepared", "-f", str(SCRIPT), "-c", str(clients), "-j", "2",
            "-t", str(chunk - 1), "-D", "i=0", "-D", f"chunk={chunk}", "-D", f"worker_id={world.worker.account_id}",
            "-D", f"office_id={world.worker.organisation_id}",
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    found = _RATE.search(run.stdout)
    if run.returncode or found is None:
        raise SystemExit(f"pgbench failed: {run.stderr or run.stdout}")
    return float(found[1])
