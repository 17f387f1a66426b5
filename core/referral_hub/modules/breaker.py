"""The circuit breaker of each module, kept in its row, so that every hub process leaves a failing module alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import or_
from sqlmodel import col, select

from referral_hub.actor import system_actor
from referral_hub.errors import HubError
from referral_hub.hub import Transaction
from referral_hub.modules.events import SETTINGS, UNCHECKED, apply_action
from referral_hub.modules.faults import note_fault
from referral_hub.registry.circuit import Circuit, after_failure, after_success, begin_probe
from referral_hub.registry.lifecycle import SERVING, TAKING
from referral_hub.tables.modules import Module

if TYPE_CHECKING:
    from referral_hub.hub import Hub

_HUB = system_actor(name="hub")


def open_circuits(session: Transaction, at: datetime) -> Sequence[str]:
    """Keys of the modules that are not to be called now: their circuit is open, or they are not in use."""
    closed = col(Module.state).not_in(SERVING)
    return session.exec(select(Module.key).where(or_(col(Module.open_until) > at, closed))).all()


def modules_out_of_use(session: Transaction) -> Sequence[str]:
    """Keys of the modules that are not called at all, until an administrator changes that."""
    return session.exec(select(Module.key).where(col(Module.state).not_in(SERVING))).all()


def closed_modules(session: Transaction) -> frozenset[str]:
    """Keys of the modules that take no new referrals. A module nobody has taken note of yet is not among them."""
    return frozenset(session.exec(select(Module.key).where(col(Module.state).not_in(TAKING))).all())


def is_serving(session: Transaction, key: str) -> bool:
    """Whether the module may be called at all; one nobody has taken note of yet may."""
    state = session.exec(select(Module.state).where(Module.key == key)).one_or_none()
    return state is None or state in SERVING


def begin_call(session: Transaction, key: str, *, at: datetime) -> None:
    """Before a call: if the pause of an open circuit is over, this call is the one probe."""
    module = _locked(session, key)
    if module is not None and module.open_until is not None:
        _keep(session, module, begin_probe(_circuit(module), at))


def note_success(session: Transaction, key: str, *, at: datetime) -> None:
    """The module answered: its circuit closes, and a degraded module is well again."""
    module = session.exec(
        select(Module).where(Module.key == key, (Module.failures > 0) | (Module.state == "degraded"))
    ).one_or_none()
    if module is None:
        return
    locked = _locked(session, key)
    if locked is None:
        return
    if locked.state == "degraded":
        apply_action(session, locked, "recover", reason="模块恢复回应", by=_HUB, at=at)
    if locked.reason.get("code") not in (SETTINGS, UNCHECKED):
        locked.reason = {}
    _keep(session, locked, after_success(_circuit(locked)))


def note_failure(session: Transaction, key: str, failure: HubError, *, at: datetime) -> None:
    """One more failure: the third in a row opens the circuit, and the administrator's page says why."""
    module = _locked(session, key)
    if module is None:
        return
    note_fault(session, key, failure, what="call", at=at)
    circuit = after_failure(_circuit(module), at)
    if circuit.tripped and module.state == "enabled":
        apply_action(session, module, "fail", reason=failure.label.zh, by=_HUB, at=at)
    module.reason = {
        "code": failure.code,
        "zh": failure.label.zh,
        "en": failure.label.en,
        "detail": str(failure.details.get("detail", ""))[:500],
        "at": at.isoformat(),
    }
    _keep(session, module, circuit)


def record_observations(hub: Hub) -> int:
    """Write down how modules answered on pages of this process. Returns how many failures that were. For a job."""
    number = 0
    for key, failures in hub.modules.observations.take().items():
        with hub.transaction(system_actor(via="module")) as session:
            for failure in failures:
                note_failure(session, key, failure, at=hub.clock.now())
            if not failures:
                note_success(session, key, at=hub.clock.now())
        number += len(failures)
    return number


def _locked(session: Transaction, key: str) -> Module | None:
    return session.exec(
        select(Module).where(Module.key == key).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()


def _circuit(module: Module) -> Circuit:
    return Circuit(failures=module.failures, open_until=module.open_until, open_seconds=module.open_seconds)


def _keep(session: Transaction, module: Module, circuit: Circuit) -> None:
    module.failures = circuit.failures
    module.open_until = circuit.open_until
    module.open_seconds = circuit.open_seconds
    session.add(module)
    session.flush()
