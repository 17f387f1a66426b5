"""The whole loop for tests: an office, a provider whose module is really installed, a client with a need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from tests.factories import CaseMade, client_case, need
from tests.world import MONDAY, World

from referral_hub.actor import Actor
from referral_hub.api.manifest import Service
from referral_hub.calendar.clock import local_date
from referral_hub.consent.values import ConsentGiven, Request, Signature
from referral_hub.hub import Hub
from referral_hub.ids import new_id
from referral_hub.referrals.actions import (
    accept_referral,
    decline_referral,
    draft_referral,
    fill_form,
    send_referral,
    waitlist_referral,
    withdraw_consent,
    withdraw_referral,
)
from referral_hub.referrals.consents import give_consent
from referral_hub.referrals.delivery import deliver_due
from referral_hub.referrals.drafts import Drafted
from referral_hub.referrals.sending import Sent
from referral_hub.referrals.withdrawal import Withdrawn
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.keys import read_keys

TRAINING = "employment.training"
DETAILS = {"need_summary": "想学一门手艺", "goals": "三个月内有稳定收入", "wish": "愿意学烹饪"}
INTAKE: dict[str, dict[str, object]] = {
    TRAINING: {"wanted_help": ["training"]},
    "house.stay": {"arrive_on": "2026-03-03", "rules_agreed": True},
    "living.assistance": {"aid_wanted": "temporary_emergency", "hardship": ["no_income"], "no_food_or_bed": False},
}


def keys_of(hub: Hub) -> FieldCipher:
    """A cipher that no transaction watches, for looking behind the hub."""
    return FieldCipher(read_keys(hub.settings.keys_file))


class Loop:
    """Acts as the world's people do, each in a transaction of their own, at the hub's clock."""

    def __init__(self, hub: Hub, owner: psycopg.Connection, world: World) -> None:
        self.hub, self.owner, self.world = hub, owner, world
        for module in hub.modules.modules():
            owner.execute(
                "INSERT INTO module (id, created_at, key, state, digest, reason, failures, open_seconds, changed_at)"
                " VALUES (%s, %s, %s, 'enabled', %s, '{}', 0, 0, %s) ON CONFLICT (key) DO NOTHING",
                [new_id(), MONDAY, module.key, module.digest, MONDAY],
            )

    @property
    def at(self) -> Any:
        return self.hub.clock.now()

    def service(self, key: str = TRAINING) -> Service:
        found = self.hub.modules.find_service(key)
        assert found is not None, f"{key} is not installed"
        return found.service

    def offering(
        self,
        service_key: str = TRAINING,
        *,
        organisation_id: UUID | None = None,
        places: int = 0,
        sex: str | None = None,
        settings: Mapping[str, object] | None = None,
        status: str = "open",
    ) -> UUID:
        """An open offering of the partner with so many places (for that sex), under a contract in force."""
        organisation_id = organisation_id or self.world.partner_id
        key = new_id()
        self.owner.execute(
            "INSERT INTO contract (id, created_at, number, title, purchaser_id, provider_id, purpose, categories,"
            " safeguards, starts_on, ends_on, targets) VALUES (%s, %s, %s, '委托', %s, %s, '服务', '{}', '专人专机',"
            " '2026-01-01', '2027-12-31', '{}')",
            [new_id(), MONDAY, f"HT-{key.hex[-8:]}", self.world.office_id, organisation_id],
        )
        self.owner.execute(
            "INSERT INTO offering (id, created_at, organisation_id, module_key, service_key, title, area_codes,"
            " languages, eligibility, settings, status) VALUES (%s, %s, %s, %s, %s, '培训班', %s, '{}', '{}', %s, %s)",
            [key, MONDAY, organisation_id, service_key.split(".", maxsplit=1)[0], service_key, ["999999"],
             Jsonb(dict(settings or {})), status],
        )  # fmt: skip
        for number in range(1, places + 1):
            self.owner.execute(
                "INSERT INTO place (id, created_at, offering_id, label, group_label, sex, attributes, out_of_service)"
                " VALUES (%s, %s, %s, %s, '', %s, '{}', false)",
                [new_id(), MONDAY, key, f"{number}号", sex],
            )
        return key

    def case(self, *, serial: int = 1, by: Actor | None = None, **values: Any) -> CaseMade:
        return client_case(self.hub, by or self.world.worker, serial=serial, **values)

    def second_need(self, case_id: UUID, *, kind: str = "living") -> CaseMade:
        """The same client with another need."""
        worker = self.world.worker
        person_id, number = self.one("SELECT person_id, number FROM client_case WHERE id = %s", case_id)
        need_id = need(self.hub, worker, case_id, kind=kind)
        return CaseMade(id=case_id, person_id=person_id, number=number, need_id=need_id, worker=worker)

    def request(self, case: CaseMade, offering_id: UUID, **values: Any) -> Request:
        """A consent request for everything the service asks that is not sensitive, unless `categories` says other."""
        service_key, recipient = self.one(
            "SELECT service_key, organisation_id FROM offering WHERE id = %s", offering_id
        )
        service = self.service(service_key)
        plain = sorted(service.categories() & {"basic", "contact", "need", "work", "housing"})
        asked: dict[str, Any] = {
            "case_id": case.id,
            "recipient_id": recipient,
            "service": service,
            "purpose": service_key,
            "categories": tuple(plain),
        }
        return Request(**{**asked, **values})

    def consent(self, case: CaseMade, offering_id: UUID, **values: Any) -> ConsentGiven:
        with self.hub.transaction(case.worker) as session:
            return give_consent(
                session,
                self.request(case, offering_id, **values),
                Signature(how="handwritten"),
                by=case.worker,
                at=self.at,
            )

    def draft(self, case: CaseMade, offering_id: UUID, **values: Any) -> Drafted:
        (service_key,) = self.one("SELECT service_key FROM offering WHERE id = %s", offering_id)
        with self.hub.transaction(case.worker) as session:
            return draft_referral(
                session,
                need_id=case.need_id,
                offering_id=offering_id,
                details={**DETAILS, "intake": INTAKE.get(service_key, {})},
                by=case.worker,
                at=self.at,
                **values,
            )

    def send(self, referral_id: UUID, *, by: Actor | None = None, key: str | None = None) -> Sent:
        by = by or self.world.worker
        with self.hub.transaction(by) as session:
            return send_referral(session, referral_id=referral_id, by=by, at=self.at, key=key)

    def sent(self, *, serial: int = 1, offering_id: UUID | None = None, places: int = 0) -> tuple[CaseMade, Sent]:
        """A case whose referral is on its way under a fresh consent."""
        offering_id = offering_id or self.offering(places=places)
        case = self.case(serial=serial)
        self.consent(case, offering_id)
        return case, self.send(self.draft(case, offering_id).id)

    def deliver(self) -> int:
        return deliver_due(self.hub)

    def accept(self, referral_id: UUID, *, by: Actor | None = None, **values: Any) -> None:
        by = by or self.world.partner
        with self.hub.transaction(by) as session:
            accept_referral(session, referral_id=referral_id, by=by, at=self.at, **values)

    def waitlist(self, referral_id: UUID, *, by: Actor | None = None, **values: Any) -> None:
        by = by or self.world.partner
        with self.hub.transaction(by) as session:
            waitlist_referral(session, referral_id=referral_id, by=by, at=self.at, **values)

    def decline(self, referral_id: UUID, reason_code: str = "no_capacity", *, by: Actor | None = None) -> None:
        by = by or self.world.partner
        with self.hub.transaction(by) as session:
            decline_referral(session, referral_id=referral_id, reason_code=reason_code, by=by, at=self.at)

    def fill(self, referral_id: UUID, form: str, values: Mapping[str, object], *, by: Actor | None = None) -> UUID:
        by = by or self.world.partner
        with self.hub.transaction(by) as session:
            return fill_form(
                session, referral_id=referral_id, form=form, values=values, on=local_date(self.at), by=by, at=self.at
            )

    def take_back(self, referral_id: UUID, *, by: Actor | None = None) -> None:
        by = by or self.world.worker
        with self.hub.transaction(by) as session:
            withdraw_referral(session, referral_id=referral_id, reason_code="client_changed_mind", by=by, at=self.at)

    def withdraw(self, consent_id: UUID, *, by: Actor | None = None) -> Withdrawn:
        by = by or self.world.worker
        with self.hub.transaction(by) as session:
            return withdraw_consent(session, consent_id=consent_id, how="当面告知", by=by, at=self.at)

    def one(self, query: str, *values: object) -> tuple[Any, ...]:
        """One row, seen by the owner of the tables."""
        row = self.owner.execute(query, values).fetchone()
        assert row is not None
        return tuple(row)

    def referral(self, referral_id: UUID) -> dict[str, Any]:
        with self.owner.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute("SELECT * FROM referral WHERE id = %s", [referral_id]).fetchone()
        assert row is not None
        return row

    def disclosed(self, referral_id: UUID) -> dict[str, Any]:
        """What was released, in clear."""
        key, content = self.one("SELECT id, content FROM disclosure WHERE referral_id = %s", referral_id)
        fields: dict[str, Any] = keys_of(self.hub).decrypt_json(content, f"disclosure:{key}")
        return fields
