"""Places for one need, as the steps that choose one show them: who could help, who takes nothing new, who was tried."""

from __future__ import annotations

from uuid import UUID

import msgspec

from referral_hub.calendar.clock import local_date
from referral_hub.cases.facts import searcher_for_case
from referral_hub.codes import ASK_AGAIN_REASONS
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.views.directory.browsing import OfferingListItem, browse_directory
from referral_hub.views.directory.search import SearchResult, search_offerings
from referral_hub.views.worker.consents import recipients_in_force
from referral_hub.views.worker.referral import ReferralListItem, attempts_for_need
from referral_ui.requests import HubRequest


class Places(msgspec.Struct, frozen=True):
    """`matches` in the stated order; `hidden` of them are left out for want of a place.

    `closed` take no new referrals and say why; `agreed` are recipients and services with a consent in force; `tried` is
    the last attempt at each offering.
    """

    matches: list[SearchResult]
    hidden: int
    closed: list[OfferingListItem]
    agreed: frozenset[tuple[UUID, str]]
    tried: dict[UUID, ReferralListItem]
    everywhere: bool
    with_place: bool

    def has(self, offering_id: UUID | None) -> bool:
        return any(match.offering_id == offering_id for match in self.matches)

    @property
    def asked_again(self) -> dict[str, Label]:
        """The reasons for which one of those that rest may be asked all the same."""
        allowed = {code for match in self.matches if match.rest for code in match.rest.asked_again}
        return {code: label for code, label in ASK_AGAIN_REASONS.items() if code in allowed}

    @property
    def refused(self) -> bool:
        """Whether a place is shown that cannot serve the client; a supervisor may send there with a reason."""
        return any(match.verdict == "no" for match in self.matches)

    def first_choice(self, wanted: UUID | None, *, chosen: UUID | None = None) -> UUID | None:
        """What is ticked when the page opens: what was `chosen` before; what the address asks for (`wanted`), or else
        the first not tried, where the answer is yes. Unknown is for people to look into, so it is never ticked.
        """
        if chosen and self.has(chosen):
            return chosen
        fitting = [m.offering_id for m in self.matches if m.verdict == "yes" and m.rest is None]
        if wanted and self.has(wanted):
            return wanted if wanted in fitting else None
        return next((offering for offering in fitting if offering not in self.tried), None)


def places_for_need(
    session: Transaction,
    request: HubRequest,
    *,
    case_id: UUID,
    need_id: UUID,
    need_kind: str,
    wanted: UUID | None = None,
    leave_out: UUID | None = None,
) -> Places:
    """Search as the address says: `area=all` looks everywhere, `free=1` leaves out the full.

    Where the offering asked for (`wanted`) does not serve the client's area, everywhere is looked at.
    """
    query = request.query_params
    everywhere, with_place = query.get("area") == "all", query.get("free") == "1"
    client = searcher_for_case(session, case_id)

    def search(area_code: str | None) -> list[SearchResult]:
        found = search_offerings(
            session,
            request.hub.modules,
            need_kind=need_kind,
            area_code=area_code,
            facts=client.facts,
            sex=client.sex,
            age=client.age,
            lives_in=client.area_code,
            case_id=case_id,
            at=request.now,
        )
        return [match for match in found if match.offering_id != leave_out]

    matches = search(None if everywhere else client.area_code)
    if wanted and not everywhere and all(match.offering_id != wanted for match in matches):
        matches, everywhere = search(None), True
    shown = [match for match in matches if not with_place or match.free is None or match.free > 0]
    closed = browse_directory(
        session,
        need_kind=need_kind,
        area_code=None if everywhere else client.area_code,
        show="closed",
        at=request.now,
    )
    return Places(
        matches=shown,
        hidden=len(matches) - len(shown),
        closed=[line for line in closed.lines if line.offering_id != leave_out],
        agreed=frozenset(recipients_in_force(session, case_id=case_id, on=local_date(request.now))),
        tried=_tried(attempts_for_need(session, need_id)),
        everywhere=everywhere,
        with_place=with_place,
    )


def _tried(attempts: list[ReferralListItem]) -> dict[UUID, ReferralListItem]:
    """The last attempt at each offering. Drafts are none yet."""
    found: dict[UUID, ReferralListItem] = {}
    for attempt in attempts:
        if attempt.state != "draft":
            found.setdefault(attempt.offering_id, attempt)
    return found
