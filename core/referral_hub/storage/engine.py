"""Connections to the database, and the scope that every transaction opens with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import msgspec
import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlmodel import Session

from referral_hub.actor import Actor
from referral_hub.storage.errors import DatabaseTooOld, DatabaseUnreachable

OLDEST_POSTGRESQL = 15
_DRIVER = "postgresql+psycopg"
_POOL_SECONDS = 10

_NETWORK_LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "connect_timeout": 5,  # seconds
        # A server that has vanished from the network is given up after about twenty seconds, at work or at rest.
        "tcp_user_timeout": 20_000,  # milliseconds
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
    }
)
"""How long libpq waits for the network."""

# One round trip. All are set each time: a setting left from before would be someone else's right.
_SET_SCOPE = text(
    "SELECT set_config('hub.account', :account, true), set_config('hub.organisation', :organisation, true),"
    " set_config('hub.role', :role, true), set_config('hub.statutory', :statutory, true),"
    " set_config('hub.today', :today, true), set_config('hub.access_days', :access_days, true),"
    " set_config('statement_timeout', :statement_limit, true), set_config('lock_timeout', :lock_limit, true)"
)


def parse_url(address: str) -> URL:
    """A `postgres://`, `postgresql://` or `postgresql+psycopg://` address as the hub uses it.

    Raises `DatabaseUnreachable` for anything else.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        raise DatabaseUnreachable(address="DATABASE_URL", reason="not a database address") from None
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise DatabaseUnreachable(address=safe_address(url), reason="not a PostgreSQL address with a database name")
    return url.set(drivername=_DRIVER)


def safe_address(url: URL) -> str:
    """The address for a message: where and which database, no account and no password."""
    parts = libpq_parts(url)
    return f"{parts.get('dbname', '?')} @ {parts.get('host', 'localhost')}"


def libpq_parts(url: URL) -> dict[str, str]:
    """The address as libpq's own key words (`host`, `user`, `dbname` …), the password among them: never log it."""
    query = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
    parts = {"user": url.username, "password": url.password, "host": url.host, "dbname": url.database}
    port = {"port": str(url.port)} if url.port else {}
    return {name: value for name, value in parts.items() if value} | port | query


def conninfo(url: URL) -> str:
    """The address as psycopg reads it. Not a URL: libpq takes a plus sign in one for a plus sign."""
    return make_conninfo("", **libpq_parts(url))


def make_engine(url: URL, *, pool_size: int = 10) -> Engine:
    """An engine for `url`; `pool_size` connections are kept, as many again on demand.

    Whoever waits for the network or for a free connection waits for seconds, and is told.
    """
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=_POOL_SECONDS,
        pool_pre_ping=False,
        pool_recycle=1800,
        connect_args=_NETWORK_LIMITS,
    )


def connect_owner(url: URL) -> psycopg.Connection:
    """A connection for set-up work. Raises `DatabaseUnreachable` or `DatabaseTooOld` with what to do."""
    try:
        connection = psycopg.connect(conninfo(url), autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(address=safe_address(url), reason=str(error).strip()) from error
    version = connection.info.server_version
    if version // 10000 < OLDEST_POSTGRESQL:
        connection.close()
        raise DatabaseTooOld(found=version // 10000, needed=OLDEST_POSTGRESQL)
    return connection


class TimeLimits(msgspec.Struct, frozen=True):
    """How long one statement may take, and how long it may wait for a lock, in seconds."""

    statement: float
    lock: float


def set_scope(session: Session, actor: Actor, *, today: date, access_days: int, limits: TimeLimits) -> None:
    """Tell the database who acts, until this transaction ends. Policies show rows by it; unset, they show none.

    `today` and `access_days` (for how long a recipient may read what has ended) say what a recipient still reads.
    The limits go with the transaction, not with the connection: a pooler between may share connections.
    """
    session.connection().execute(
        _SET_SCOPE,
        {
            "account": str(actor.account_id or ""),
            "organisation": str(actor.organisation_id or ""),
            "role": actor.role,
            "statutory": "1" if actor.statutory else "",
            "today": today.isoformat(),
            "access_days": str(access_days),
            "statement_limit": f"{limits.statement * 1000:.0f}",
            "lock_limit": f"{limits.lock * 1000:.0f}",
        },
    )
