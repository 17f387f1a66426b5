"""Acting for a moment as the hub itself, for the consequences of an act that lie outside the actor's own scope.

A partner that declines may not see the need behind the referral, yet the need must be open again. Such consequences
are written here, inside the same transaction, and nothing is read back to the actor.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session

from referral_hub.access.actor import system_actor
from referral_hub.storage.engine import actor_of, set_scope


@contextmanager
def as_system(session: Session) -> Iterator[None]:
    """Within the block the database shows and takes what the hub itself may see: referrals, never persons.

    On an exception the scope is left alone: the transaction is lost anyway, and with it the scope.
    """
    session.flush()
    set_scope(session, system_actor())
    yield
    session.flush()
    set_scope(session, actor_of(session))
