"""The states of a module, and which actions lead from one to another. One table, as for referrals.

`discovered` waits for an administrator; `incompatible`, `blocked`, `broken` and `missing` say what is wrong with what
is installed; `approved` may be enabled; `enabled` takes referrals, `degraded` does too but failed lately; `draining`
takes no new ones and serves those it has; `disabled` serves none. A change that is not in the table is impossible,
whoever makes it. Each is an event with actor, time and reason, in a table that only grows.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

from referral_hub.errors import HubError
from referral_hub.i18n import Label

STATES: dict[str, Label] = {
    "discovered": Label(zh="待核准", en="awaiting approval"),
    "incompatible": Label(zh="版本不相容", en="incompatible"),
    "blocked": Label(zh="此版本已禁用", en="this version is blocked"),
    "broken": Label(zh="不能使用", en="broken"),
    "missing": Label(zh="已卸载", en="missing"),
    "approved": Label(zh="已核准", en="approved"),
    "enabled": Label(zh="启用中", en="enabled"),
    "degraded": Label(zh="启用中，时有故障", en="enabled, failing at times"),
    "draining": Label(zh="停收新转介", en="accepting no new referrals"),
    "disabled": Label(zh="已停用", en="disabled"),
}
TAKING = frozenset({"enabled", "degraded"})
"""States in which new referrals may be sent to a module."""
SERVING = TAKING | {"draining"}
"""States in which a module is called at all."""
FAULTY = frozenset({"incompatible", "blocked", "broken", "missing"})
KNOWN = frozenset({"approved", "enabled", "degraded", "draining", "disabled"})
"""States of a module whose manifest was approved."""

Who = Literal["admin", "hub"]


class Line(msgspec.Struct, frozen=True):
    """One line of the table; `before` may hold None, a module never seen. `after` None: the state stays."""

    action: str
    label: Label
    before: frozenset[str | None]
    after: str | None
    who: Who


def _line(action: str, zh: str, en: str, before: Collection[str | None], after: str | None, who: Who) -> Line:
    return Line(action, Label(zh=zh, en=en), frozenset(before), after, who)


LINES: tuple[Line, ...] = (
    _line("approve", "核准", "approve", {"discovered"}, "approved", "admin"),
    _line("upgrade", "核准升级", "approve the upgrade", KNOWN, None, "admin"),
    _line("enable", "启用", "enable", {"approved", "draining", "disabled"}, "enabled", "admin"),
    _line("drain", "停收新转介", "drain", TAKING, "draining", "admin"),
    _line("disable", "停用", "disable", SERVING | {"approved"}, "disabled", "admin"),
    _line(
        "request_reassignment",
        "交还未结转介",
        "request reassignment of open referrals",
        frozenset(STATES) - TAKING,
        None,
        "admin",
    ),
    _line(
        "remove",
        "卸载",
        "uninstall",
        (FAULTY | {"discovered", "approved", "disabled"}) - {"missing"},
        "missing",
        "admin",
    ),
    _line("discover", "发现", "discover", FAULTY | {None}, "discovered", "hub"),
    _line("return", "重新装入", "reinstall", FAULTY, "disabled", "hub"),
    _line("require_reapproval", "升级要求更多", "require approval again", KNOWN, "discovered", "hub"),
    _line("ship", "随系统安装", "install with the hub", {None}, "approved", "hub"),
    _line("flag_tampered", "文件被改动", "flag changed files", KNOWN, "discovered", "hub"),
    _line("outdate", "版本不相容", "mark as incompatible", frozenset(STATES) | {None}, "incompatible", "hub"),
    _line("block", "禁用此版本", "block this version", frozenset(STATES) | {None}, "blocked", "hub"),
    _line("mark_broken", "无法读取", "mark as unreadable", frozenset(STATES) | {None}, "broken", "hub"),
    _line("mark_missing", "已不在", "mark as missing", frozenset(STATES) | {None}, "missing", "hub"),
    _line("fail", "接连失败", "mark as failing", {"enabled"}, "degraded", "hub"),
    _line("recover", "恢复", "recover", {"degraded"}, "enabled", "hub"),
    _line("finish", "转介已全部结束", "finish draining", {"draining"}, "disabled", "hub"),
)
ACTIONS: dict[str, Label] = {line.action: line.label for line in LINES if line.who == "admin"}
_BY_ACTION = {line.action: line for line in LINES}


class ModuleActionImpossible(HubError):
    status = 409
    zh = "模块现在是「{state}」，不能{action}。请刷新页面看最新情况。"
    en = "The module is “{state}”, so this is not possible: {action}. Reload the page for its current state."


class ReasonMissing(HubError):
    status = 422
    zh = "请写明原因，将来查阅时要用。"
    en = "State the reason; it is needed for later review."


def possible_actions(state: str) -> list[str]:
    """What an administrator may do with a module in this state."""
    return [line.action for line in LINES if line.who == "admin" and state in line.before]


def state_after(action: str, state: str | None) -> str:
    """Where the action leads from this state. Raises `ModuleActionImpossible` when the table has no such line."""
    line = _BY_ACTION[action]
    if state not in line.before:
        named = STATES.get(state or "", Label(zh="未知", en="unknown"))
        raise ModuleActionImpossible(state=named, action=line.label)
    return line.after or state or ""


def action_when_found(
    before: str | None, *, found: str, approved: bool, altered: bool = False, widened: bool = False
) -> str | None:
    """What a look at the installed package makes of a module; None when nothing changes.

    `before` is its state until now (None: never seen), `found` what discovery says, `approved` whether this very
    manifest was approved, `altered` whether files are others than those approved or installed by the hub since,
    `widened` whether it asks for more. A module that comes back as it was approved is disabled until someone enables
    it.
    """
    if found != "discovered":
        faults = {"incompatible": "outdate", "blocked": "block", "broken": "mark_broken", "missing": "mark_missing"}
        return faults[found] if before != found else None
    if before is None:
        return "discover"
    if before in FAULTY:
        return "return" if approved and not altered else "discover"
    if before in KNOWN and altered:
        return "flag_tampered"
    return "require_reapproval" if before in KNOWN and widened else None
