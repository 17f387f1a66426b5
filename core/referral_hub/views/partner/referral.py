"""One referral as its recipient sees it: what was released, the answer, the forms, what was delivered. Nothing else.

The office's case is not read here at all; row-level security would show none of it. Once access has ended the page is
a number and the fact that it ended.
"""

from __future__ import annotations

from datetime import date, datetime
from itertools import groupby
from uuid import UUID

import msgspec
from sqlalchemy import exists, func, select, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub.api.manifest import Form, Service
from referral_hub.codes.states import REFERRAL_ACCEPTED, REFERRAL_OPEN
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.modules.history import remembered_service
from referral_hub.modules.titles import service_of, stage_title
from referral_hub.referrals.presentation import ReleasedLine, note_of, released_lines
from referral_hub.referrals.state import possible_for, undoable_for
from referral_hub.referrals.waiting import QueuePlace, queue_place
from referral_hub.registry.lifecycle import SERVING
from referral_hub.tables.access import Account
from referral_hub.tables.directory import Offering, Organisation, Place, Reservation
from referral_hub.tables.modules import Module
from referral_hub.tables.referrals import Disclosure, FormEntry, Referral, Task
from referral_hub.text import mask_number
from referral_hub.workflow.place_step import has_place
from referral_hub.workflow.state import ReferralState
from referral_hub.workflow.tasks import ERASURE_KINDS, LOST_GROUNDS

MASKED = frozenset({"id_number", "bank_account"})
"""Released, but shown by their ends only until a reason is given (R23)."""


class ReleasedGroup(msgspec.Struct, frozen=True):
    """What was released of one category of data."""

    category: str
    lines: list[ReleasedLine]


class ReceivedData(msgspec.Struct, frozen=True):
    """What was released, by category in the manifest's order, and the consent it was released under."""

    groups: list[ReleasedGroup]
    consent_number: str | None
    consent_version: int
    valid_until: date | None
    basis: str
    released_at: datetime

    def value(self, name: str) -> Label | None:
        """One released field in words; None when it was not released."""
        lines = (line for group in self.groups for line in group.lines)
        return next((line.value for line in lines if line.name == name), None)


class HeldPlace(msgspec.Struct, frozen=True):
    """The place held for, or taken by, this referral."""

    label: str
    group_label: str
    state: str
    first: date
    until: date
    hold_until: datetime | None


class PartnerReferral(msgspec.Struct, frozen=True):
    """All that the recipient's page shows. `released` is None once access has ended.

    `service` is what may be done now, `remembered` also has the words of what was done before an upgrade.
    `filled`: some form was filled in; `unheard`: some that was has not been answered by the module.
    `undo`: the last act, where the actor may take it back.
    `taken_back_at` is when access ended, if not with the referral itself, and `lost_ground` why.
    """

    id: UUID
    number: str
    state: str
    stage: Label | None
    stage_key: str | None
    service_key: str
    service: Service | None
    remembered: Service | None
    title: Label
    module_key: str
    offering_id: UUID
    offering: str
    office: str
    office_phone: str | None
    urgency: str
    sent_at: datetime
    received_at: datetime | None
    answer_due_at: datetime | None
    answered_at: datetime | None
    first_contact_due_at: datetime | None
    first_contact_at: datetime | None
    progress_due_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    outcome_due_at: datetime | None
    expected_on: date | None
    waiting_since: datetime | None
    module_gone_since: datetime | None
    filled: bool
    unheard: bool
    reason_code: str | None
    note: Label | str | None
    flags: list[Label]
    client_confirmation: str | None
    owner_id: UUID | None
    owner: str | None
    released: ReceivedData | None
    place: HeldPlace | None
    queue: QueuePlace | None
    actions: list[str]
    undo: Label | None
    forms: list[Form]
    task_id: UUID | None
    task_due_at: datetime | None
    task_done_at: datetime | None
    taken_back_at: datetime | None
    lost_ground: Label | None

    @property
    def counts_places(self) -> bool:
        return self.service is not None and self.service.capacity == "places"

    @property
    def may_have_place(self) -> bool:
        """Whether whoever is at this stage has a place (R43)."""
        return has_place(ReferralState(state=self.state, stage=self.stage_key), self.service)

    @property
    def pauses_by_form(self) -> bool:
        """The module has a stage of its own for pauses, entered and left by its forms."""
        return self.service is not None and any(stage.state == "on_hold" for stage in self.service.stages)

    def service_with_measures(self) -> Service | None:
        """The service with its outcome's measures as questions, for saying a measure in words."""
        past = self.remembered
        return msgspec.structs.replace(past, intake=past.outcome) if past else None


