"""The life of modules: taking note of what is installed, approving, enabling, disabling. Every change is an event."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, select

from referral_hub.access.actor import Actor, system_actor
from referral_hub.audit.actions import write_record
from referral_hub.errors import NotFound
from referral_hub.ids import new_id
from referral_hub.modules.discovery import Module as Installed
from referral_hub.modules.lifecycle import ReasonMissing, check_act, state_when_found
from referral_hub.modules.models import Module, ModuleEvent, ModuleManifest
from referral_hub.storage.engine import hub_of
from referral_hub.words import Label

if TYPE_CHECKING:
    from referral_hub.hub import Hub

_SHIPPED = "随系统安装"
_GONE = Label(zh="模块的程序包已经卸载。", en="The module's package is no longer installed.")
_REINSTALL = Label(
    zh="如还要使用，请重新安装；以前的记录仍可查看。",
    en="Install it again if it is still wanted; what was recorded stays readable.",
)
LONGEST_REASON = 500


def register_installed(hub: Hub) -> int:
    """Look at what is installed and bring the list of modules in line. Returns how many changed their state.

    For the start of a server and for a job: safe in several processes at once.
    """
    hub.modules.discover()
    by = system_actor(name="hub")
    with hub.transaction(by) as session:
        return len(register_modules(session, by=by, at=hub.clock.now()))


def register_modules(session: Session, *, by: Actor, at: datetime) -> list[str]:
    """Bring the table in line with what the registry found. Returns the keys whose state changed.

    A module installed in the hub's own environment was put there by whoever installed the hub: it is approved and
    enabled at first sight. One in a folder of its own waits for an administrator. What is gone is `missing`.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('hub.modules', 0))"))
    registry = hub_of(session).modules
    found: dict[str, Installed] = {}
    for module in registry.modules():
        if module.key not in found or found[module.key].state != "discovered":
            found[module.key] = module
    rows = {row.key: row for row in session.exec(select(Module)).all()}
    approved = set(session.exec(select(ModuleManifest.digest)).all())
    changed = []
    for key, module in found.items():
        level = registry.attainable_level(key) if module.state == "discovered" else None
        if _note_found(session, rows.get(key), module, level, approved, by=by, at=at):
            changed.append(key)
    if not hub_of(session).settings.safe_mode:
        for key, row in rows.items():
            if key not in found and row.state != "missing":
                row.reason = _reason(_GONE, _REINSTALL, at)
                _move(session, row, "missing", reason=_GONE.zh, by=by, at=at)
                changed.append(key)
    _finish_draining(session, rows, by=by, at=at)
    return changed


def approve_module(session: Session, *, key: str, reason: str, by: Actor, at: datetime) -> None:
    """Approve what the module declares; its manifest is kept for ever. Raises `ModuleActImpossible`."""
    row = _locked(session, key)
    check_act("approve", row.state)
    _keep_manifest(session, key, by=by, at=at)
    _move(session, row, "approved", reason=_said(reason), by=by, at=at)


def enable_module(session: Session, *, key: str, reason: str, by: Actor, at: datetime) -> None:
    """Let the module take referrals. Raises `ModuleActImpossible`, or `ModuleNotInstalled` when it cannot be used."""
    row = _locked(session, key)
    check_act("enable", row.state)
    hub_of(session).modules.module(key)
    _keep_manifest(session, key, by=by, at=at)
    row.failures, row.open_until, row.open_seconds, row.reason = 0, None, 0, {}
    _move(session, row, "enabled", reason=_said(reason), by=by, at=at)


def disable_module(session: Session, *, key: str, reason: str, by: Actor, at: datetime) -> str:
    """Take no new referrals; with none open the module is disabled at once, else when the last one has ended.

    Returns the state it is in now: `draining` or `disabled`.
    """
    row = _locked(session, key)
    check_act("disable", row.state)
    after = "draining" if _open_referrals(session).get(key) else "disabled"
    _move(session, row, after, reason=_said(reason), by=by, at=at)
    return after


