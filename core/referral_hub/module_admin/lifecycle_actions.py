"""What an administrator does with modules: approving, enabling, draining, disabling. Every change is an event."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_happened
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.module_admin.sync import open_referrals, register_installed, register_modules
from referral_hub.modules.events import apply_action, keep_manifest, locked_module, note_event, required_reason
from referral_hub.modules.settings import problems_of, settings_of
from referral_hub.referrals.reassignment import cancel_reassignment_requests, request_reassignment
from referral_hub.registry.discovery import Module as Installed
from referral_hub.registry.errors import (
    CheckMissing,
    ModuleChanged,
    ModuleNotAssessed,
    ModuleSettingsUnusable,
    ReferralsStillOpen,
)
from referral_hub.registry.file_digests import files_digest
from referral_hub.registry.lifecycle import state_after
from referral_hub.tables.modules import ModuleApproval, ModuleCheck
from referral_hub.text_limits import MAX_ASSESSMENT_REFERENCE, read_line
from referral_hub.workflow.tasks import REASSIGNMENT_REQUESTS, ReassignmentRequest

__all__ = [
    "approve_module",
    "disable_module",
    "drain_module",
    "enable_module",
    "last_check",
    "register_installed",
    "register_modules",
    "request_module_reassignment",
    "write_approval",
]


def approve_module(
    session: Transaction,
    *,
    key: str,
    reason: str,
    digest: str | None = None,
    files: str | None = None,
    assessment_reference: str = "",
    assessment_on: date | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Approve what the module declares; its manifest is kept for ever.

    `digest` and `files`, if given, are of the manifest and the files on the sheet that was read: what was exchanged
    meanwhile is not approved (`ModuleChanged`). A partner's module needs an impact assessment (R41,
    `ModuleNotAssessed`). Raises `ModuleActionImpossible`, or `ModuleNotInstalled`.
    """
    row = locked_module(session, key)
    state_after("approve", row.state)
    module = session.hub.modules.module(key)
    words = required_reason(reason)
    write_approval(
        session,
        module,
        reason=words,
        digest=digest,
        files=files,
        assessment_reference=assessment_reference,
        assessment_on=assessment_on,
        by=by,
        at=at,
    )
    row.reason, row.files_digest = {}, files_digest(module)
    apply_action(session, row, "approve", reason=words, by=by, at=at)


def write_approval(
    session: Transaction,
    module: Installed,
    *,
    reason: str,
    digest: str | None,
    files: str | None,
    assessment_reference: str,
    assessment_on: date | None,
    by: Actor,
    at: datetime,
) -> None:
    """Keep the manifest and what the approval rests on."""
    found = files_digest(module) or ""
    if digest not in (None, module.digest) or files not in (None, found):
        raise ModuleChanged
    reference = read_line(assessment_reference, "assessment_reference", maximum=MAX_ASSESSMENT_REFERENCE)
    if module.origin == "folder" and not (reference and assessment_on):
        raise ModuleNotAssessed(field="assessment_on" if reference else "assessment_reference")
    if assessment_on is not None:
        check_happened(assessment_on, "assessment_on", today=local_date(at))
    check = last_check(session, module.key, found)
    keep_manifest(session, module, by=by, at=at)
    session.add(
        ModuleApproval(
            id=new_id(),
            created_at=at,
            key=module.key,
            digest=module.digest or "",
            files_digest=found,
            version=module.version,
            isolation=session.hub.modules.level_for(module),
            assessment_reference=reference or None,
            assessment_on=assessment_on,
            check_id=check.id if check else None,
            by_id=by.account_id,
            by_name=by.name,
            reason=reason,
        )
    )
    session.flush()


def enable_module(session: Transaction, *, key: str, reason: str, by: Actor, at: datetime) -> None:
    """Let the module take referrals: its settings are usable, and a partner's module has passed the checks.

    Asks the module once, so it takes as long as that. Raises `ModuleActionImpossible`, `ModuleNotInstalled`,
    `CheckMissing`, `ModuleSettingsUnusable`, or a `ModuleFailure` when it does not answer.
    """
    row = locked_module(session, key)
    state_after("enable", row.state)
    words = required_reason(reason)
    modules = session.hub.modules
    module = modules.module(key)
    if module.origin == "folder":
        check = last_check(session, key, files_digest(module) or "")
        if check is None or not check.passed:
            raise CheckMissing
    problems = problems_of(session.hub, key, settings_of(session, key))
    if problems:
        raise ModuleSettingsUnusable(why=problems[0].message)
    row.failures, row.open_until, row.open_seconds, row.reason = 0, None, 0, {}
    apply_action(session, row, "enable", reason=words, by=by, at=at)
    cancel_reassignment_requests(session, key, by=by, at=at)


def drain_module(session: Transaction, *, key: str, reason: str, by: Actor, at: datetime) -> str:
    """Accept no new referrals; with none open the module is disabled at once, else when the last one has ended.

    Returns the state it is in now: `draining` or `disabled`.
    """
    row = locked_module(session, key)
    words = required_reason(reason)
    apply_action(session, row, "drain", reason=words, by=by, at=at)
    if not open_referrals(session).get(key):
        apply_action(session, row, "finish", reason=words, by=by, at=at)
    return row.state


def disable_module(session: Transaction, *, key: str, reason: str, force: bool = False, by: Actor, at: datetime) -> int:
    """Stop the module now. With referrals still open only by `force`: each goes back to its sender as a task.

    Returns how many went back. Raises `ModuleActionImpossible` or `ReferralsStillOpen`.
    """
    row = locked_module(session, key)
    state_after("disable", row.state)
    words = required_reason(reason)
    number = open_referrals(session).get(key, 0)
    if number and not force:
        raise ReferralsStillOpen(number=number)
    apply_action(session, row, "disable", reason=words, by=by, at=at)
    return request_reassignment(session, key, by=by, at=at) if number else 0


def request_module_reassignment(
    session: Transaction,
    *,
    key: str,
    reason: str,
    numbers: Collection[str] | None = None,
    ask: ReassignmentRequest = "redirect",
    by: Actor,
    at: datetime,
) -> int:
    """Ask the senders of a module's open referrals (those of these numbers) to redirect or to end them, or to wait.

    For a module that is being drained or does not serve, for whatever reason. Returns how many were changed by it.
    """
    row = locked_module(session, key)
    state_after("request_reassignment", row.state)
    words = required_reason(reason)
    number = request_reassignment(session, key, numbers=numbers, request=ask, by=by, at=at)
    note_event(
        session, key, row.state, row.state, f"{REASSIGNMENT_REQUESTS[ask].zh} {number} 件：{words}", by=by, at=at
    )
    return number


def last_check(session: Transaction, key: str, files: str) -> ModuleCheck | None:
    """The latest check of exactly these files."""
    return session.exec(
        select(ModuleCheck)
        .where(ModuleCheck.key == key, ModuleCheck.files_digest == files)
        .order_by(col(ModuleCheck.id).desc())
        .limit(1)
    ).one_or_none()
