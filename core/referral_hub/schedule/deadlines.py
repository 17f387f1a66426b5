"""Deadlines in working days, by the official calendar and by the days an office loaded itself."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from referral_hub.schedule.clock import end_of, local_date
from referral_hub.schedule.working_days import add_working_days
from referral_hub.storage.engine import hub_of


def after_working_days(session: Session, at: datetime, days: int) -> datetime:
    """The end of the local day that lies `days` working days after `at`: met until midnight."""
    return end_of(add_working_days(local_date(at), days, hub_of(session).loaded_days.get(session)))
