"""The two tables of states: referrals and modules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from tests.reference.text import prose, table

from referral_hub.codes.states import REFERRAL_ENDED, REFERRAL_OPEN
from referral_hub.registry import lifecycle
from referral_hub.registry.circuit import FAILURES_TO_OPEN
from referral_hub.workflow import table as loop
from referral_hub.workflow.table import Demand, Party

_DEMANDS: dict[Demand, str] = {
    "consent": "a consent in force",
    "reason": "a reason from the code set",
    "outcome": "an outcome, and a service event or a reason why there is none",
    "recent": f"within {loop.REOPEN_DAYS} days of the end",
    "gone": "nobody is there any more who could end it",
    "sent": "it was sent",
    "lately": f"within {loop.UNDO_HOURS} hours, while nothing of it has left",
    "case": "the case is closed with it",
}


_EVERYTHING = """\
An administrator's action always needs a reason, which is recorded. Commands: [`hub modules`](command-line.md). What
the hub does by itself it does at its start, once an hour, and whenever someone looks (`hub modules list`, *Look
again*).
"""
_WHEN = {
    "approve": "the sheet was read; for a partner's module the number and date of an impact assessment (R41)",
    "upgrade": "an upgrade waits; as for `approve`. `hub modules approve` does either",
    "enable": "its settings are usable; a partner's module has passed `hub modules check` with just these files",
    "drain": "no new referrals; those that are open are served to the end",
    "disable": "at once; with open referrals only by `--force`, and each goes back to its sender as a task",
    "request_reassignment": "open referrals go back to their senders as tasks: all or some, on the module's page too",
    "remove": "the package is deleted; what it did stays readable",
    "discover": "a package was installed, or is usable again",
    "return": "a package that was approved before is back as it was",
    "require_reapproval": "other files lie there that ask for more than was approved",
    "ship": "a module in the hub's own environment was seen for the first time; it is enabled as well",
    "flag_tampered": "its files are not those that were approved, and the hub did not install them",
    "outdate": "its `api` is not this hub's",
    "block": "its version is on the list of known bad ones",
    "mark_broken": "its manifest cannot be read or is wrong",
    "mark_missing": "its package is gone",
    "fail": f"{FAILURES_TO_OPEN} calls in a row failed",
    "recover": "a call succeeded",
    "finish": "its last open referral has ended",
}
_NEXT = """\
### What to do next · 下一步

| State | What to do |
| --- | --- |
| `discovered` | read it (`hub modules show KEY`), `check`, then `approve` or `remove` it. \
Open referrals: `request_reassignment` |
| `approved` | `check` it if that was not done, then `enable` it |
| `enabled` | nothing |
| `degraded` | the page says what failed and since when; tell its provider. Referrals wait and are not lost |
| `draining` | help the offices close or redirect what is open; the page lists it. `enable` takes it back |
| `disabled` | `enable` it again, or `remove` it. \
Open referrals: `request_reassignment` |
| `incompatible` | upgrade the hub, or install a version of the module that fits it |
| `blocked` | install the version the page names, or remove it |
| `broken` | pass the words on the page to its provider, and install a fixed version |
| `missing` | install it again if it is still wanted; its history reads on without |
"""


def render() -> str:
    return "\n".join(
        [
            "# States · 状态\n",
            "## Referrals · 转介\n",
            prose(loop.__doc__) + "\n",
            table(("State", "中文", "English"), ((f"`{key}`", w.zh, w.en) for key, w in loop.STATES.items())),
            f"Open: {_keys(REFERRAL_OPEN)}. Ended: {_keys(REFERRAL_ENDED)}.\n",
            "### Transitions · 变化\n",
            table(
                ("Action", "中文", "English", "From", "To", "Who", "Demands"),
                (
                    (
                        f"`{line.action}`",
                        line.label.zh,
                        line.label.en,
                        _keys(line.before),
                        _after(line),
                        ", ".join(party for party in get_args(Party) if party in line.who),
                        "; ".join(words for key, words in _DEMANDS.items() if key in line.demands) or "—",
                    )
                    for line in loop.TRANSITIONS
                ),
            ),
            "## Modules · 模块\n",
            prose(lifecycle.__doc__) + "\n",
            table(
                ("State", "中文", "English", "New referrals", "Is called", "An administrator may"),
                (
                    (
                        f"`{key}`",
                        words.zh,
                        words.en,
                        "yes" if key in lifecycle.TAKING else "no",
                        "yes" if key in lifecycle.SERVING else "no",
                        ", ".join(f"`{action}`" for action in lifecycle.possible_actions(key)) or "—",
                    )
                    for key, words in lifecycle.STATES.items()
                ),
            ),
            "### What leads from one to another · 变化\n",
            _EVERYTHING,
            table(
                ("Action", "中文", "From", "To", "Who", "When, and what it needs"),
                (
                    (
                        f"`{line.action}`",
                        line.label.zh,
                        _before(line),
                        f"`{line.after}`" if line.after else "the same",
                        "an administrator" if line.who == "admin" else "the hub",
                        _WHEN[line.action],
                    )
                    for line in lifecycle.LINES
                ),
            ),
            _NEXT,
        ]
    )


def _after(line: loop.Transition) -> str:
    others = line.or_back_to - {line.after}
    return f"`{line.after}`" + (f", or where it stood: {_keys(others)}" if others else "")


def _before(line: lifecycle.Line) -> str:
    if set(lifecycle.STATES) <= line.before:
        return "any"
    named = [f"`{state}`" for state in lifecycle.STATES if state in line.before]
    return ", ".join([*(["never seen"] if None in line.before else []), *named])


def _keys(states: Iterable[str]) -> str:
    wanted = set(states)
    return ", ".join(f"`{state}`" for state in loop.STATES if state in wanted)
