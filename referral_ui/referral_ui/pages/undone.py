"""What is said after a step was taken back."""

from __future__ import annotations

from referral_hub.audit.catalogue import ACTIONS
from referral_hub.i18n import Label
from referral_hub.referrals.undoing import Undone
from referral_hub.workflow.table import STATES


def undone(found: Undone) -> Label:
    """Which step, and where the referral stands again."""
    act, state = ACTIONS[f"referral.{found.act}"], STATES[found.state]
    return Label(
        zh=f"已撤销「{act.zh}」，转介回到「{state.zh}」。",
        en=f"“{act.en}” has been undone; the referral is “{state.en}” again.",
    )
