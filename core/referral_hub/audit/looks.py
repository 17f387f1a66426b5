"""Every look at a client is recorded where the data become readable: by the cipher, not page by page (R40).

A transaction decrypts with a cipher that notes which field of which row was opened. Before the transaction commits,
one statement finds whose rows they are and adds one entry for each client and kind of look, or one for a whole list
(decision 32). What was rolled back was shown to nobody. What the hub itself opens, for a module or by the clock, is
recorded by what it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text

from referral_hub.storage.personal_fields import MODULE_FIELDS, OTHER_FIELDS, UnrecordedLook, field_of

if TYPE_CHECKING:
    from sqlmodel import Session

    from referral_hub.actor import Actor

WITHIN = timedelta(minutes=10)
"""A visit: what was seen of a client less than so long ago is not recorded again."""

LOOKS = (
    "case.read", "case.list", "case.search", "measure.read", "person.reveal", "referral.read", "referral.list",
    "assistance.read", "audit.read",
)  # fmt: skip
"""Acts that only looked; the others changed something."""

_RECORD = text("SELECT hub_record_looks(:fields, CAST(:rows AS uuid[]), :via, :at, :since)")


class Looks:
    """What one transaction has opened of clients, until it is recorded. For one thread, as its transaction is."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._opened: set[tuple[str, UUID]] = set()
        self._unshown = False

    def note(self, context: str) -> None:
        """Note that the field of a context (`person.name:<key of the row>`) becomes readable.

        Raises `UnrecordedLook` for a field that is unknown, or that only the hub itself may read.
        """
        field = field_of(context)
        if field in OTHER_FIELDS or self._actor.account_id is None or self._unshown:
            return
        if field in MODULE_FIELDS:
            raise UnrecordedLook(f"{field} is for its module alone")
        self._opened.add((field, UUID(context.partition(":")[2])))

    def at_case(self, case_id: UUID) -> None:
        """Note what was read of a case in clear, such as its consents: call it where rows were found."""
        if self._actor.account_id is not None:
            self._opened.add(("client_case", case_id))

    @contextmanager
    def unshown(self) -> Iterator[None]:
        """What is decrypted in the block is used and shown to nobody; what comes of it is noted, or an act of its own.

        A policy test lists who may say so, and why.
        """
        self._unshown = True
        try:
            yield
        finally:
            self._unshown = False

    def record(self, session: Session, *, at: datetime) -> None:
        """Write what was opened since the last time, in one statement; none when it was nothing."""
        if not self._opened:
            return
        opened, self._opened = sorted(self._opened), set()
        session.flush()
        session.execute(
            _RECORD,
            {
                "fields": [field for field, _ in opened],
                "rows": [str(row) for _, row in opened],
                "via": self._actor.via,
                "at": at,
                "since": at - WITHIN,
            },
        )
