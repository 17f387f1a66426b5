"""The approval sheet of a module: what it declares, what was checked and approved, what an upgrade would change."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
from sqlalchemy import text
from sqlmodel import col, select

from referral_hub.api import Manifest
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.module_admin.conformance import Checked, as_checked
from referral_hub.module_admin.installer import waiting_module
from referral_hub.module_admin.manifest_diff import Difference, differences
from referral_hub.module_admin.sync import approved_manifest, stages_in_use
from referral_hub.registry.discovery import Module as Installed
from referral_hub.registry.file_digests import files_digest
from referral_hub.tables.modules import Module, ModuleApproval, ModuleCheck
from referral_hub.workflow.table import STATES as REFERRAL_STATES


class Approval(msgspec.Struct, frozen=True):
    """Who approved what, on which grounds."""

    at: datetime
    by: str
    version: str
    digest: str
    files_digest: str
    isolation: str
    assessment_reference: str | None
    assessment_on: date | None
    reason: str


class OpenLine(msgspec.Struct, frozen=True):
    """How many referrals of one office stand where; no referral is named."""

    office: str
    service: Label
    state: Label
    number: int
    oldest_at: datetime | None


class Upgrade(msgspec.Struct, frozen=True):
    """A version that waits for approval beside the one in use."""

    version: str
    digest: str
    files_digest: str
    manifest: Manifest


class Sheet(msgspec.Struct, frozen=True):
    """`changes` compares with what was approved last: the upgrade that waits, or what is installed now."""

    files_digest: str | None
    attainable: str | None
    approval: Approval | None
    check: Checked | None
    check_is_current: bool
    upgrade: Upgrade | None
    changes: list[Difference]
    open: list[OpenLine]


def sheet_for_page(session: Transaction, key: str) -> Sheet:
    """Everything that an approval rests on. No client's data."""
    modules = session.hub.modules
    installed = next((m for m in modules.modules() if m.key == key and m.state == "discovered"), None)
    row = session.exec(select(Module).where(Module.key == key)).one_or_none()
    files = files_digest(installed) if installed else (row.files_digest if row else None)
    check = session.exec(
        select(ModuleCheck).where(ModuleCheck.key == key).order_by(col(ModuleCheck.id).desc()).limit(1)
    ).one_or_none()
    upgrade = _upgrade(waiting_module(session.hub.settings.modules_folder, key))
    approved = approved_manifest(session, key)
    new = upgrade.manifest if upgrade else (installed.manifest if installed else None)
    changed = approved is not None and new is not None and approved != new
    return Sheet(
        files_digest=files,
        attainable=modules.level_for(installed) if installed else None,
        approval=_approval(session, key),
        check=as_checked(check) if check else None,
        check_is_current=check is not None and check.files_digest == files,
        upgrade=upgrade,
        changes=differences(approved, new, stages_in_use(session, key)) if changed and approved and new else [],
        open=_open_lines(session, key, approved),
    )


def _upgrade(module: Installed | None) -> Upgrade | None:
    if module is None or module.manifest is None:
        return None
    return Upgrade(
        version=module.version,
        digest=module.digest or "",
        files_digest=files_digest(module) or "",
        manifest=module.manifest,
    )


def _approval(session: Transaction, key: str) -> Approval | None:
    row = session.exec(
        select(ModuleApproval).where(ModuleApproval.key == key).order_by(col(ModuleApproval.id).desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Approval(
        at=row.created_at,
        by=row.by_name,
        version=row.version,
        digest=row.digest,
        files_digest=row.files_digest,
        isolation=row.isolation,
        assessment_reference=row.assessment_reference,
        assessment_on=row.assessment_on,
        reason=row.reason,
    )


def _open_lines(session: Transaction, key: str, manifest: Manifest | None) -> list[OpenLine]:
    rows = session.execute(
        text(
            "SELECT office, service_key, state, sum(open)::bigint AS number, min(oldest_at) AS oldest_at"
            " FROM hub_referrals_at_module(:key) GROUP BY office, service_key, state ORDER BY 5, 1"
        ),
        {"key": key},
    ).all()
    lines = []
    for row in rows:
        service = manifest.service(row.service_key) if manifest else None
        title = service.title if service else untranslated(row.service_key)
        lines.append(OpenLine(row.office, title, REFERRAL_STATES[row.state], row.number, row.oldest_at))
    return lines
