"""A clock, a client and a consent for tests: no hub, no database, no real person.

They obey the hub's own rules, imported and not written again: what a consent may cover, how long it may run, which
facts of a client exist at all.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Literal

from referral_hub.api import Service
from referral_hub.calendar.clock import FixedClock, local_date
from referral_hub.calendar.working_days import add_working_days
from referral_hub.codes.case_fields import FIELDS
from referral_hub.consent.rules import check_categories, valid_until
from referral_hub.testing import samples
from referral_hub.workflow.events import Agreement
from referral_hub.workflow.release import agreed_fields

_EVERYDAY: dict[str, Any] = {
    "display_name": "小周",
    "full_name": "周示例",
    "phone": "13800138000",
    "contact_note": "下午两点以后打电话",
    "need_summary": "希望尽快得到帮助",
    "goals": "把眼前的事办好",
    "wish": "愿意配合安排",
    "id_number": "99999919900307391X",
    "referrer_name": "林晓岚",
    "referrer_office": "青禾街道办事处",
}


class FakeClock(FixedClock):
    """Stands still until the test moves it. Starts on Monday 2 March 2026, 09:30 in Shanghai."""

    def __init__(self, at: datetime = samples.NOW) -> None:
        super().__init__(at)

    @property
    def today(self) -> date:
        """The date on the office's wall calendar."""
        return local_date(self.now())

    def move(self, *, days: int = 0, hours: int = 0, working_days: int = 0) -> datetime:
        """Move on and return the new time. `working_days` go by the calendar of mainland China."""
        ahead = add_working_days(self.today, working_days) - self.today
        return self.advance(ahead + timedelta(days=days, hours=hours))


class FakeCase:
    """A made-up client. `facts` holds what the hub knows, by the field names of the catalogue (`manifest.fields`).

    Everything is known unless you say otherwise: `FakeCase(phone=None)` is a client without a telephone. A name that
    no case has raises LookupError: nothing else can ever be released.
    """

    def __init__(self, **facts: Any) -> None:
        unknown = sorted(set(facts) - set(FIELDS))
        if unknown:
            raise LookupError(f"a case has no field {', '.join(unknown)}; it has {', '.join(sorted(FIELDS))}")
        everyday = {name: _EVERYDAY.get(name, samples.case_value(name)) for name in FIELDS}
        self.facts: dict[str, Any] = {name: value for name, value in {**everyday, **facts}.items() if value is not None}


class FakeConsent:
    """One client's agreement that one service may know some categories of data, until a day.

    Raises what the hub raises for categories that the service does not ask for, or for none at all. `fields` are the
    names it covers; `state` is given, withdrawn or expired.
    """

    def __init__(
        self,
        case: FakeCase,
        service: Service,
        *,
        categories: Collection[str],
        excluded_fields: Collection[str] = (),
        on: date,
        days: int | None = None,
    ) -> None:
        check_categories(service, categories)
        self.case = case
        self.service = service
        self.categories = frozenset(categories)
        self.fields = agreed_fields(service, self.categories, excluded_fields)
        self.valid_from = on
        self.valid_until = valid_until(on, days, service)
        self.state: Literal["given", "withdrawn", "expired"] = "given"

    def in_force(self, on: date) -> bool:
        """Whether something may be sent under it on that day."""
        return self.state == "given" and self.valid_from <= on <= self.valid_until

    @property
    def agreement(self) -> Agreement | None:
        """The consent as the hub's rules see it, None once it has ended."""
        if self.state != "given":
            return None
        return Agreement(
            number="DEMO",
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            categories=self.categories,
            fields=frozenset(self.fields),
        )
