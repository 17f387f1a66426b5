"""Sealing under concurrent writers, and what verification finds."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import URL
from tests.world import World

from referral_hub.actor import system_actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.sealing import Broken, Verification, seal_entries, verify
from referral_hub.audit.subjects import AuditSubject
from referral_hub.hub import Hub
from referral_hub.storage.engine import libpq_parts
from referral_hub.storage.programs import programs


def write(hub: Hub, number: int = 1) -> None:
    with hub.transaction(system_actor()) as session:
        for at in range(number):
            record_audit_entry(
                session, "case.read", about=AuditSubject("case"), by=system_actor(), at=hub.clock.now(),
                details={"number": at, "share": 0.5, "名": ["甲", "乙"]},
            )  # fmt: skip


def give_up(hub: Hub) -> None:
    """Write a record and undo it: its number is never used."""
    with hub.transaction(system_actor()) as session:
        record_audit_entry(session, "case.read", about=AuditSubject("case"), by=system_actor(), at=hub.clock.now())
        session.rollback()


def seal(hub: Hub, **values: float) -> int:
    with hub.transaction(system_actor()) as session:
        return seal_entries(session, at=hub.clock.now(), **values)  # type: ignore[arg-type]


def verified(hub: Hub, expected: str | None = None) -> Verification:
    with hub.transaction(system_actor()) as session:
        return verify(session, expected=expected)


def test_batches_are_sealed_and_verified_and_an_empty_record_is_intact(hub: Hub) -> None:
    assert verified(hub) == Verification(seals=0, sealed=0, unsealed=0, head=None, broken=None)
    assert seal(hub) == 0
    write(hub, 25)
    assert [seal(hub, batch=10) for _ in range(4)] == [10, 10, 5, 0]
    write(hub, 2)
    found = verified(hub)
    assert (found.seals, found.sealed, found.unsealed, found.intact) == (3, 25, 2, True)
    assert verified(hub, found.head).intact
    seal(hub)
    assert verified(hub, found.head).intact


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE audit_entry SET action = 'case.open' WHERE seq = 7", Broken("altered", 1, 7)),
        ("UPDATE audit_entry SET details = '{}' WHERE seq = 13", Broken("altered", 2, 13)),
        ("UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE seq = 1", Broken("altered", 1, 1)),
        ("DELETE FROM audit_entry WHERE seq = 15", Broken("missing", 2, 15)),
        ("UPDATE audit_entry SET seq = DEFAULT WHERE seq = 20", Broken("missing", 2, 20)),
        ("UPDATE seal SET root = sha256('x') WHERE number = 2", Broken("seal", 2)),
        ("UPDATE seal SET leaves = substr(leaves, 41) WHERE number = 1", Broken("seal", 1)),
        ("UPDATE seal SET sealed_at = sealed_at - interval '1 day' WHERE number = 2", Broken("seal", 2)),
        ("DELETE FROM seal WHERE number = 1", Broken("seal", 1)),
    ],
)
def test_any_change_is_found_and_named(hub: Hub, owner: psycopg.Connection, tampering: str, broken: Broken) -> None:
    write(hub, 25)
    for _ in range(3):
        seal(hub, batch=10)
    owner.execute(tampering)
    assert verified(hub).broken == broken


def test_a_record_slipped_into_a_sealed_gap_is_found(hub: Hub, owner: psycopg.Connection) -> None:
    write(hub, 3)
    give_up(hub)
    write(hub, 3)
    assert seal(hub) == 6
    assert verified(hub).intact
    owner.execute(
        "INSERT INTO audit_entry OVERRIDING SYSTEM VALUE (SELECT 4, at, action, account_id, organisation_id, role, via,"
        " subject, subject_id, case_id, case_ids, office_id, referral_id, recipient_id, reason, details"
        " FROM audit_entry LIMIT 1)"
    )
    assert verified(hub).broken == Broken("added", 1, 4)


def test_a_tail_rewritten_as_a_whole_is_found_by_a_head_noted_elsewhere(hub: Hub, owner: psycopg.Connection) -> None:
    write(hub, 20)
    seal(hub, batch=10)
    seal(hub, batch=10)
    noted = verified(hub).head
    owner.execute("DELETE FROM seal WHERE number = 2")
    owner.execute("DELETE FROM audit_entry WHERE seq > 15")
    seal(hub)
    assert verified(hub).intact
    assert verified(hub, noted).broken == Broken("expected", 2)


def test_a_writer_that_is_late_keeps_the_seal_waiting_and_is_never_missed(hub: Hub) -> None:
    """A number is taken before its row can be seen: sealing past it would make the row look slipped in."""
    write(hub, 2)
    begun, may_end = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with hub.transaction(system_actor()) as session:
            record_audit_entry(session, "case.read", about=AuditSubject("case"), by=system_actor(), at=hub.clock.now())
            session.flush()
            begun.set()
            assert may_end.wait(20)

    writer = threading.Thread(target=slow_writer)
    writer.start()
    assert begun.wait(20)
    write(hub, 2)
    assert seal(hub, wait_seconds=0.2) == 0
    waiting = threading.Timer(0.3, may_end.set)
    waiting.start()
    assert seal(hub, wait_seconds=10) == 5
    writer.join()
    assert verified(hub).intact


def test_a_writer_that_gave_up_leaves_a_gap_and_does_not_hold_the_seal_for_ever(
    hub: Hub, database_urls: tuple[URL, URL]
) -> None:
    write(hub, 1)
    give_up(hub)
    write(hub, 1)
    assert seal(hub, wait_seconds=0) == 2


def test_many_writers_and_many_sealers_at_once_leave_an_intact_record(hub: Hub) -> None:
    ended = threading.Event()

    def keep_writing() -> None:
        for number in range(40):
            write(hub, 1 + number % 3)

    def keep_sealing() -> None:
        while not ended.is_set():
            seal(hub, batch=7)

    with ThreadPoolExecutor(7) as pool:
        sealers = [pool.submit(keep_sealing) for _ in range(3)]
        writers = [pool.submit(keep_writing) for _ in range(4)]
        for writer in writers:
            writer.result()
        ended.set()
        for sealer in sealers:
            sealer.result()
    while seal(hub):
        pass
    found = verified(hub)
    assert found.broken is None
    assert found.unsealed == 0
    assert found.sealed == 4 * sum(1 + number % 3 for number in range(40))


def test_a_restored_dump_verifies(
    hub: Hub, owner: psycopg.Connection, database_urls: tuple[URL, URL], server_url: URL
) -> None:
    write(hub, 30)
    seal(hub)
    head = verified(hub).head
    dumped = subprocess.run(
        [programs() / "pg_dump", "--data-only", "--table=audit_entry", "--table=seal", _conninfo(database_urls[0])],
        check=True, capture_output=True, timeout=60,
    ).stdout  # fmt: skip
    owner.execute("DELETE FROM audit_entry")
    owner.execute("DELETE FROM seal")
    subprocess.run(
        [programs() / "psql", "-q", "-v", "ON_ERROR_STOP=1", _conninfo(database_urls[0])],
        # A newer dump sets what an older server does not know.
        input=dumped.replace(b"SET transaction_timeout = 0;", b""), check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert verified(hub, head) == Verification(seals=1, sealed=30, unsealed=0, head=head, broken=None)


def test_the_command_says_intact_or_names_what_is_not(hub: Hub, owner: psycopg.Connection, world: World) -> None:
    write(hub, 5)
    seal(hub)
    environment = {
        "HUB_DATA": str(hub.settings.data),
        "DATABASE_URL": hub.settings.database_url.get_secret_value() if hub.settings.database_url else "",
        "DATABASE_APP_URL": hub.settings.database_app_url.get_secret_value() if hub.settings.database_app_url else "",
        "HUB_LANG": "en",
    }
    command = [sys.executable, "-c", "from referral_hub.cli import main; main()", "audit", "verify"]
    good = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (good.returncode, good.stderr) == (0, "")
    assert "1 seals, 5 entries; 0 not sealed yet" in good.stdout
    owner.execute("DELETE FROM audit_entry WHERE seq = 3")
    bad = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert bad.returncode == 1
    assert "Entry 3 is missing (seal 1)." in bad.stderr


def test_thirty_thousand_records_are_sealed_and_verified(hub: Hub, owner: psycopg.Connection) -> None:
    owner.execute(
        "INSERT INTO audit_entry (at, action, role, via, subject, details)"
        " SELECT now(), 'case.read', 'system', 'job', 'case', jsonb_build_object('n', n)"
        " FROM generate_series(1, 30000) n"
    )
    while seal(hub):
        pass
    assert verified(hub).sealed == 30_000


def _conninfo(url: URL) -> str:
    return psycopg.conninfo.make_conninfo("", **libpq_parts(url))
