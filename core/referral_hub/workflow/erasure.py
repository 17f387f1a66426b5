"""What a recipient may keep of what it was given: less when the client agrees to less, nothing after the last day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from referral_hub.codes.states import REFERRAL_ENDED
from referral_hub.workflow.tasks import RETENTION_EXPIRED


def still_agreed(content: Mapping[str, object], fields: Sequence[str], agreed: Sequence[str]) -> dict[str, object]:
    """What stays readable of released `fields` when the client agrees to no more than `agreed`."""
    return {name: content[name] for name in fields if name in agreed and name in content}


def goes_beyond(fields: Sequence[str], agreed: Sequence[str]) -> bool:
    """Whether something was released that a consent to `agreed` does not cover."""
    return not set(fields) <= set(agreed)


def retention_ended(state: str, *, readable: bool, kept_until: date, today: date) -> bool:
    """Whether what was given is taken back. Who is still served is spared until the service ends (decision 0011)."""
    return state in REFERRAL_ENDED and readable and kept_until < today


def withdrawal_reason(state: str, task_kinds: Collection[str]) -> str:
    """Why a module is told to stop and erase: how the referral ended, or that the retention period has.

    `task_kinds` are those of all tasks there ever were about the referral.
    """
    return RETENTION_EXPIRED if RETENTION_EXPIRED in task_kinds else state
