"""Every change of a module's state, in one place: the row, the event that only grows, the audit entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.registry.discovery import Module as Installed
from referral_hub.registry.errors import NoSuchModule
from referral_hub.registry.lifecycle import ReasonMissing, state_after
from referral_hub.tables.modules import Module, ModuleEvent, ModuleManifest
from referral_hub.text_limits import MAX_REASON, read_line

SETTINGS = "settings"
"""The code of the reason that its settings cannot be used."""
UNCHECKED = "unchecked"
"""The code of the reason that it was upgraded while in use and has not passed the checks since."""


def apply_action(
    session: Transaction, row: Module, action: str, *, reason: str, by: Actor, at: datetime, new: bool = False
) -> None:
    """Move the module as the table says. Raises `ModuleActionImpossible`. `new`: it was never seen before."""
    before = None if new else row.state
    row.state = state_after(action, before)
    row.changed_at = at
    session.add(row)
    session.flush()
    note_event(session, row.key, before, row.state, reason, by=by, at=at)


def note_event(
    session: Transaction, key: str, before: str | None, after: str, reason: str, *, by: Actor, at: datetime
) -> None:
    """Write down what happened to a module; nobody can change it afterwards."""
    session.add(
        ModuleEvent(
            id=new_id(),
            created_at=at,
            key=key,
            before=before,
            after=after,
            by_id=by.account_id,
            by_name=by.name,
            reason=reason,
        )
    )
    session.flush()
    record_audit_entry(
        session,
        "module.change",
        about=AuditSubject("module"),
        by=by,
        at=at,
        details={"module": key, "before": before, "after": after},
    )


def keep_manifest(session: Transaction, module: Installed, *, by: Actor, at: datetime) -> None:
    """Keep a manifest for ever, by its digest, so that history reads on without the package."""
    session.execute(
        insert(ModuleManifest)
        .values(
            id=new_id(),
            created_at=at,
            key=module.key,
            digest=module.digest,
            version=module.version,
            content=msgspec.to_builtins(module.manifest),
            approved_by=by.account_id,
            approved_at=at,
        )
        .on_conflict_do_nothing(index_elements=["digest"])
    )


def locked_module(session: Transaction, key: str) -> Module:
    """The module's row under lock, as it is now. Raises `NoSuchModule`."""
    row = session.exec(
        select(Module).where(Module.key == key).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NoSuchModule(module=key[:40])
    return row


def required_reason(reason: str) -> str:
    """The reason that was given. Raises `ReasonMissing`, or `Invalid` for one that is too long."""
    words = read_line(reason, "reason", maximum=MAX_REASON)
    if words is None:
        raise ReasonMissing(field="reason")
    return words


def failure_reason(why: Label, action: Label | None, at: datetime, *, code: str = "") -> dict[str, Any]:
    """What the administrator's page says is wrong, as it is kept in the row."""
    reason: dict[str, Any] = {"code": code, "zh": why.zh, "en": why.en, "at": at.isoformat()}
    if action is not None:
        reason["action"] = {"zh": action.zh, "en": action.en}
    return reason
