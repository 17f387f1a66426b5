"""What a recipient may keep of what it was given: less when the client agrees to less, nothing after the last day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from referral_hub.codes.states import REFERRAL_ACCEPTED, REFERRAL_ENDED
from referral_hub.workflow.tasks import LOST_GROUNDS, Ground


def still_agreed(content: Mapping[str, object], fields: Sequence[str], agreed: Sequence[str]) -> dict[str, object]:
    """What stays readable of released `fields` when the client agrees to no more than `agreed`."""
    return {name: content[name] for name in fields if name in agreed and name in content}


def goes_beyond(fields: Sequence[str], agreed: Sequence[str]) -> bool:
    """Whether something was released that a consent to `agreed` does not cover."""
    return not set(fields) <= set(agreed)


class Grounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a recipient's access rests on, beside the referral: the last day that the notice named, how many days it
    may still read after a service, why the organisation may read nothing at all (`barred`), and whether a later
    referral to it has taken this one's place.
    """

    kept_until: date
    access_days: int
    barred: Literal["contract_ended", "organisation_suspended"] | None = None
    superseded: bool = False


def lost_ground(state: str, grounds: Grounds, *, ended_on: date | None, today: date) -> Ground | None:
    """Why the recipient may read no more, None while it may. `hub_lost_ground` asks the same of the database, whenever
    something is read. Who is served is spared the last day until the service ends (decision 0011).
    """
    if grounds.barred is not None:
        return grounds.barred
    if state not in REFERRAL_ACCEPTED and grounds.kept_until < today:
        return "retention_ended"
    if state not in REFERRAL_ENDED:
        return None
    if grounds.superseded:
        return "superseded"
    if ended_on is not None and ended_on + timedelta(days=grounds.access_days) < today:
        return "service_over"
    return None


def withdrawal_reason(state: str, task_kinds: Collection[str]) -> str:
    """Why a module is asked to stop and erase: how the referral ended, or what ground was lost.

    `task_kinds` are those of all tasks there ever were about the referral.
    """
    return next((kind for kind in task_kinds if kind in LOST_GROUNDS), state)
