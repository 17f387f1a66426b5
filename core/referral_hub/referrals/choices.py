"""A place chosen for a need, as the rules see it: what stands against it is loaded here for search, draft and send."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, and_, or_, select
from sqlmodel import col

from referral_hub.api import Screening
from referral_hub.calendar.clock import local_date
from referral_hub.cases.facts import Searcher, searcher_for_case
from referral_hub.codes.states import REFERRAL_OPEN
from referral_hub.directory.place_counts import PlaceUse, capacity_of, groups_of_offerings, use_of_offerings
from referral_hub.directory.rules import closed_reason, conditions
from referral_hub.directory.screening import Asked, ModuleEnquiries
from referral_hub.hub import Transaction
from referral_hub.tables.cases import ClientCase, Need
from referral_hub.tables.consent import Consent
from referral_hub.tables.directory import Offering
from referral_hub.tables.referrals import Referral
from referral_hub.workflow.eligibility import Client, Fit, ages_of, assess
from referral_hub.workflow.events import Choice, Destination
from referral_hub.workflow.resting import CLIENT_REFUSED, RESTS_FOR, PastRefusal, Resting, resting


class _Refusal(msgspec.Struct, frozen=True):
    """What was said no to: an offering (None: whatever the service of that recipient offers), when and why."""

    recipient_id: UUID
    service_key: str
    offering_id: UUID | None
    reason: str
    at: datetime
    number: str | None


class Refusals(msgspec.Struct, frozen=True):
    """All that was said no to about a client within the last `RESTS_FOR`, to ask about several places at once."""

    found: tuple[_Refusal, ...]

    def about(self, *, offering_id: UUID, recipient_id: UUID, service_key: str) -> tuple[PastRefusal, ...]:
        return tuple(
            PastRefusal(
                reason=one.reason, at=one.at, number=one.number, same_offering=one.offering_id in (None, offering_id)
            )
            for one in self.found
            if one.recipient_id == recipient_id and one.service_key == service_key
        )

    def rest(self, *, offering_id: UUID, recipient_id: UUID, service_key: str, at: datetime) -> Resting | None:
        """Why this place is not asked again for now."""
        return resting(self.about(offering_id=offering_id, recipient_id=recipient_id, service_key=service_key), now=at)


def refusals_of_case(session: Transaction, case_id: UUID, *, at: datetime) -> Refusals:
    """Declines of the client's referrals, and what the client did not agree to and has not agreed to since."""
    declined = session.execute(
        select(*_DECLINE).where(
            col(Referral.case_id) == case_id, col(Referral.state) == "declined", col(Referral.ended_at) > at - RESTS_FOR
        )
    )
    return Refusals((*map(_declined, declined), *_refused_consents(session, case_id, at=at)))


def screening_for(session: Transaction, case_id: UUID, offering_id: UUID, *, at: datetime) -> Screening | None:
    """What the module says of this client and offering. To be asked before anything is locked; None where there is no
    such offering or module, which the choice itself says.
    """
    offering = session.get(Offering, offering_id)
    found = session.hub.modules.find_service(offering.service_key) if offering is not None else None
    if offering is None or found is None:
        return None
    counted = [offering.id] if found.service.capacity == "places" else []
    asked = Asked(
        id=offering.id,
        settings=offering.settings,
        groups=groups_of_offerings(session, counted, at=at).get(offering.id, []),
        places=capacity_of(session, offering, found.service.capacity),
    )
    facts = searcher_for_case(session, case_id).facts
    return ModuleEnquiries(session, session.hub.modules, at).screening(found, asked, facts)


def choice_at_draft(
    session: Transaction,
    need: Need,
    offering: Offering,
    *,
    recipient: str,
    asked_again: str | None,
    screening: Screening | None = None,
    at: datetime,
) -> Choice:
    """The choice when a draft is begun or changed: no consent is asked for yet."""
    client = searcher_for_case(session, need.case_id)
    refusals = refusals_of_case(session, need.case_id, at=at)
    return Choice(
        destination=_destination(session, offering, recipient=recipient, at=at),
        need_state=need.state,
        twin=session.execute(
            select(col(Referral.number)).where(
                col(Referral.need_id) == need.id,
                col(Referral.offering_id) == offering.id,
                col(Referral.state).in_(REFERRAL_OPEN),
            )
        ).scalar(),
        refusals=refusals.about(
            offering_id=offering.id, recipient_id=offering.organisation_id, service_key=offering.service_key
        ),
        asked_again=asked_again,
        fit=_fit(session, client, offering, screening=screening, at=at),
    )


