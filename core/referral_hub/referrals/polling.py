"""News from a partner's own system, brought by a module that bridges to it.

It comes at least once and in any order. What a poll brings is kept, each piece once by its id, in the transaction
that moves the cursor on, so no piece stands in the way of the next. Then each is applied: the answer before what
followed it, the outcome last. One that does not fit yet (the outcome of a referral that nobody has accepted) is tried
again at every poll for `MAX_UPDATE_WAIT`; one for a referral that is unknown, or has ended, is refused at once.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from referral_hub.actor import system_actor
from referral_hub.api import Update, Updates
from referral_hub.assistance.errors import LedgerRefusal
from referral_hub.errors import HubError
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.isolation.errors import ModuleBusy, ModuleFailure
from referral_hub.modules.breaker import begin_call, note_failure, note_success, open_circuits
from referral_hub.modules.faults import note_fault
from referral_hub.modules.settings import settings_of
from referral_hub.referrals.replies import take_changes, take_receipt
from referral_hub.referrals.state import Locked, declared_service, lock_referral
from referral_hub.registry.lifecycle import SERVING
from referral_hub.registry.reply_checks import check_changes, check_receipt
from referral_hub.tables.modules import Module
from referral_hub.tables.referrals import ModuleUpdate, Referral
from referral_hub.workflow.errors import NewsTooEarly, NewsUnknown
from referral_hub.workflow.updates import check_in_care, check_open, is_final, update_order

if TYPE_CHECKING:
    from referral_hub.hub import Hub

log = structlog.get_logger()

_MAX_AT_ONCE = 500
_KINDS = ("answer", "progress", "outcome")


def poll_modules(hub: Hub) -> int:
    """Ask every module that reaches a partner's system for news. Returns how many pieces were applied."""
    return sum(poll_module(hub, key) for key in _bridges(hub))


def poll_module(hub: Hub, key: str) -> int:
    """Ask one module, keep what it brings, apply what fits. Returns how many pieces were applied."""
    at = hub.clock.now()
    with hub.transaction(system_actor(via="module")) as session:
        module = session.exec(select(Module).where(Module.key == key)).one_or_none()
        if module is None or module.state not in SERVING:
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
    with hub.transaction(system_actor(via="module", name=key)) as session:
        for news in reply.updates:
            _keep(session, key, news, at)
        if reply.cursor is not None:
            module = session.exec(select(Module).where(Module.key == key).with_for_update()).one()
            module.cursor = reply.cursor
            session.add(module)
        note_success(session, key, at=at)
    return _settle(hub, key, at)


def _bridges(hub: Hub) -> list[str]:
    """Modules whose manifest names a network address: without one there is no system to ask."""
    at = hub.clock.now()
    with hub.transaction(system_actor()) as session:
        resting = set(open_circuits(session, at))
    return [
        module.key
        for module in hub.modules.modules()
        if module.key and module.key not in resting and module.manifest is not None and module.manifest.network
    ]


def _keep(session: Transaction, key: str, news: Update, at: datetime) -> None:
    """Keep one piece of news, unless it came before."""
    row_id = new_id()
    session.execute(
        insert(ModuleUpdate)
        .values(
            id=row_id,
            created_at=at,
            module_key=key,
            update_id=news.id,
            referral_id=_referral_id(session, key, news),
            state="waiting",
            attempts=0,
            content=session.cipher.encrypt_json(msgspec.to_builtins(news), f"module_update:{row_id}"),
        )
        .on_conflict_do_nothing(index_elements=["module_key", "update_id"])
    )


def _settle(hub: Hub, key: str, at: datetime) -> int:
    """Apply what waits, again and again while one piece makes way for another."""
    applied = 0
    while progress := sum(_try(hub, key, row_id, at) for row_id in _waiting(hub, key)):
        applied += progress
    return applied


def _waiting(hub: Hub, key: str) -> list[UUID]:
    """What waits: answers first, outcomes last, else in the order of arrival."""
    with hub.transaction(system_actor(via="module", name=key)) as session:
        rows = session.exec(
            select(ModuleUpdate)
            .where(ModuleUpdate.module_key == key, ModuleUpdate.state == "waiting")
            .order_by(col(ModuleUpdate.created_at), col(ModuleUpdate.id))
            .limit(_MAX_AT_ONCE)
        ).all()
        ranked = [(update_order(_read(session, row)), index, row.id) for index, row in enumerate(rows)]
    return [row_id for _, _, row_id in sorted(ranked)]


def _try(hub: Hub, key: str, row_id: UUID, at: datetime) -> bool:
    """True when the piece was applied now."""
    try:
        with hub.transaction(system_actor(via="module", name=key)) as session:
            row = _locked(session, row_id)
            if row.state != "waiting":
                return False
            _apply(session, key, _read(session, row), at)
            row.state, row.content, row.problem = "done", None, None
            session.add(row)
            return True
    except HubError as problem:
        with hub.transaction(system_actor(via="module", name=key)) as session:
            _note_problem(session, _locked(session, row_id), problem, at)
        return False


def _apply(session: Transaction, key: str, news: Update, at: datetime) -> None:
    """Write one piece of news as if its referral's module had just said it. Raises a HubError where it does not fit."""
    found = _referral_id(session, key, news)
    if found is None:
        raise NewsUnknown
    locked = lock_referral(session, found)
    check_open(locked.state)
    declared = declared_service(session, locked.row.service_key)
    by = system_actor(via="module", name=key)
    if news.receipt is not None:
        receipt = check_receipt(declared.service, news.receipt, module_key=key, at=at)
        effects = take_receipt(session, locked, receipt, declared, polled=True, by=by, at=at)
        locked = Locked(locked.row, effects.after)
    if news.changes is not None and not news.changes.problems:
        check_in_care(locked.state)
        changes = check_changes(
            declared.service,
            locked.state.stage or "",
            news.changes,
            module_key=key,
            sent_at=locked.state.sent_at,
            at=at,
        )
        take_changes(session, locked, changes, declared, polled=True, by=by, at=at)


def _note_problem(session: Transaction, row: ModuleUpdate, problem: HubError, at: datetime) -> None:
    if row.state != "waiting":
        return
    first = row.problem != problem.code
    if first:
        log.warning("news not applied", module=row.module_key, error=problem.code)
    row.attempts += 1
    row.problem = problem.code
    refused = is_final(problem, at - row.created_at)
    # What is only early comes right by itself; what breaks the rules is told at once, though it is tried again.
    if refused or (first and not isinstance(problem, NewsTooEarly)):
        detail = str(problem.details.get("detail", "")) or f"hub_poll: {_KINDS[update_order(_read(session, row))]}"
        # What is left of a fund is told to its own organisation, never on the module's page.
        told = LedgerRefusal() if isinstance(problem, LedgerRefusal) else problem
        note_fault(session, row.module_key, told, what="news", detail=detail, at=at)
    if refused:
        row.state, row.content = "refused", None
    session.add(row)


def _referral_id(session: Transaction, key: str, news: Update) -> UUID | None:
    return session.exec(
        select(Referral.id).where(Referral.module_key == key, Referral.module_ref == news.referral_id)
    ).one_or_none()


def _read(session: Transaction, row: ModuleUpdate) -> Update:
    assert row.content is not None, "news that waits is kept"
    return msgspec.convert(session.cipher.decrypt_json(row.content, f"module_update:{row.id}"), Update)


def _locked(session: Transaction, row_id: UUID) -> ModuleUpdate:
    return session.exec(
        select(ModuleUpdate)
        .where(ModuleUpdate.id == row_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
