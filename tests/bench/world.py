"""A province's worth of made-up cases, put straight into the tables in bulk, with drafts that are ready to be sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.types.json import Jsonb
from tests.world import add_account, add_organisation

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.hub import Hub
from referral_hub.ids import new_id, public_number
from referral_hub.module_admin.lifecycle_actions import register_installed
from referral_hub.storage.personal_fields import encrypt_field
from referral_hub.workflow.release import agreed_fields

SERVICE = "living.assistance"
CASES_PER_WORKER = 100
WORKERS_PER_OFFICE = 5
STATES = ("completed", "in_service", "received", "declined", "accepted")
_DETAILS = {
    "need_summary": "这个月没有收入，吃饭有困难",
    "goals": "度过难关，找到工作",
    "wish": "希望尽快",
    "intake": {"aid_wanted": "temporary_emergency", "hardship": ["no_income"], "no_food_or_bed": False},
}


class BenchWorld(msgspec.Struct, frozen=True):
    """Who acts in the measurements. `drafts` belong to `worker`'s office and have a consent in force."""

    worker: Actor
    partner: Actor
    civil: Actor
    case_id: UUID
    drafts: list[UUID]


def make_bench_world(hub: Hub, owner: psycopg.Connection, *, cases: int, drafts: int) -> BenchWorld:
    """`cases` cases with two past referrals each, and `drafts` drafts; a hundred cases to a worker."""
    register_installed(hub)
    at = hub.clock.now()
    owner.execute("BEGIN")
    partner_org = add_organisation(owner, "测试救助中心", "救助中心", "provider", "statutory")
    civil_org = add_organisation(owner, "测试民政局", "民政局", "civil_affairs", "statutory")
    partner = add_account(owner, partner_org, "bench-partner", "partner", "测试伙伴")
    civil = add_account(owner, civil_org, "bench-civil", "civil", "测试民政")
    offering_id = new_id()
    owner.execute(
        "INSERT INTO offering (id, created_at, organisation_id, module_key, service_key, title, area_codes, languages,"
        " eligibility, settings, status) VALUES (%s, %s, %s, 'living', %s, '临时救助', '{999999}', '{}', '{}',"
        " '{\"fund\": \"petty\"}', 'open')",
        [offering_id, at, partner_org, SERVICE],
    )
    workers = _workers(owner, cases)
    rows = _Rows(hub, at, offering_id=offering_id, recipient_id=partner_org)
    for number in range(cases):
        rows.add_case(number, workers[number // CASES_PER_WORKER])
    for number in range(drafts):
        rows.add_draft(number, workers[0])
    rows.write(owner)
    owner.execute("COMMIT")
    owner.execute("ANALYZE")
    return BenchWorld(worker=workers[0], partner=partner, civil=civil, case_id=rows.first_case, drafts=rows.drafts)


def account_id_of(actor: Actor) -> UUID:
    assert actor.account_id is not None
    return actor.account_id


def _workers(owner: psycopg.Connection, cases: int) -> list[Actor]:
    workers: list[Actor] = []
    office = None
    for number in range(-(-cases // CASES_PER_WORKER)):
        if number % WORKERS_PER_OFFICE == 0:
            serial = number // WORKERS_PER_OFFICE
            office = add_organisation(owner, f"测试街道{serial}", f"街道{serial}", "office", "statutory")
        assert office is not None
        workers.append(add_account(owner, office, f"bench-worker-{number}", "worker", f"社工{number}"))
    return workers


class _Rows:
    """Rows by table, to be copied in at the end."""

    def __init__(self, hub: Hub, at: datetime, *, offering_id: UUID, recipient_id: UUID) -> None:
        self.hub, self.at = hub, at
        self.offering_id, self.recipient_id = offering_id, recipient_id
        found = hub.modules.find_service(SERVICE)
        assert found is not None
        self.digest = found.digest
        self.categories = sorted(found.service.categories() & {"basic", "contact", "need", "work", "housing"})
        self.agreed = agreed_fields(found.service, self.categories)
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.drafts: list[UUID] = []
        self._first_case: UUID | None = None

    @property
    def first_case(self) -> UUID:
        assert self._first_case is not None
        return self._first_case

    def add(self, table: str, **values: Any) -> UUID:
        key = values.setdefault("id", new_id())
        self.tables.setdefault(table, []).append({"created_at": self.at, **values})
        return UUID(str(key))

    def add_case(self, number: int, worker: Actor) -> None:
        case_id, need_id, _ = self._client(number, worker)
        self._first_case = self._first_case or case_id
        for attempt in range(2):
            state = STATES[(number + attempt) % len(STATES)]
            self._past_referral(case_id, need_id, worker, state, days=(number * 7 + attempt * 13) % 170 + 1)

    def add_draft(self, number: int, worker: Actor) -> None:
        case_id, need_id, person_id = self._client(1_000_000 + number, worker)
        self._consent(case_id, person_id, worker)
        referral_id = self.add(
            "referral", **self._referral(case_id, need_id, worker), state="draft", manifest_digest=None
        )
        content = self.hub.cipher.encrypt_json(_DETAILS, f"request_details:{referral_id}")
        self.add(
            "request_details",
            referral_id=referral_id,
            case_id=case_id,
            office_id=worker.organisation_id,
            content=content,
        )
        self.drafts.append(referral_id)

    def _client(self, number: int, worker: Actor) -> tuple[UUID, UUID, UUID]:
        cipher, office, person_id = self.hub.cipher, worker.organisation_id, new_id()
        words = {"name": f"测试{number}", "display_name": f"测{number}", "phone": f"199{number % 10**8:08d}"}
        encrypted = {field: encrypt_field(cipher, "person", field, person_id, text) for field, text in words.items()}
        indexes = {f"{field}_index": cipher.index(words[field], field) for field in ("name", "phone")}
        self.add("person", id=person_id, office_id=office, sex="1", birth_year=1985, **encrypted, **indexes)
        case_id = self.add("client_case", person_id=person_id, office_id=office, number=public_number(),
                           responsible_id=worker.account_id, status="open", opened_on=local_date(self.at),
                           area_code="999999", version=1)  # fmt: skip
        need_id = new_id()
        self.add("need", id=need_id, case_id=case_id, office_id=office, kind="living", priority=2, state="open",
                 words=encrypt_field(cipher, "need", "words", need_id, "需要一笔临时救助"))  # fmt: skip
        return case_id, need_id, person_id

    def _consent(self, case_id: UUID, person_id: UUID, worker: Actor) -> UUID:
        today = local_date(self.at)
        shared = {
            "person_id": person_id,
            "case_id": case_id,
            "office_id": worker.organisation_id,
            "recipient_id": self.recipient_id,
            "purpose": SERVICE,
            "categories": self.categories,
            "method": "online",
        }
        notice = self.add("notice", **shared, keep_until=today + timedelta(days=180), language="zh", read_aloud=False,
                          template_version="bench", template_hash="bench", given_at=self.at,
                          given_by=worker.account_id)  # fmt: skip
        return self.add("consent", **shared, number=public_number(), version=1, state="given", basis="consent",
                        fields=self.agreed, notice_id=notice, signer="self", asked_by_client=False,
                        answered_at=self.at, taken_by=worker.account_id, valid_from=today,
                        valid_until=today + timedelta(days=180))  # fmt: skip

    def _referral(self, case_id: UUID, need_id: UUID, worker: Actor) -> dict[str, Any]:
        return {
            "number": public_number(),
            "case_id": case_id,
            "office_id": worker.organisation_id,
            "need_id": need_id,
            "offering_id": self.offering_id,
            "recipient_id": self.recipient_id,
            "module_key": "living",
            "service_key": SERVICE,
            "urgency": "normal",
            "sender_id": worker.account_id,
            "flags": [],
            "excepted": [],
            "version": 1,
        }

    def _past_referral(self, case_id: UUID, need_id: UUID, worker: Actor, state: str, *, days: int) -> None:
        sent = self.at - timedelta(days=days)
        person_id = self.tables["person"][-1]["id"]
        if not self.tables.get("consent") or self.tables["consent"][-1]["case_id"] != case_id:
            self._consent(case_id, person_id, worker)
        answered = sent + timedelta(days=1) if state != "received" else None
        ended = sent + timedelta(days=20) if state in ("completed", "declined") else None
        referral_id = self.add(
            "referral",
            **self._referral(case_id, need_id, worker),
            state=state,
            manifest_digest=self.digest,
            consent_id=self.tables["consent"][-1]["id"],
            sent_at=sent,
            received_at=sent,
            answer_due_at=sent + timedelta(days=3),
            answered_at=answered,
            ended_at=ended,
        )
        self._record("referral.send", sent, worker, case_id, referral_id)
        if state == "completed":
            shared = {"referral_id": referral_id, "case_id": case_id, "office_id": worker.organisation_id,
                      "recipient_id": self.recipient_id, "service_key": SERVICE}  # fmt: skip
            self.add("service_event", **shared, happened_on=local_date(sent), unit="time", quantity=1, entered_at=sent)
            self.add("outcome", **shared, code="goal_met", measures=Jsonb({}), evidence="provider",
                     given_on=local_date(sent))  # fmt: skip
            aid = {"organisation_id": self.recipient_id, "office_id": worker.organisation_id, "case_id": case_id,
                   "referral_id": referral_id, "type": "temporary_emergency", "source": "referral", "unit": "yuan",
                   "happened_on": local_date(sent), "applied_on": local_date(sent), "advance": False,
                   "evidence": "provider", "area_code": "999999"}  # fmt: skip
            application = new_id()
            self.add("assistance_entry", id=application, application_id=application, **aid, kind="application",
                     quantity=0, amount_fen=0)  # fmt: skip
            self.add("assistance_entry", application_id=application, **aid, kind="granted", quantity=1200,
                     amount_fen=120000)  # fmt: skip

    def _record(self, action: str, at: datetime, worker: Actor, case_id: UUID, referral_id: UUID) -> None:
        self.tables.setdefault("audit_entry", []).append(
            {"at": at, "action": action, "account_id": worker.account_id, "organisation_id": worker.organisation_id,
             "role": "worker", "via": "page", "subject": "referral", "subject_id": referral_id, "case_id": case_id,
             "office_id": worker.organisation_id, "referral_id": referral_id, "details": Jsonb({})}
        )  # fmt: skip

    def write(self, owner: psycopg.Connection) -> None:
        """Copy the rows in, parents first."""
        order = ("person", "client_case", "need", "notice", "consent", "referral", "request_details", "service_event",
                 "outcome", "assistance_entry", "audit_entry")  # fmt: skip
        with owner.cursor() as cursor:
            for table in order:
                rows = self.tables.get(table, [])
                columns = sorted({name for row in rows for name in row})
                if rows:
                    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                        for row in rows:
                            copy.write_row([row.get(name) for name in columns])
