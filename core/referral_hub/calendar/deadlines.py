"""Deadlines in working days, by the official calendar and by the days an office loaded itself."""

from __future__ import annotations

from datetime import datetime

from referral_hub.calendar.clock import end_of, local_date
from referral_hub.calendar.working_days import SpecialDays, add_working_days


def after_working_days(special: SpecialDays, at: datetime, days: int) -> datetime:
    """The end of the local day that lies `days` working days after `at`: met until midnight."""
    return end_of(add_working_days(local_date(at), days, special))
