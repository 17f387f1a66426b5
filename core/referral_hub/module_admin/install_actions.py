"""Installing, upgrading and removing a module as actions of the hub: package, row and event together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from packaging.utils import canonicalize_name
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.module_admin.install_errors import KeyOfAnother, KeyTaken, ModuleUnfit
from referral_hub.module_admin.installer import (
    keep_waiting,
    put_in_use,
    remove_package,
    staged,
    take_waiting,
    waiting_module,
)
from referral_hub.module_admin.lifecycle_actions import last_check, write_approval
from referral_hub.module_admin.manifest_diff import stranded
from referral_hub.module_admin.sync import (
    approved_manifest,
    asks_for_more,
    one_at_a_time,
    register_modules,
    stages_in_use,
)
from referral_hub.modules.events import (
    SETTINGS,
    UNCHECKED,
    apply_action,
    failure_reason,
    locked_module,
    note_event,
    required_reason,
)
from referral_hub.registry.blocklist import OWN, SHIPPED, blocked_by, read_blocklist
from referral_hub.registry.discovery import Module as Installed
from referral_hub.registry.errors import NothingWaiting, NotInItsFolder, ReferralsWouldStrand
from referral_hub.registry.file_digests import files_digest
from referral_hub.registry.lifecycle import KNOWN, SERVING, state_after
from referral_hub.tables.modules import Module

if TYPE_CHECKING:
    from referral_hub.hub import Hub


_UNCHECKED = Label(
    zh="升级后的版本还没有通过检查。",
    en="The upgraded version has not passed the checks yet.",
)
_RUN_CHECKS = Label(
    zh="请运行检查；没有通过的话，请先停收新转介，再与提供者联系。",
    en="Run the checks. If it does not pass, stop new referrals to it first and contact its provider.",
)


class InstalledModule(msgspec.Struct, frozen=True):
    """What an installation led to. `state` is where the module stands; `waits`: the upgrade has to be approved first,
    and the version before it stays in use.
    """

    key: str
    name: Label
    version: str
    state: str
    waits: bool = False


def install_module(
    hub: Hub,
    source: Path,
    *,
    key: str | None = None,
    find_links: Sequence[Path] = (),
    download: bool = False,
    by: Actor,
) -> InstalledModule:
    """Install a wheel, a folder of wheels or a zip of wheels as a module in a folder of its own.

    With `download` pip may fetch what the module needs from the index; otherwise everything must lie beside it or in
    `find_links`. An upgrade that asks for more than was approved is kept beside the version in use. Raises an
    `InstallRefused`; then nothing has changed.
    """
    folder = hub.settings.modules_folder
    with staged(folder, source, key=key, find_links=find_links, download=download) as module:
        _refuse_unusable(hub, module)
        with hub.transaction(by) as session:
            one_at_a_time(session)
            state = _known_as(session, module)
            waits = state in KNOWN and asks_for_more(session, module)
            if waits and state is not None:
                reason = f"升级到 {module.version}：要的比核准过的多，等待核准"
                note_event(session, module.key, state, state, reason, by=by, at=hub.clock.now())
                keep_waiting(folder, module)
            else:
                _expect_files(session, module, at=hub.clock.now())
                put_in_use(folder, module)
    state = _look(hub, module.key, by)
    name = module.manifest.name if module.manifest else untranslated(module.key)
    return InstalledModule(key=module.key, name=name, version=module.version, state=state, waits=waits)


def approve_upgrade(
    hub: Hub,
    *,
    key: str,
    reason: str,
    digest: str | None = None,
    files: str | None = None,
    assessment_reference: str = "",
    assessment_on: date | None = None,
    by: Actor,
) -> str:
    """Put the upgrade that waits in use; the module stays in its state. Returns the version.

    Clients are asked again for whatever is new: consents given before do not cover it. Raises `NothingWaiting`,
    `ModuleChanged`, `ModuleNotAssessed`, `ModuleActionImpossible`, or `ReferralsWouldStrand`: what becomes of referrals
    in a stage that the new version drops is for people to decide first.
    """
    folder, at = hub.settings.modules_folder, hub.clock.now()
    with hub.transaction(by) as session:
        one_at_a_time(session)
        row = locked_module(session, key)
        state_after("upgrade", row.state)
        module = waiting_module(folder, key)
        if module is None:
            raise NothingWaiting
        words = required_reason(reason)
        _refuse_stranding(session, module)
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
        note_event(session, key, row.state, row.state, f"核准升级到 {module.version}：{words}", by=by, at=at)
        row.version, row.digest, row.reason = module.version, module.digest, {}
        _expect(session, row, module, at=at)
        take_waiting(folder, module)
    _look(hub, key, by)
    return module.version


def remove_module(hub: Hub, *, key: str, reason: str, by: Actor) -> None:
    """Take the package of a module that is out of use away. What it did stays readable, from the manifest kept.

    Raises `ModuleActionImpossible` while it is in use, `NotInItsFolder` for one in the hub's own environment.
    """
    with hub.transaction(by) as session:
        row = locked_module(session, key)
        state_after("remove", row.state)
        words = required_reason(reason)
        if not remove_package(hub.settings.modules_folder, key):
            raise NotInItsFolder
        apply_action(session, row, "remove", reason=words, by=by, at=hub.clock.now())
    hub.modules.discover()


def _known_as(session: Transaction, module: Installed) -> str | None:
    """The state of the module that this one is to replace. Raises `KeyOfAnother`: another package is no upgrade."""
    row = session.exec(select(Module).where(Module.key == module.key)).one_or_none()
    if row is None:
        return None
    if (
        row.state in KNOWN
        and row.distribution
        and canonicalize_name(row.distribution) != canonicalize_name(module.distribution)
    ):
        raise KeyOfAnother(key=module.key, installed=row.distribution, found=module.distribution)
    return row.state


def _refuse_unusable(hub: Hub, module: Installed) -> None:
    for other in hub.modules.modules():
        if other.key == module.key and other.origin == "hub":
            raise KeyTaken(key=module.key, distribution=other.distribution)
    blocked = blocked_by(module, read_blocklist((SHIPPED, hub.settings.data / OWN)))
    if blocked is not None:
        raise ModuleUnfit(why=blocked.why)


def _refuse_stranding(session: Transaction, module: Installed) -> None:
    before = approved_manifest(session, module.key)
    if before is None or module.manifest is None:
        return
    left = stranded(before, module.manifest, stages_in_use(session, module.key))
    if left:
        zh, en = "、".join(one.zh for one in left), ", ".join(one.en for one in left)
        raise ReferralsWouldStrand(stages=Label(zh=zh, en=en))


def _expect_files(session: Transaction, module: Installed, *, at: datetime) -> None:
    """An upgrade that applies itself: its files are those to be found from now on. One for a module that is out of
    order is compared with what was approved instead.
    """
    row = session.exec(select(Module).where(Module.key == module.key, col(Module.state).in_(KNOWN))).one_or_none()
    if row is not None:
        _expect(session, row, module, at=at)


def _expect(session: Transaction, row: Module, module: Installed, *, at: datetime) -> None:
    """These files may run from now on. A module in use serves on meanwhile, and its page asks for the checks."""
    row.files_digest = files_digest(module)
    check = last_check(session, row.key, row.files_digest or "")
    # What is wrong with its settings is told first, until they are well.
    if row.state in SERVING and not (check and check.passed) and row.reason.get("code") != SETTINGS:
        row.reason = failure_reason(_UNCHECKED, _RUN_CHECKS, at, code=UNCHECKED)
    session.add(row)
    session.flush()


def _look(hub: Hub, key: str, by: Actor) -> str:
    """Take note of what is installed now; the state of the module."""
    hub.modules.discover()
    with hub.transaction(by) as session:
        register_modules(session, by=by, at=hub.clock.now())
        return _state(session, key)


def _state(session: Transaction, key: str) -> str:
    return session.exec(select(Module.state).where(Module.key == key)).one()