def choice_at_send(
    session: Transaction,
    referral: Referral,
    need: Need,
    offering: Offering,
    *,
    client: Searcher,
    recipient: str,
    at: datetime,
) -> Choice:
    """The choice once more when it is sent. The consent in force is the client's latest word, so an earlier no of
    theirs counts no more; what recipients have said does. One statement for twin and declines.

    The module was asked when the place was chosen, and is not asked again under the locks of a send; what the hub
    itself knows may have changed since.
    """
    rows = session.execute(
        select(*_DECLINE, col(Referral.state)).where(
            col(Referral.case_id) == referral.case_id,
            col(Referral.recipient_id) == referral.recipient_id,
            col(Referral.service_key) == referral.service_key,
            col(Referral.id) != referral.id,
            or_(
                and_(
                    col(Referral.need_id) == referral.need_id,
                    col(Referral.offering_id) == referral.offering_id,
                    col(Referral.state).in_(REFERRAL_OPEN),
                ),
                and_(col(Referral.state) == "declined", col(Referral.ended_at) > at - RESTS_FOR),
            ),
        )
    ).all()
    declined = Refusals(tuple(_declined(row) for row in rows if row.state == "declined"))
    return Choice(
        destination=_destination(session, offering, recipient=recipient, at=at),
        need_state=need.state,
        twin=next((row.number for row in rows if row.state in REFERRAL_OPEN), None),
        refusals=declined.about(
            offering_id=referral.offering_id, recipient_id=referral.recipient_id, service_key=referral.service_key
        ),
        asked_again=referral.asked_again,
        fit=_fit(session, client, offering, screening=None, at=at),
        excepted=frozenset(referral.excepted),
    )


def _fit(
    session: Transaction, client: Searcher, offering: Offering, *, screening: Screening | None, at: datetime
) -> Fit:
    found = session.hub.modules.find_service(offering.service_key)
    if found is None:
        return Fit()
    places = None
    if found.service.capacity == "places":
        uses = use_of_offerings(session, [offering.id], sex=client.sex, at=at)
        places = uses.get(offering.id, PlaceUse()).kinds
    wanted = conditions(found.service.eligibility, offering.eligibility, area_codes=offering.area_codes, places=places)
    known = Client(
        sex=client.sex, ages=ages_of(client.age, str(client.facts.get("age_band", ""))), area_code=client.area_code
    )
    return assess(known, wanted, screening=screening)


def _destination(session: Transaction, offering: Offering, *, recipient: str, at: datetime) -> Destination:
    installed = [found.service.key for found in session.hub.modules.services()]
    return Destination(
        offering=offering.title,
        recipient=recipient,
        closed=closed_reason(session, offering.id, installed=installed, on=local_date(at)),
        answer_days=offering.answer_days,
    )


_DECLINE = (
    col(Referral.recipient_id),
    col(Referral.service_key),
    col(Referral.offering_id),
    col(Referral.reason_code),
    col(Referral.ended_at),
    col(Referral.number),
)


def _declined(row: Row[Any]) -> _Refusal:
    reason = row.reason_code or "other"
    return _Refusal(row.recipient_id, row.service_key, row.offering_id, reason, row.ended_at, row.number)


def _refused_consents(session: Transaction, case_id: UUID, *, at: datetime) -> list[_Refusal]:
    """The client's last answer about a recipient and service, where it was no."""
    rows = session.execute(
        select(col(Consent.recipient_id), col(Consent.purpose), col(Consent.state), col(Consent.answered_at))
        .join(ClientCase, col(ClientCase.person_id) == col(Consent.person_id))
        .where(col(ClientCase.id) == case_id, col(Consent.answered_at) > at - RESTS_FOR)
        .order_by(col(Consent.answered_at))
    )
    last = {(row.recipient_id, row.purpose): row for row in rows}
    return [
        _Refusal(row.recipient_id, row.purpose, None, CLIENT_REFUSED, row.answered_at, None)
        for row in last.values()
        if row.state == "refused"
    ]
