"""Which clients of an office still want a kind of help: the way from a service to a client."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import msgspec
from sqlalchemy import text

from referral_hub.hub import Transaction
from referral_hub.storage.personal_fields import decrypt_field

MAX_LINES = 300

_WANTING = text("""
    SELECT n.id, n.kind, n.words, n.state, c.id AS case_id, c.number, p.id AS person_id, p.name
      FROM need n
      JOIN client_case c ON c.id = n.case_id
      JOIN person p ON p.id = c.person_id
     WHERE c.office_id = :office AND c.status <> 'closed' AND n.state = ANY (hub_states('need_open'))
       AND n.kind = ANY (:kinds)
       AND (CAST(:responsible AS uuid) IS NULL OR c.responsible_id = CAST(:responsible AS uuid))
       AND (CAST(:need AS uuid) IS NULL OR n.id = CAST(:need AS uuid))
     ORDER BY n.state <> 'open', n.priority, n.id
     LIMIT :most
""")


class WantingClient(msgspec.Struct, frozen=True):
    """A need that still wants something, and whose it is; `state` is `open` or `being_met`."""

    need_id: UUID
    case_id: UUID
    number: str
    client: str
    kind: str
    words: str
    state: str

    def __repr__(self) -> str:
        """Names stay out of logs and tracebacks."""
        return f"WantingClient(number={self.number!r})"


def needs_wanting(
    session: Transaction,
    *,
    kinds: Collection[str],
    responsible_id: UUID | None = None,
    need_id: UUID | None = None,
) -> list[WantingClient]:
    """Needs of these kinds in the office's open cases, those nobody meets yet first; at most `MAX_LINES`."""
    rows = session.execute(
        _WANTING,
        {
            "office": session.actor.organisation_id,
            "kinds": list(kinds),
            "responsible": responsible_id,
            "need": need_id,
            "most": MAX_LINES,
        },
    )
    cipher = session.cipher
    return [
        WantingClient(
            need_id=row.id,
            case_id=row.case_id,
            number=row.number,
            client=decrypt_field(cipher, "person", "name", row.person_id, row.name) or "",
            kind=row.kind,
            words=decrypt_field(cipher, "need", "words", row.id, row.words) or "",
            state=row.state,
        )
        for row in rows
    ]
