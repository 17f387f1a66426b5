"""Bringing the list of modules in line with what is installed. Whatever is wrong with a module, the hub goes on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from referral_hub.actor import Actor, system_actor
from referral_hub.api import Manifest
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.module_admin.manifest_diff import StageInUse, widens
from referral_hub.modules.events import apply_action, failure_reason, keep_manifest, note_event
from referral_hub.registry.discovery import Module as Installed
from referral_hub.registry.file_digests import files_digest
from referral_hub.registry.lifecycle import KNOWN, STATES, action_when_found
from referral_hub.tables.modules import Module, ModuleManifest

if TYPE_CHECKING:
    from referral_hub.hub import Hub

log = structlog.get_logger()

_SHIPPED = "随系统安装"
_GONE = Label(zh="模块的程序包已经卸载。", en="The module's package is no longer installed.")
_REINSTALL = Label(
    zh="如还要使用，请重新安装；以前的记录仍可查看。",
    en="Install it again if it is still needed; past entries remain readable.",
)
_WIDER = Label(
    zh="新版本要的比核准过的多，核准以前不使用。",
    en="The new version asks for more than was approved; it is not used yet.",
)
_ALTERED = Label(
    zh="模块的文件在核准以后被改动过，查清以前不使用。",
    en="The module's files were changed after approval; it is not used until the cause is clarified.",
)
_ASK = Label(
    zh="请查清是谁、为什么改的；可以重新安装原来的程序包，看清核准单后再核准、启用。",
    en="Find out who changed them and why. You can install the original package again, review the approval sheet, "
    "then approve and enable it.",
)
_READ = Label(zh="请看清变化，再核准。", en="Review the changes, then approve it.")


def register_installed(hub: Hub) -> int:
    """Look at what is installed and bring the list of modules in line. Returns how many changed their state.

    For the start of a server and for a job: safe in several processes at once.
    """
    hub.modules.discover()
    by = system_actor(name="hub")
    with hub.transaction(by) as session:
        return len(register_modules(session, by=by, at=hub.clock.now()))


def register_modules(session: Transaction, *, by: Actor, at: datetime) -> list[str]:
    """Bring the table in line with what the registry found. Returns the keys whose state changed.

    A module installed in the hub's own environment was put there by whoever installed the hub: it is approved and
    enabled at first sight. One in a folder of its own waits for an administrator. What is gone is `missing`.
    """
    one_at_a_time(session)
    registry = session.hub.modules
    found: dict[str, Installed] = {}
    for module in registry.modules():
        if module.key not in found or found[module.key].state != "discovered":
            found[module.key] = module
    rows = {row.key: row for row in session.exec(select(Module)).all()}
    approved = set(session.exec(select(ModuleManifest.digest)).all())
    changed = []
    for key, module in found.items():
        level = registry.attainable_level(key) if module.state == "discovered" else None
        try:
            with session.begin_nested():
                if _note_found(session, rows.get(key), module, level, approved, by=by, at=at):
                    changed.append(key)
        except SQLAlchemyError as error:
            # Whatever is wrong with one module, the others are noted and the hub starts.
            log.error("a module cannot be noted", module=key, error=type(error).__name__)  # noqa: TRY400 - the message may be long
    if not session.hub.settings.safe_mode:
        for key, row in rows.items():
            if key not in found and row.state != "missing":
                row.reason = failure_reason(_GONE, _REINSTALL, at)
                apply_action(session, row, "mark_missing", reason=_GONE.zh, by=by, at=at)
                changed.append(key)
    _finish_draining(session, rows, by=by, at=at)
    return changed


def one_at_a_time(session: Transaction) -> None:
    """Until this transaction ends, no other brings the list of modules in line or puts files in place."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('hub.modules', 0))"))


def stages_in_use(session: Transaction, key: str) -> set[StageInUse]:
    """Where the open referrals of a module stand."""
    rows = session.execute(text("SELECT service_key, stage FROM hub_referrals_at_module(:key)"), {"key": key}).all()
    return {(row.service_key, row.stage or "") for row in rows}


def approved_manifest(session: Transaction, key: str) -> Manifest | None:
    """The manifest of the module that was approved last."""
    statement = select(ModuleManifest.content).where(ModuleManifest.key == key)
    content = session.exec(
        statement.order_by(col(ModuleManifest.approved_at).desc(), col(ModuleManifest.id).desc()).limit(1)
    ).one_or_none()
    return None if content is None else msgspec.convert(content, Manifest)


def asks_for_more(session: Transaction, module: Installed) -> bool:
    """Whether a version found or staged has to wait: it widens what was approved last."""
    before = approved_manifest(session, module.key)
    return (
        before is not None
        and module.manifest is not None
        and widens(before, module.manifest, stages_in_use(session, module.key))
    )


def open_referrals(session: Transaction) -> dict[str, int]:
    """How many referrals each module still serves."""
    rows = session.execute(text("SELECT module_key, open FROM hub_open_referrals()")).all()
    return {row.module_key: row.open for row in rows}


def _note_found(
    session: Transaction,
    row: Module | None,
    found: Installed,
    level: str | None,
    approved: set[str],
    *,
    by: Actor,
    at: datetime,
) -> bool:
    """Write what was found of one module. True when its state changed."""
    new = row is None
    if row is None:
        row = Module(id=new_id(), key=found.key, state=found.state, changed_at=at)
    before = None if new else row.state
    upgraded = before in KNOWN and found.digest not in (None, row.digest) and row.digest is not None
    wider = upgraded and found.digest not in approved and asks_for_more(session, found)
    files = files_digest(found)
    # What the hub itself installed is noted in the row before it lies there. What shares the hub's own environment
    # changes with the hub.
    altered = found.origin == "folder" and None not in (files, row.files_digest) and files != row.files_digest
    action = action_when_found(
        before, found=found.state, approved=found.digest in approved, altered=altered, widened=wider
    )
    row.distribution, row.version = found.distribution, found.version
    row.isolation = level or row.isolation
    row.digest = found.digest or row.digest
    row.files_digest = files or row.files_digest
    if found.reason is not None:
        row.reason = failure_reason(found.reason, found.action, at)
    elif action == "flag_tampered":
        row.reason = failure_reason(_ALTERED, _ASK, at)
    elif wider:
        row.reason = failure_reason(_WIDER, _READ, at)
    elif action is not None:
        row.reason = {}
    session.add(row)
    session.flush()
    if new and found.state == "discovered" and found.origin == "hub":
        keep_manifest(session, found, by=by, at=at)
        apply_action(session, row, "ship", reason=_SHIPPED, by=by, at=at, new=True)
        apply_action(session, row, "enable", reason=_SHIPPED, by=by, at=at)
        return True
    if upgraded and action is None:
        keep_manifest(session, found, by=by, at=at)
        note_event(session, found.key, row.state, row.state, f"升级到 {found.version}", by=by, at=at)
    if action is None:
        return False
    reason = found.reason or (_ALTERED if action == "flag_tampered" else _WIDER if wider else STATES["discovered"])
    apply_action(session, row, action, reason=reason.zh, by=by, at=at, new=new)
    return True


def _finish_draining(session: Transaction, rows: dict[str, Module], *, by: Actor, at: datetime) -> None:
    draining = [row for row in rows.values() if row.state == "draining"]
    if draining:
        still_open = open_referrals(session)
        for row in draining:
            if not still_open.get(row.key):
                apply_action(session, row, "finish", reason="转介已全部结束", by=by, at=at)