def _note_found(
    session: Session,
    row: Module | None,
    found: Installed,
    level: str | None,
    approved: set[str],
    *,
    by: Actor,
    at: datetime,
) -> bool:
    """Write what was found of one module. True when its state changed."""
    before = row.state if row else None
    after = state_when_found(before, found=found.state, approved=found.digest in approved)
    if row is None:
        row = Module(key=found.key, state=after, changed_at=at)
    row.distribution, row.version = found.distribution, found.version
    row.isolation = level or row.isolation
    if found.reason is not None:
        row.reason = _reason(found.reason, found.action, at)
    elif before in {"incompatible", "broken", "missing"}:
        row.reason = {}
    upgraded = before is not None and found.digest is not None and row.digest not in (None, found.digest)
    row.digest = found.digest or row.digest
    session.add(row)
    session.flush()
    if upgraded and after not in {"discovered", "broken", "incompatible", "missing"}:
        _keep_manifest(session, found.key, by=by, at=at)
        _add_event(session, found.key, after, after, f"升级到 {found.version}", by=by, at=at)
    if before is None and after == "discovered" and found.origin == "hub":
        _keep_manifest(session, found.key, by=by, at=at)
        _move(session, row, "approved", reason=_SHIPPED, by=by, at=at, before=None)
        _move(session, row, "enabled", reason=_SHIPPED, by=by, at=at)
        return True
    if before == after:
        return False
    reason = found.reason.zh if found.reason else "发现模块"
    _move(session, row, after, reason=reason, by=by, at=at, before=before)
    return True


def _finish_draining(session: Session, rows: dict[str, Module], *, by: Actor, at: datetime) -> None:
    draining = [row for row in rows.values() if row.state == "draining"]
    if draining:
        still_open = _open_referrals(session)
        for row in draining:
            if not still_open.get(row.key):
                _move(session, row, "disabled", reason="转介已全部结束", by=by, at=at)


def _move(
    session: Session,
    row: Module,
    after: str,
    *,
    reason: str,
    by: Actor,
    at: datetime,
    before: str | msgspec.UnsetType | None = msgspec.UNSET,
) -> None:
    was = row.state if before is msgspec.UNSET else before
    row.state = after
    row.changed_at = at
    session.add(row)
    session.flush()
    _add_event(session, row.key, was, after, reason, by=by, at=at)


def _add_event(
    session: Session, key: str, before: str | None, after: str, reason: str, *, by: Actor, at: datetime
) -> None:
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
    write_record(
        session,
        "module.change",
        by=by,
        at=at,
        subject="module",
        facts={"module": key, "before": before, "after": after},
    )


def _keep_manifest(session: Session, key: str, *, by: Actor, at: datetime) -> None:
    """Keep the manifest as it is now, by its digest, so that history reads on without the package."""
    module = hub_of(session).modules.module(key)
    session.execute(
        insert(ModuleManifest)
        .values(
            id=new_id(),
            created_at=at,
            key=key,
            digest=module.digest,
            version=module.version,
            content=msgspec.to_builtins(module.manifest),
            approved_by=by.account_id,
            approved_at=at,
        )
        .on_conflict_do_nothing(index_elements=["digest"])
    )


def _locked(session: Session, key: str) -> Module:
    row = session.exec(
        select(Module).where(Module.key == key).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def _open_referrals(session: Session) -> dict[str, int]:
    rows = session.execute(text("SELECT module_key, open FROM hub_open_referrals()")).all()
    return {row.module_key: row.open for row in rows}


def _said(reason: str) -> str:
    words = reason.strip()[:LONGEST_REASON]
    if not words:
        raise ReasonMissing(field="reason")
    return words


def _reason(why: Label, action: Label | None, at: datetime) -> dict[str, Any]:
    reason: dict[str, Any] = {"zh": why.zh, "en": why.en, "at": at.isoformat()}
    if action is not None:
        reason["action"] = {"zh": action.zh, "en": action.en}
    return reason
