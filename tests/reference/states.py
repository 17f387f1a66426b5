"""The two tables of states: referrals and modules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from tests.reference.text import prose, table

from referral_hub.modules import lifecycle
from referral_hub.referrals import transitions
from referral_hub.referrals.transitions import Demand, Party

_DEMANDS: dict[Demand, str] = {
    "consent": "a consent in force",
    "reason": "a reason from the code set",
    "outcome": "an outcome, and a service event or a reason why there is none",
    "recent": f"within {transitions.REOPEN_DAYS} days of the end",
}


def render() -> str:
    return "\n".join(
        [
            "# States · 状态\n",
            "## Referrals · 转介\n",
            prose(transitions.__doc__) + "\n",
            table(("State", "中文", "English"), ((f"`{key}`", w.zh, w.en) for key, w in transitions.STATES.items())),
            f"Open: {_keys(transitions.OPEN)}. Ended: {_keys(transitions.ENDED)}.\n",
            "### Transitions · 变化\n",
            table(
                ("Act", "中文", "English", "From", "To", "Who", "Demands"),
                (
                    (
                        f"`{line.act}`",
                        line.label.zh,
                        line.label.en,
                        _keys(line.before),
                        f"`{line.after}`",
                        ", ".join(party for party in get_args(Party) if party in line.who),
                        "; ".join(words for key, words in _DEMANDS.items() if key in line.demands) or "—",
                    )
                    for line in transitions.TRANSITIONS
                ),
            ),
            "## Modules · 模块\n",
            prose(lifecycle.__doc__) + "\n",
            table(
                ("State", "中文", "English", "An administrator may"),
                (
                    (f"`{key}`", words.zh, words.en, ", ".join(lifecycle.possible_acts(key)) or "—")
                    for key, words in lifecycle.STATES.items()
                ),
            ),
        ]
    )


def _keys(states: Iterable[str]) -> str:
    wanted = set(states)
    return ", ".join(f"`{state}`" for state in transitions.STATES if state in wanted)
