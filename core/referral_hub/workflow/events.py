"""What can happen to a referral. Each event holds what its rules need to know beside the referral itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from referral_hub.api import Changes, Receipt
from referral_hub.api.values import Evidence
from referral_hub.i18n import Label
from referral_hub.workflow.eligibility import Fit
from referral_hub.workflow.erasure import Grounds
from referral_hub.workflow.escalation import Step
from referral_hub.workflow.resting import PastRefusal
from referral_hub.workflow.tasks import ReassignmentRequest


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happens, or that someone wants to do."""


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """The consent that is given for this client, recipient and service."""

    number: str
    valid_from: date
    valid_until: date
    categories: frozenset[str]
    fields: frozenset[str]


ClosedReason = Literal["draining", "module", "organisation", "contract", "paused"]


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """The offering and the organisation that a referral goes to, as they stand now.

    `closed`: why it takes no new referrals; None where it takes them.
    """

    offering: str | Label
    recipient: str | Label
    closed: ClosedReason | None = None
    answer_days: int | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A place chosen for a need, with all that speaks against it whatever the client says.

    `twin` is the number of another open referral of this need to the same offering; `refusals` what the recipient and
    the client said no to lately, `asked_again` why the place is asked all the same. `fit`: whether it could serve the
    client; `excepted` are the criteria that a supervisor made an exception of, with a reason.
    """

    destination: Destination
    need_state: str = "open"
    twin: str | None = None
    refusals: tuple[PastRefusal, ...] = ()
    asked_again: str | None = None
    fit: Fit = Fit()
    excepted: frozenset[str] = frozenset()


class Send(Event, frozen=True, kw_only=True):
    """The office sends a draft. `known` is all that the hub knows; the rules cut it to what may go out.

    `agreement` is None where no consent is given; `hold` whether a place is to be held meanwhile.
    """

    agreement: Agreement | None
    known: Mapping[str, object]
    choice: Choice
    hold: bool = True


class Receive(Event, frozen=True, kw_only=True):
    """Someone of the recipient has seen it. Once; later it changes nothing."""


class Accept(Event, frozen=True, kw_only=True):
    """The recipient takes the client on. `group_label`, `sex` and `starts_on` say which place it gives; `sex_fits`:
    whether a place for that sex suits the client.
    """

    note: Label | str | None = None
    owner_id: UUID | None = None
    contact_days: int | None = None
    group_label: str | None = None
    sex: str | None = None
    sex_fits: bool = True
    starts_on: date | None = None


class Waitlist(Event, frozen=True, kw_only=True):
    """The recipient puts the client on its waiting list."""

    note: Label | str | None = None
    expected_on: date | None = None


class OfferPlace(Event, frozen=True, kw_only=True):
    """A free place is this one's turn: the hub keeps it for so many hours, to be confirmed with the client."""

    hours: int | None = None


class TakeOffer(Event, frozen=True, kw_only=True):
    """The sender confirms with the client that the place offered is wanted: that is the acceptance."""

    contact_days: int | None = None


class PassOffer(Event, frozen=True, kw_only=True):
    """The place offered is not wanted this time; the client goes on waiting."""


class OfferLapsed(Event, frozen=True, kw_only=True):
    """Nobody confirmed the offer in time."""


class Decline(Event, frozen=True, kw_only=True):
    """The recipient does not take the client on."""

    reason: str
    note: Label | str | None = None


class GivePlace(Event, frozen=True, kw_only=True):
    """The recipient gives a client it has accepted a place, where it has none. `sex_fits` as in `Accept`."""

    group_label: str | None = None
    sex: str | None = None
    sex_fits: bool = True
    starts_on: date | None = None


class CancelDelivered(Event, frozen=True, kw_only=True):
    """The recipient cancels a service that it recorded by mistake, of that quantity."""

    quantity: Decimal


class NameOwner(Event, frozen=True, kw_only=True):
    """Someone of the recipient is in charge of it from now on."""

    owner_id: UUID


class RecordContact(Event, frozen=True, kw_only=True):
    """The recipient has reached the client, on that day."""

    on: date


class Hold(Event, frozen=True, kw_only=True):
    """Pause a running service."""


class Resume(Event, frozen=True, kw_only=True):
    """Go on with a paused service."""


