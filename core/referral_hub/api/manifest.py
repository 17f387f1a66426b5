"""`hub-module.toml`: what a module declares, read without running any of its code.

The structures are what the hub renders, stores and decides by; a manifest that was approved once is kept as JSON of
the same shape, so history reads on without the package. `manifest_reader` reads it, `manifest_checks` checks it.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from referral_hub.i18n import Label

API_VERSION = "1.0"
MANIFEST_NAME = "hub-module.toml"

Category = Literal[
    "basic",
    "contact",
    "need",
    "work",
    "housing",
    "identity",
    "address",
    "bank",
    "health",
    "family",
    "finance",
    "wellbeing",
]
CATEGORIES: tuple[str, ...] = Category.__args__  # type: ignore[attr-defined]
SENSITIVE_CATEGORIES = frozenset({"identity", "address", "bank", "health", "family", "finance", "wellbeing"})

FieldType = Literal[
    "text",
    "long",
    "integer",
    "number",
    "date",
    "yes_no",
    "choice",
    "choices",
    "money",
    "phone",
    "secret",
]
StageState = Literal["accepted", "in_service", "on_hold", "completed", "discontinued"]
CapacityKind = Literal["places", "fund", "open"]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every part of a manifest: a key nobody knows is an error that names it."""


class Choice(Part, frozen=True, kw_only=True):
    """One thing that can be chosen: the code is stored, the label is read."""

    code: str
    label: Label


class Field(Part, frozen=True, kw_only=True):
    """One question of a form. `min` and `max` bound numbers (fen for money) and the length of text.

    `category` puts the answer under the same release rule as the case's own fields. `group` is a heading. `secret` is
    for settings only: stored encrypted, never shown again.
    """

    key: str
    type: FieldType
    label: Label
    help: Label | None = None
    required: bool = False
    choices: list[Choice] = []
    min: int | None = None
    max: int | None = None
    category: Category | None = None
    group: Label | None = None


class WantedField(Part, frozen=True, kw_only=True):
    """A field of the case this service wants to know, why, and for how long (PIPL art. 17, R15).

    `screening` fields are also given, without identity, to `hub_screen` before any consent.
    """

    name: str
    category: Category
    purpose: Label
    retention_days: int
    required: bool = False
    screening: bool = False


class Stage(Part, frozen=True, kw_only=True):
    """A step of delivery. `state` is the referral's state while it lasts; `next` the stages that may follow.

    `holds_place`: whether the client has the bed, seat or slot during this stage, where the service counts places. The
    place is free as soon as a stage without it begins, and taken again when one with it does (R43).
    """

    key: str
    title: Label
    state: StageState
    next: list[str] = []
    holds_place: bool = True


class Form(Part, frozen=True, kw_only=True):
    """A form the organisation fills in at the named stages. `outcome` forms also ask the outcome code and measures."""

    key: str
    title: Label
    stages: list[str]
    fields: list[Field] = []
    outcome: bool = False


class Unit(Part, frozen=True, kw_only=True):
    """What delivery is counted in; never mixed with another unit (R36)."""

    key: str
    title: Label


class Times(Part, frozen=True, kw_only=True):
    """Working days and hours until the next word is due (R26)."""

    answer_days: int = 3
    urgent_hours: int = 24
    contact_days: int = 5
    progress_interval_days: int = 30
    feedback_days: int = 5


class Eligibility(Part, frozen=True, kw_only=True):
    """Who may be served, as far as it can be declared; `sexes` are codes of GB/T 2261.1 (empty: any)."""

    min_age: int | None = None
    max_age: int | None = None
    sexes: list[str] = []
    notes: Label | None = None


class Service(Part, frozen=True, kw_only=True):
    """One service of a module. `settings` are asked once per offering, `intake` of the worker for each referral.

    `private` names form fields whose answers stay in the module's own documents and are not kept by the core (R22).
    `offer_hours`: how long a free place is kept for whoever waits first (R44).
    """

    key: str
    title: Label
    needs: list[str]
    capacity: CapacityKind
    capacity_unit: Label
    times: Times = Times()
    offer_hours: int = 48
    eligibility: Eligibility = Eligibility()
    settings: list[Field] = []
    fields: list[WantedField] = []
    intake: list[Field] = []
    stages: list[Stage]
    forms: list[Form] = []
    units: list[Unit]
    event_kinds: list[Choice] = []
    outcome: list[Field] = []
    outcomes: list[Choice]
    followup_months: list[int] = []
    flags: list[Choice] = []
    private: list[str] = []

    def stage(self, key: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.key == key), None)

    def form(self, key: str) -> Form | None:
        return next((form for form in self.forms if form.key == key), None)

    def forms_at(self, stage: str) -> list[Form]:
        return [form for form in self.forms if stage in form.stages]

    def wanted(self, name: str) -> WantedField | None:
        return next((field for field in self.fields if field.name == name), None)

    def screening_names(self) -> frozenset[str]:
        return frozenset(field.name for field in self.fields if field.screening)

    def categories(self) -> frozenset[str]:
        """Every category of data this service may be given, whether from the case or typed at intake."""
        return frozenset(f.category for f in self.fields) | {f.category for f in self.intake if f.category}


class Manifest(Part, frozen=True, kw_only=True):
    """A module: who provides it, what it may reach, and its services.

    `network` lists `host:port` the module's own code connects to; empty means no network at all. `public_label` is
    what third parties may read, in neutral words (R20). `settings` are asked once for the module.
    """

    api: str
    key: str
    version: str
    name: Label
    public_label: Label
    provider: Label
    network: list[str] = []
    settings: list[Field] = []
    services: list[Service]

    def service(self, key: str) -> Service | None:
        return next((service for service in self.services if service.key == key), None)

    def ports(self) -> frozenset[int]:
        """The TCP ports the module may connect to."""
        return frozenset(int(host.rpartition(":")[2]) for host in self.network)

    def labels(self) -> Iterator[tuple[str, Label]]:
        """Every text of the manifest with the path of its key."""
        yield from _labels(self, "")


def _labels(part: object, path: str) -> Iterator[tuple[str, Label]]:
    if isinstance(part, Label):
        yield path, part
    elif isinstance(part, list):
        for index, item in enumerate(part):
            yield from _labels(item, f"{path}[{index}]")
    elif isinstance(part, msgspec.Struct):
        for name in part.__struct_fields__:
            yield from _labels(getattr(part, name), f"{path}.{name}" if path else name)
