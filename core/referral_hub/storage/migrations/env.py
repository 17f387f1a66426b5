"""Run by Alembic. The connection is handed in by `storage.migrate`, which holds the lock; there is no offline mode."""

from __future__ import annotations

from alembic import context
from alembic.runtime.environment import NameFilterParentNames, NameFilterType

from referral_hub.storage.migrations.metadata import gather, types_differ


def is_compared(name: str | None, kind: NameFilterType, parents: NameFilterParentNames) -> bool:
    """Which parts of the database Alembic compares with the models: all but its own table."""
    return not (kind == "table" and name == "alembic_version")


def run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=gather(),
        include_name=is_compared,
        compare_type=types_differ,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
