"""The states of a module, and which acts lead from one to another. One table, as for referrals (design §6).

`discovered` waits for an administrator; `incompatible`, `broken` and `missing` say what is wrong with what is
installed; `approved` may be enabled; `enabled` takes referrals, `degraded` does too but failed lately; `draining` takes
no new ones and serves those it has; `disabled` serves none.
"""

from __future__ import annotations

from referral_hub.errors import HubError
from referral_hub.words import Label

STATES: dict[str, Label] = {
    "discovered": Label(zh="待核准", en="waiting for approval"),
    "incompatible": Label(zh="版本不相容", en="incompatible"),
    "broken": Label(zh="不能使用", en="broken"),
    "missing": Label(zh="已卸载", en="missing"),
    "approved": Label(zh="已核准", en="approved"),
    "enabled": Label(zh="启用中", en="enabled"),
    "degraded": Label(zh="启用中，时有故障", en="enabled, failing at times"),
    "draining": Label(zh="停收新转介", en="taking no new referrals"),
    "disabled": Label(zh="已停用", en="disabled"),
}
TAKING = frozenset({"enabled", "degraded"})
"""States in which new referrals may be sent to a module."""
FAULTY = frozenset({"incompatible", "broken", "missing"})

ACTS: dict[str, Label] = {
    "approve": Label(zh="核准", en="approve"),
    "enable": Label(zh="启用", en="enable"),
    "disable": Label(zh="停用", en="disable"),
}
_BEFORE: dict[str, frozenset[str]] = {
    "approve": frozenset({"discovered"}),
    "enable": frozenset({"approved", "draining", "disabled"}),
    "disable": frozenset({"approved", "enabled", "degraded"}),
}


class ModuleActImpossible(HubError):
    status = 409
    zh = "模块现在是「{state}」，不能{act}。请刷新页面看最新情况。"
    en = "The module is “{state}”; one cannot {act} it now. Reload the page to see where it stands."


class ReasonMissing(HubError):
    status = 422
    zh = "请写明原因，将来查阅时要用。"
    en = "Say why, for whoever reads this later."


def possible_acts(state: str) -> list[str]:
    """What an administrator may do with a module in this state."""
    return [act for act, before in _BEFORE.items() if state in before]


def check_act(act: str, state: str) -> None:
    """Raise `ModuleActImpossible` unless the act may follow the state."""
    if state not in _BEFORE[act]:
        raise ModuleActImpossible(state=STATES.get(state, Label(zh=state, en=state)), act=ACTS[act])


def state_when_found(before: str | None, *, found: str, approved: bool) -> str:
    """Where a module stands after a look at what is installed.

    `before` is its state until now (None: never seen), `found` what discovery says, `approved` whether this very
    manifest was approved. A module that comes back as it was approved is disabled until somebody enables it.
    """
    if found != "discovered":
        return found
    if before is None or before in FAULTY:
        return "disabled" if approved else "discovered"
    return before