class FillForm(Event, frozen=True, kw_only=True):
    """Someone of the recipient fills in a stage form about that day."""

    form: str
    on: date


class ModuleAnswered(Event, frozen=True, kw_only=True):
    """The module's receipt. `polled`: it came as an update from the partner's own system, which may answer later."""

    receipt: Receipt
    contact_days: int | None = None
    polled: bool = False


class ModuleChanged(Event, frozen=True, kw_only=True):
    """What the module says follows from a form, or what its partner's system reports (`polled`).

    `evidence` and `no_event_reason` are the hub's own questions on an outcome form, as they were answered.
    """

    changes: Changes
    evidence: Evidence | None = None
    no_event_reason: str | None = None
    polled: bool = False


class ReplyRefused(Event, frozen=True, kw_only=True):
    """The hub does not take the module's answer to the referral: its people answer it."""


class FormReturned(Event, frozen=True, kw_only=True):
    """The module has problems with a form: whoever filled it in sees it again."""

    form: str


class ModuleErased(Event, frozen=True, kw_only=True):
    """The module acknowledged a withdrawal: it has stopped and erased, as far as `deleted` says."""

    deleted: bool
    module_key: str


class RecordClientConfirmation(Event, frozen=True, kw_only=True):
    """What the client says: received, or not."""

    answer: str


class RecordClientSatisfaction(Event, frozen=True, kw_only=True):
    """How satisfied the client is with the service."""

    answer: str


class Withdraw(Event, frozen=True, kw_only=True):
    """The sender takes it back before service starts."""

    reason: str | None


class MarkError(Event, frozen=True, kw_only=True):
    """It should never have been."""

    reason: str | None


class EndUnserved(Event, frozen=True, kw_only=True):
    """The sender ends it because its module or its provider is gone (`provider_gone`: whether that is so)."""

    reason: str
    provider_gone: bool
    note: str | None = None


class EndWithClient(Event, frozen=True, kw_only=True):
    """The client's case closes for good: `reason` is a code of `LEAVINGS`."""

    reason: str


class GoesOn(Event, frozen=True, kw_only=True):
    """A referral that has ended goes on. `case_closed`: the client's case is; `twin`: the number of an open referral of
    the same need to the same offering; `barred`: why the recipient may be given nothing now.
    """

    agreement: Agreement | None
    recipient: str | Label
    case_closed: bool = False
    twin: str | None = None
    barred: Literal["organisation", "contract"] | None = None


class Reopen(GoesOn, frozen=True, kw_only=True):
    """A supervisor opens an ended referral again. `erased`: the module has acknowledged that it erased its data."""

    reason: str | None
    erased: bool = False


class Undo(GoesOn, frozen=True, kw_only=True):
    """Whoever did the last act, or a supervisor, takes it back. What has become of it outside the referral:

    `told`: its module has been told, or is being told, to erase; `outside`: its module works with a system outside the
    hub; `aid`: the ledger of assistance has an entry since; `released`: something was released since, here or to
    another attempt at the need.
    """

    told: bool = False
    outside: bool = False
    aid: bool = False
    released: bool = False


class ConsentWithdrawn(Event, frozen=True, kw_only=True):
    """The client took back the consent that the referral went out under."""


class ConsentExpired(Event, frozen=True, kw_only=True):
    """The last day of the consent is past."""


class Escalate(Event, frozen=True, kw_only=True):
    """Time passes and nobody answers. `taken`: the last step of the escalation; `due_at`: when the next is due."""

    taken: Step | None
    due_at: datetime


class PlannedEndPassed(Event, frozen=True, kw_only=True):
    """The last day for which a place was planned is over; or, with None, it is not over any more."""

    last_day: date | None


class ReviewAccess(Event, frozen=True, kw_only=True):
    """Time passes: may the recipient still read what it was given?"""

    grounds: Grounds


class DraftExpired(Event, frozen=True, kw_only=True):
    """Nobody touched the draft for weeks."""


class RequestReassignment(Event, frozen=True, kw_only=True):
    """Its module goes out of use, and an administrator asks the sender to act. `asked`: the task open about it now."""

    request: ReassignmentRequest
    asked: str | None = None
    out_of_use: bool = False
