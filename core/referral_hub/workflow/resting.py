"""Who is not asked again for a while: a place that declined, and what the client refused (R8, R27).

Search, page and send ask the same question here, so none recommends what another would stop.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import msgspec

from referral_hub.calendar.clock import local_date
from referral_hub.codes.declines import ASK_AGAIN_DAYS, ASK_AGAIN_REASONS, DECLINE_NEXT_STEPS, DECLINE_REASONS
from referral_hub.i18n import Label
from referral_hub.workflow.errors import DeclinedRecently

RESTS_FOR = timedelta(days=ASK_AGAIN_DAYS)
CLIENT_REFUSED = "client_refused"


class PastRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """A decline by the recipient that a referral would go to, or the client's own no to it.

    `same_offering`: whether it was about the very offering. `number` is that of the referral, None for a consent that
    the client refused.
    """

    reason: str
    at: datetime
    same_offering: bool
    number: str | None = None


class Resting(msgspec.Struct, frozen=True, kw_only=True):
    """Why a place is not asked again before `until`, unless for one of the reasons in `asked_again`."""

    reason: str
    number: str | None
    since: date
    until: date
    asked_again: tuple[str, ...]

    @property
    def label(self) -> Label:
        """What happened, in a line."""
        why = DECLINE_REASONS[self.reason]
        since, until = self.since.isoformat(), self.until.isoformat()
        return Label(
            zh=f"{since} 因「{why.zh}」没有办成，{until} 以前不再询问。",
            en=f"Not successful on {since} ({why.en.lower()}); do not ask again before {until}.",
        )


def resting(refusals: Iterable[PastRefusal], *, now: datetime) -> Resting | None:
    """The refusal that still keeps the place from being asked, the latest where several do."""
    kept = [one for one in refusals if _rests(one, now)]
    if not kept:
        return None
    last = max(kept, key=lambda one: one.at)
    return Resting(
        reason=last.reason,
        number=last.number,
        since=local_date(last.at),
        until=local_date(last.at + RESTS_FOR),
        asked_again=DECLINE_NEXT_STEPS[last.reason].asked_again,
    )


def check_asked_again(rest: Resting | None, asked_again: str | None, *, recipient: str | Label) -> None:
    """Raises `DeclinedRecently` where the place rests and nothing recorded allows it to be asked all the same."""
    if rest is None or asked_again in rest.asked_again:
        return
    allowed = [ASK_AGAIN_REASONS[code] for code in rest.asked_again]
    raise DeclinedRecently(
        field="asked_again",
        recipient=recipient,
        why=rest.label,
        allowed=Label(
            zh="或".join(f"「{one.zh}」" for one in allowed), en=" or ".join(f"“{one.en}”" for one in allowed)
        ),
    )


def _rests(refusal: PastRefusal, now: datetime) -> bool:
    step = DECLINE_NEXT_STEPS.get(refusal.reason)
    if step is None or now >= refusal.at + RESTS_FOR:
        return False
    return step.rests == "service" or (step.rests == "offering" and refusal.same_offering)