def referral_for_partner(session: Transaction, referral_id: UUID) -> PartnerReferral:
    """One referral sent to the acting organisation. Three statements, four where it waits. Raises `NotFound` for one
    of someone else.
    """
    owner, here = aliased(Account, name="owner"), col(FormEntry.referral_id) == col(Referral.id)
    row = session.execute(
        select(
            Referral,
            Task,
            col(Offering.title).label("offering"),
            col(Organisation.short_name).label("office"),
            col(Organisation.phone).label("office_phone"),
            col(owner.name).label("owner"),
            col(Module.state).label("module_state"),
            col(Module.changed_at).label("module_since"),
            exists().where(here).label("filled"),
            exists().where(here, col(FormEntry.state) == "waiting").label("unheard"),
        )
        .outerjoin(Module, col(Module.key) == col(Referral.module_key))
        .join(Offering, col(Offering.id) == col(Referral.offering_id))
        .join(Organisation, col(Organisation.id) == col(Referral.office_id))
        .outerjoin(owner, col(owner.id) == col(Referral.owner_id))
        .outerjoin(Task, (col(Task.referral_id) == col(Referral.id)) & col(Task.kind).in_(ERASURE_KINDS))
        .where(col(Referral.id) == referral_id, col(Referral.state) != "draft")
        .order_by(col(Task.due_at).desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound
    referral: Referral = row.Referral
    service = service_of(session, referral.service_key)
    remembered = remembered_service(session, referral.service_key)
    released = _released(session, referral.service_key, referral.id)
    words = {choice.code: choice.label for choice in remembered.flags} if remembered else {}
    actions = [line.action for line in possible_for(referral, session.actor)]
    gone = row.module_state is not None and row.module_state not in SERVING and referral.state in REFERRAL_OPEN
    return PartnerReferral(
        id=referral.id,
        number=referral.number,
        state=referral.state,
        stage=stage_title(remembered, referral.stage),
        stage_key=referral.stage,
        service_key=referral.service_key,
        service=service,
        remembered=remembered,
        title=service.title if service else untranslated(row.offering),
        module_key=referral.module_key,
        offering_id=referral.offering_id,
        offering=row.offering,
        office=row.office,
        office_phone=row.office_phone,
        urgency=referral.urgency,
        sent_at=referral.sent_at or referral.created_at,
        received_at=referral.received_at,
        answer_due_at=referral.answer_due_at,
        answered_at=referral.answered_at,
        first_contact_due_at=referral.first_contact_due_at,
        first_contact_at=referral.first_contact_at,
        progress_due_at=referral.progress_due_at,
        started_at=referral.started_at,
        ended_at=referral.ended_at,
        outcome_due_at=referral.outcome_due_at,
        expected_on=referral.expected_on,
        waiting_since=referral.waiting_since,
        module_gone_since=row.module_since if gone else None,
        filled=row.filled,
        unheard=row.unheard,
        reason_code=referral.reason_code,
        note=note_of(session, referral),
        flags=[words.get(code, untranslated(code)) for code in referral.flags],
        client_confirmation=referral.client_confirmation,
        owner_id=referral.owner_id,
        owner=row.owner,
        released=released,
        place=_place(session, referral.id) if service is None or service.capacity == "places" else None,
        queue=queue_place(session, referral, at=session.hub.clock.now()),
        actions=actions if released else [],
        undo=undoable_for(referral, session.actor, at=session.hub.clock.now()),
        forms=_forms(service, referral) if released else [],
        task_id=row.Task.id if row.Task else None,
        task_due_at=row.Task.due_at if row.Task else None,
        task_done_at=row.Task.done_at if row.Task else None,
        taken_back_at=row.Task.created_at if row.Task and row.Task.kind in LOST_GROUNDS else None,
        lost_ground=LOST_GROUNDS.get(row.Task.kind) if row.Task else None,
    )


def case_of_referral(session: Transaction, referral_id: UUID) -> UUID:
    """The case behind a referral of ours: a key without rights, for the double-payment check. Raises `NotFound`."""
    found: UUID | None = session.execute(
        select(col(Referral.case_id)).where(col(Referral.id) == referral_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def _released(session: Transaction, service_key: str, referral_id: UUID) -> ReceivedData | None:
    # The consent itself is out of the recipient's sight; the function tells its number and last day, no more.
    consent = func.hub_disclosure_consent(Disclosure.id).table_valued("number", "version", "valid_until")
    row = session.execute(
        select(Disclosure, consent.c.number, consent.c.valid_until)
        .outerjoin(consent, true())
        .where(col(Disclosure.referral_id) == referral_id, col(Disclosure.access_ended_at).is_(None))
        .order_by(col(Disclosure.released_at).desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    disclosure: Disclosure = row[0]
    service = remembered_service(session, service_key, digest=disclosure.manifest_digest)
    fields = session.cipher.decrypt_json(disclosure.content, f"disclosure:{disclosure.id}")
    lines = [
        _masked(line) for line in released_lines(service, {n: fields[n] for n in disclosure.fields if n in fields})
    ]
    order = list(dict.fromkeys(line.category for line in lines))
    lines.sort(key=lambda line: order.index(line.category))
    return ReceivedData(
        groups=[
            ReleasedGroup(category=category, lines=list(group))
            for category, group in groupby(lines, key=lambda line: line.category)
        ],
        consent_number=row.number,
        consent_version=disclosure.consent_version,
        valid_until=row.valid_until,
        basis=disclosure.basis,
        released_at=disclosure.released_at,
    )


def _masked(line: ReleasedLine) -> ReleasedLine:
    if line.name not in MASKED:
        return line
    shown = mask_number(line.value.zh)
    return msgspec.structs.replace(line, value=untranslated(shown))


def _place(session: Transaction, referral_id: UUID) -> HeldPlace | None:
    row = session.execute(
        select(Reservation, Place)
        .join(Place, col(Place.number) == col(Reservation.place_number))
        .where(col(Reservation.referral_id) == referral_id, col(Reservation.state).in_(("held", "taken")))
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    held, place = row
    return HeldPlace(
        label=place.label,
        group_label=place.group_label,
        state=held.state,
        first=held.during.lower,
        until=held.during.upper,
        hold_until=held.hold_until,
    )


def _forms(service: Service | None, referral: Referral) -> list[Form]:
    if service is None or referral.stage is None or referral.state not in REFERRAL_ACCEPTED:
        return []
    return service.forms_at(referral.stage)
