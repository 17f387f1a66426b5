"""Which files of a module were approved, asked before its process starts."""

from __future__ import annotations

from sqlalchemy import URL, NullPool, create_engine
from sqlmodel import col, select

from referral_hub.registry.lifecycle import KNOWN
from referral_hub.tables.modules import Module


class ApprovedFiles:
    """The digest of a module's files as it was approved, or installed since by the hub.

    Asks on a connection of its own: whoever calls a module may hold the last one of the pool.
    """

    def __init__(self, url: URL) -> None:
        self._engine = create_engine(url, poolclass=NullPool)

    def __call__(self, key: str) -> str | None:
        """None for a module that nobody has approved: it serves no referral."""
        statement = select(Module.files_digest).where(Module.key == key, col(Module.state).in_(KNOWN))
        with self._engine.connect() as connection:
            digest: str | None = connection.execute(statement).scalar_one_or_none()
        return digest
