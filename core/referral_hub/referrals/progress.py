"""When the provider's next word is due while it serves, and the result once the planned end has passed (R26).

Moving in and out of service sets and clears both (`transitions.apply_transition`); here is what a word in between
changes. A reminder is for people: nothing is refused because it passed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from referral_hub.api.manifest import Times
from referral_hub.calendar.clock import end_of, local_date, start_of
from referral_hub.calendar.deadlines import after_working_days
from referral_hub.hub import Transaction
from referral_hub.tables.referrals import Referral


def word_after(session: Transaction, service_key: str, at: datetime) -> datetime:
    """Until when the next word is due after one at `at`: the end of the local day `word_days` days later."""
    return end_of(local_date(at) + timedelta(days=_times(session, service_key).word_days))


def feedback_after(session: Transaction, service_key: str, last_day: date) -> datetime:
    """Until when the result is due of a service planned until `last_day`: `feedback_days` working days later."""
    return after_working_days(session.special_days, start_of(last_day), _times(session, service_key).feedback_days)


def note_word(session: Transaction, referral: Referral, *, at: datetime) -> None:
    """The provider has told something about a locked referral: from now on the next word is due.

    Who writes after the planned end says that it goes on, so the result is asked for that much later. On hold nothing
    is due (R32).
    """
    if referral.state == "in_service":
        referral.word_by = word_after(session, referral.service_key, at)
    if referral.feedback_by is not None:
        later = feedback_after(session, referral.service_key, local_date(at))
        referral.feedback_by = max(referral.feedback_by, later)
    session.add(referral)
    session.flush()


def _times(session: Transaction, service_key: str) -> Times:
    """The usual times where the module is gone: nothing may fail because of a reminder."""
    found = session.hub.modules.find_service(service_key)
    return found.service.times if found else Times()
