"""News from a partner's own system, brought by a module that bridges to it.

It comes at least once and in any order. Each piece is taken once, by its id; one that cannot be applied yet (the
outcome before the acceptance) is tried again at the next polls, and refused for good after `MOST_ATTEMPTS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, select

from referral_hub.access.actor import system_actor
from referral_hub.api import Update, Updates
from referral_hub.errors import HubError, NotFound
from referral_hub.ids import new_id
from referral_hub.isolation.errors import ModuleBusy, ModuleFailure
from referral_hub.modules.breaker import begin_call, note_failure, note_success, resting_modules
from referral_hub.modules.models import Module
from referral_hub.modules.settings import settings_of
from referral_hub.modules.validate import check_changes, check_receipt
from referral_hub.referrals.lookup import declared_service, locked_referral
from referral_hub.referrals.models import ModuleUpdate, Referral
from referral_hub.referrals.replies import apply_changes, apply_receipt
from referral_hub.storage.columns import utc_now
from referral_hub.storage.engine import hub_of

if TYPE_CHECKING:
    from referral_hub.hub import Hub

log = structlog.get_logger()

MOST_ATTEMPTS = 20
POLLED = frozenset({"enabled", "degraded", "draining"})


def poll_modules(hub: Hub) -> int:
    """Ask every module that reaches a partner's system for news. Returns how many pieces were applied."""
    return sum(poll_module(hub, key) for key in _bridges(hub))


def poll_module(hub: Hub, key: str) -> int:
    """Ask one module. The cursor moves on only when every piece before it is settled."""
    at = hub.clock.now()
    with hub.transaction(system_actor(via="module")) as session:
        module = session.exec(select(Module).where(Module.key == key)).one_or_none()
        if module is None or module.state not in POLLED:
            return 0
        begin_call(session, key, at=at)
        cursor, settings = module.cursor, settings_of(session, key)
    try:
        reply: Updates | None = hub.modules.call(key, "hub_poll", cursor=cursor, settings=settings, now=at)
    except ModuleBusy:
        return 0
    except ModuleFailure as failure:
        with hub.transaction(system_actor(via="module")) as session:
            note_failure(session, key, failure, at=at)
        return 0
    if reply is None:
        return 0
    results = [_take(hub, key, update) for update in reply.updates]
    with hub.transaction(system_actor(via="module")) as session:
        note_success(session, key, at=at)
        if all(result is not None for result in results):
            module = session.exec(select(Module).where(Module.key == key).with_for_update()).one()
            module.cursor = reply.cursor
            session.add(module)
    return sum(1 for result in results if result)


def _bridges(hub: Hub) -> list[str]:
    """Modules whose manifest names a network address: without one there is no system to ask."""
    at = hub.clock.now()
    with hub.transaction(system_actor()) as session:
        resting = set(resting_modules(session, at))
    return [
        module.key
        for module in hub.modules.modules()
        if module.key and module.key not in resting and module.manifest is not None and module.manifest.network
    ]


def _take(hub: Hub, key: str, update: Update) -> bool | None:
    """True when applied now, False when settled before or refused for good, None to be tried again."""
    try:
        with hub.transaction(system_actor(via="module", name=key)) as session:
            return _apply(session, key, update)
    except HubError as problem:
        log.warning("update not applied", module=key, error=problem.code)
        with hub.transaction(system_actor(via="module", name=key)) as session:
            return _note_problem(session, key, update, problem)


def _apply(session: Session, key: str, update: Update) -> bool:
    seen = _seen(session, key, update)
    if seen.state != "waiting":
        return False
    found = session.exec(
        select(Referral.id).where(Referral.module_key == key, Referral.module_ref == update.referral_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    referral = locked_referral(session, found)
    declared = declared_service(session, referral.service_key)
    by = system_actor(via="module", name=key)
    at = hub_of(session).clock.now()
    if update.receipt is not None:
        receipt = check_receipt(declared.service, update.receipt, module_key=key)
        apply_receipt(session, referral, receipt, declared, by=by, at=at)
    if update.changes is not None and not update.changes.problems:
        changes = check_changes(declared.service, referral.stage or "", update.changes, module_key=key, at=at)
        apply_changes(session, referral, changes, declared, entry_id=None, answers={}, by=by, at=at)
    seen.state = "done"
    seen.referral_id = referral.id
    session.add(seen)
    return True


def _note_problem(session: Session, key: str, update: Update, problem: HubError) -> bool | None:
    seen = _seen(session, key, update)
    if seen.state != "waiting":
        return False
    seen.attempts += 1
    seen.problem = problem.code
    if seen.attempts >= MOST_ATTEMPTS:
        seen.state = "refused"
    session.add(seen)
    return False if seen.state == "refused" else None


def _seen(session: Session, key: str, update: Update) -> ModuleUpdate:
    """The row of this piece of news, made at its first coming, under a lock."""
    session.execute(
        insert(ModuleUpdate)
        .values(id=new_id(), created_at=utc_now(), module_key=key, update_id=update.id, state="waiting", attempts=0)
        .on_conflict_do_nothing(index_elements=["module_key", "update_id"])
    )
    return session.exec(
        select(ModuleUpdate)
        .where(ModuleUpdate.module_key == key, ModuleUpdate.update_id == update.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
