"""What crosses between the hub and a module: frozen values, the same on both sides of the pipe.

Unknown fields are ignored when a value is read, so a hub may grow a value without breaking a module written earlier.
Ids are pseudonyms made for one module: two modules cannot join what they were given. Money is an `int` of fen.
Values of form fields are plain JSON: text, integer, number, true/false, ISO dates, lists of codes, fen.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from referral_hub.i18n import Label

Verdict = Literal["eligible", "perhaps", "not_eligible"]
Decision = Literal["accepted", "waitlisted", "declined", "person"]
Urgency = Literal["normal", "urgent"]
Evidence = Literal["provider", "document", "person"]
CapacityUnit = Literal["place", "fen", "open"]


class Value(msgspec.Struct, frozen=True):
    """Base of every value."""


class Problem(Value, frozen=True, kw_only=True):
    """Something typed is wrong: `field` is its key (none: the whole form), the message names it and how to fix it."""

    field: str | None = None
    message: Label


class Capacity(Value, frozen=True, kw_only=True):
    """What an offering has to give, counted in `unit`: places (beds, seats), fen of a fund, or open (no limit kept).

    `total` and `free` are None where nobody counts them; no number is negative.
    """

    unit: CapacityUnit = "place"
    total: int | None = None
    free: int | None = None
    held: int = 0
    waiting: int = 0
    next_on: date | None = None


class Offering(Value, frozen=True, kw_only=True):
    """One service as one organisation offers it.

    `settings` are the answers to the service's own settings in the manifest. `attributes` are facts the hub gives
    for this very call: the fund's balance, earlier aid of the same kind, the seats of a class.
    """

    id: str
    service: str
    settings: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    places: Capacity | None = None


class Enquiry(Value, frozen=True, kw_only=True):
    """A question before any consent: the fields the manifest declares for screening, and no identity."""

    service: str
    fields: dict[str, Any] = {}


class Screening(Value, frozen=True, kw_only=True):
    """Advice to the worker in words (R19, R42). `perhaps` is for what is not known, `not_eligible` for what is known to
    stand against it. That nothing is free at the moment is neither: the hub counts places and keeps the waiting list.

    `needed`: of `not_eligible` what would have to change, of `perhaps` what has to be found out.
    """

    verdict: Verdict
    reasons: list[Label] = []
    needed: list[Label] = []


class Document(Value, frozen=True, kw_only=True):
    """A private JSON document of this module about one referral; the hub keeps it encrypted, unread (R22)."""

    name: str
    content: dict[str, Any]


class Referral(Value, frozen=True, kw_only=True):
    """What was released to this module's organisation: manifest ∩ consent ∩ known. Nothing else exists for a module."""

    id: str
    number: str
    service: str
    offering: Offering
    urgency: Urgency = "normal"
    fields: dict[str, Any] = {}
    answer_due_at: datetime | None = None
    sent_at: datetime | None = None


class Receipt(Value, frozen=True, kw_only=True):
    """The answer to a referral. `person` leaves it to the organisation's people; `reason` is a decline reason code."""

    decision: Decision
    reason: str | None = None
    note: Label | None = None
    expected_on: date | None = None
    stage: str | None = None
    documents: list[Document] = []


class Entry(Value, frozen=True, kw_only=True):
    """A stage form or outcome form someone of the organisation filled in, on the day `on` (a local date)."""

    id: str
    referral: Referral
    form: str
    stage: str
    values: dict[str, Any] = {}
    on: date


class ServiceEvent(Value, frozen=True, kw_only=True):
    """Something delivered on a day. Units are never mixed (R36). `kind` is one of the service's
    `event_kinds`, or None.
    """

    on: date
    unit: str
    quantity: Decimal = Decimal(1)
    kind: str | None = None


class AidApplication(Value, frozen=True, kw_only=True):
    """An application for assistance is taken up (受理). `type` and `hardship` are codes; `on` is today unless given."""

    type: str
    on: date | None = None
    hardship: str | None = None
    household_size: int | None = None


class AidDecision(Value, frozen=True, kw_only=True):
    """What is decided on an application for assistance. A grant reserves its amount of the fund; what is paid of it
    later comes as `Assistance`. A refusal names its `reason` and no amount. `advance` is aid given before the decision.
    """

    result: Literal["granted", "refused", "withdrawn"]
    type: str
    amount_fen: int = 0
    unit: str = "yuan"
    quantity: Decimal = Decimal(0)
    fund: str | None = None
    on: date | None = None
    reason: str | None = None
    hardship: str | None = None
    household_size: int | None = None
    investigated_on: date | None = None
    investigator: str | None = None
    notice_from: date | None = None
    notice_to: date | None = None
    period_start: date | None = None
    period_end: date | None = None
    advance: bool = False
    overlap_reason: str | None = None


class Assistance(Value, frozen=True, kw_only=True):
    """Money or goods given. `amount_fen` is the money, or the money's worth of goods; `type`, `fund` and `pay_way` are
    codes. It pays what a grant of the same type reserved; without one it is decided and paid in one. `last` gives back
    to the fund what is granted and will not be paid any more.
    """

    type: str
    quantity: Decimal = Decimal(1)
    unit: str
    amount_fen: int
    fund: str | None = None
    paid_on: date | None = None
    pay_way: str | None = None
    voucher: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    last: bool = False


class Outcome(Value, frozen=True, kw_only=True):
    """What came of it: a code the manifest lists, measures by its outcome schema, and who says so."""

    code: str
    measures: dict[str, Any] = {}
    evidence: Evidence = "provider"


class Changes(Value, frozen=True, kw_only=True):
    """What a filled-in form leads to. With `problems` the form is shown again and nothing is written."""

    stage: str | None = None
    events: list[ServiceEvent] = []
    application: AidApplication | None = None
    decisions: list[AidDecision] = []
    assistance: list[Assistance] = []
    outcome: Outcome | None = None
    flags: list[str] = []
    documents: list[Document] = []
    problems: list[Problem] = []


class Withdrawal(Value, frozen=True, kw_only=True):
    """Stop and erase: the person withdrew consent, or the sender took the referral back."""

    referral_id: str
    reason: str


class Acknowledgement(Value, frozen=True, kw_only=True):
    """`deleted` says that nothing of the person remains with the module or its partner's system."""

    deleted: bool
    note: Label | None = None


class Update(Value, frozen=True, kw_only=True):
    """One piece of news from the partner's own system. The hub takes each id once."""

    id: str
    referral_id: str
    receipt: Receipt | None = None
    changes: Changes | None = None


class Updates(Value, frozen=True, kw_only=True):
    """News since the cursor given, and the cursor to give next time."""

    cursor: str | None = None
    updates: list[Update] = []
