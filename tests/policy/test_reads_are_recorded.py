"""Wherever something of a client can be read, the record says who read it: every page, sheet, export and API answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.factories import CaseMade, client_case, id_number
from tests.loop import Loop
from tests.policy.test_routes import NOBODYS_ID, Sender, Way, ways
from tests.shared_modules import SharedModules
from tests.web import app_of
from tests.world import World

from referral_hub import api
from referral_hub.actor import Actor
from referral_hub.assistance.actions import grant
from referral_hub.assistance.values import Applicant, Decision
from referral_hub.audit.looks import LOOKS
from referral_hub.calendar.clock import local_date
from referral_hub.cases.actions import (
    add_note,
    add_plan_item,
    add_team_member,
    change_profile,
    write_measure,
)
from referral_hub.hub import Hub
from referral_hub.referrals.actions import record_first_contact
from referral_hub.storage.personal_fields import (
    CLIENT_FIELDS,
    UnrecordedLook,
    encrypt_field,
)

ROOT = Path(__file__).parents[2]
# Who decrypts what nobody is shown, and why that is no look.
UNSHOWN = {
    "core/referral_hub/importing/updates.py": "a register is compared; what differs is shown and noted",
    "core/referral_hub/referrals/before_consent.py": "the rules try a send; the answer is what would stop it",
    "core/referral_hub/referrals/sending.py": "the answer is a number; the disclosure and its entry say the rest",
    "core/referral_hub/views/worker/caseload.py": "a part of a name is looked for; what is found is decrypted again",
    "core/referral_hub/views/worker/due.py": "who has to report in is picked out; who is picked is noted",
}
# Who has a cipher that no transaction watches, and what for.
UNWATCHED = {
    "core/referral_hub/cli/init.py": "keeps a probe of each key",
    "core/referral_hub/cli/keys.py": "keeps a probe of the new key",
    "core/referral_hub/health/database.py": "tries whether the keys fit",
    "core/referral_hub/health/fields.py": "counts what cannot be read, and keeps and shows nothing",
    "core/referral_hub/hub.py": "hands it to the hub, whose own refuses what is about a client",
    "core/referral_hub/storage/backup.py": "tries whether the keys fit",
    "core/referral_hub/storage/cipher.py": "makes the one that tells what it opens",
}
_PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")
MORE = {
    "/cases": ("?whose=all", "?whose=all&status=", "?q=%E6%AC%A7%E9%98%B3%E6%98%A5&whose=all"),
    "/cases/{case_id}/history": ("?looks=1",),
    "/inbox": ("?view=serving", "?view=ended", "?view=waiting"),
    "/api/v1/inbox": ("?view=serving",),
    "/referrals": ("?show=open", "?show=draft"),
    "/ledger": ("?view=granted",),
}


class Client(NamedTuple):
    """A client, and what would tell them: names, numbers, what they said, what was written of them."""

    case: CaseMade
    words: tuple[str, ...]


class Hall(NamedTuple):
    """A hub in the middle of its work."""

    loop: Loop
    clients: Sequence[Client]
    places: Sequence[Mapping[str, str]]


@pytest.fixture
def hall(hub: Hub, owner: psycopg.Connection, world: World, built_in_modules: SharedModules) -> Hall:
    loop = Loop(hub, owner, world)
    clients = [_client(loop, 1, "欧阳晓春"), _client(loop, 2, "司徒立冬")]
    offering = loop.offering(places=2)
    for one in clients:
        loop.consent(one.case, offering)
        loop.send(loop.draft(one.case, offering).id)
        loop.deliver()
    loop.consent(clients[0].case, other := loop.offering())
    loop.draft(clients[0].case, other)
    (referral_id,) = loop.one("SELECT id FROM referral WHERE case_id = %s AND state <> 'draft'", clients[0].case.id)
    loop.accept(referral_id)
    with hub.transaction(world.partner) as session:
        record_first_contact(session, referral_id=referral_id, on=local_date(loop.at), by=world.partner, at=loop.at)
        grant(
            session,
            organisation_id=world.partner_id,
            assistance=api.Assistance(type="temporary_emergency", unit="yuan", amount_fen=0),
            decision=Decision(result="refused", reason="over_threshold", decided_on=local_date(loop.at),
                              applied_on=local_date(loop.at), hardship="no_income"),
            applicant=Applicant(name="欧阳晓春", phone="13900000001", household_number="H202600017"),
            referral_id=referral_id,
            case_id=clients[0].case.id,
            office_id=world.office_id,
            by=world.partner,
            at=loop.at,
        )  # fmt: skip
    return Hall(loop, clients, _places(owner, clients[0].case.id))


def _client(loop: Loop, serial: int, name: str) -> Client:
    hub, world = loop.hub, loop.world
    worker, officer = world.worker, world.officer
    phone, need, note = f"1390000000{serial}", f"需要学做点心第{serial}回", f"面谈时说起旧事第{serial}回"
    case = client_case(hub, worker, serial=serial, name=name, phone=phone, words=need, address=f"槐树巷{serial}号")
    today = local_date(loop.at)
    with hub.transaction(worker) as session:
        change_profile(session, case_id=case.id, values={"education": "70"}, by=worker, at=loop.at)
        add_plan_item(session, case_id=case.id, goal=f"备好材料第{serial}份", due_on=today, by=worker, at=loop.at)
        add_note(session, case_id=case.id, words=note, kind="phone", by=worker, at=loop.at)
        assert world.stranger.account_id is not None
        add_team_member(session, case_id=case.id, account_id=world.stranger.account_id,
                        part="social_worker", by=worker, at=loop.at)  # fmt: skip
    with hub.transaction(officer) as session:
        write_measure(session, case_id=case.id, measure={"kind": "aftercare"}, by=officer, at=loop.at)
    said = (need, note, f"槐树巷{serial}号", f"备好材料第{serial}份")
    called = (name, f"{name[:2]}先生", f"{name[0]}***", phone, id_number(serial), case.number)
    return Client(case, called + said)


def _places(owner: psycopg.Connection, case_id: UUID) -> list[dict[str, str]]:
    """What stands in an address, by the name of its place: once for each referral of a case. A name that is missing
    here fails the walk, so that a new kind of address is not skipped.
    """
    rows = owner.execute(
        "SELECT r.id, r.need_id, r.offering_id, r.recipient_id, r.sender_id, coalesce(r.consent_id, k.id), e.id"
        "  FROM referral r JOIN consent k ON k.case_id = r.case_id AND k.recipient_id = r.recipient_id"
        "  LEFT JOIN assistance_entry e ON e.referral_id = r.id AND e.kind <> 'application'"
        " WHERE r.case_id = %s ORDER BY r.id",
        [case_id],
    ).fetchall()
    names = ("referral_id", "need_id", "offering_id", "organisation_id", "account_id", "consent_id", "entry_id")
    fixed = {
        "case_id": case_id, "name": "phone", "form_key": "first_meeting", "key": "employment", "table": "a",
        "path": "hub.css", "follow_up_id": NOBODYS_ID, "fund_id": NOBODYS_ID, "payment_id": NOBODYS_ID,
        "contract_id": NOBODYS_ID,
    }  # fmt: skip
    return [{name: str(value) for name, value in (fixed | dict(zip(names, row, strict=True))).items()} for row in rows]


def addresses(way: Way, places: Sequence[Mapping[str, str]]) -> list[str]:
    """Every address of a route about the client, without those that differ in nothing."""
    found = [_PLACE.sub(r"{\1}", way.pattern).format_map(place) for place in places]
    return list(dict.fromkeys(path + more for path in found for more in ("", *MORE.get(way.pattern, ()))))


class Reader(Sender):
    """Opens an address as one account."""

    def __init__(self, hub: Hub, client: TestClient[Litestar], actor: Actor) -> None:
        super().__init__(hub, client, actor)
        self.actor = actor

    def read(self, path: str, data: Mapping[str, str] | None = None) -> httpx.Response:
        form_token = self._client.cookies["hub_form"]
        headers = {"cookie": f"hub_form={form_token}; hub_session={self._secret}", "x-csrftoken": form_token}
        if path.startswith("/api/"):
            headers = {"authorization": f"Bearer {self._token}"}
        method = "GET" if data is None else "POST"
        return self._client.request(method, path, headers=headers, data=data, follow_redirects=False)


@pytest.fixture
def app(hub: Hub) -> Litestar:
    return app_of(hub)


@pytest.fixture
def client(app: Litestar) -> Iterator[TestClient[Litestar]]:
    with TestClient(app=app, raise_server_exceptions=False) as client:
        client.get("/sign-in")
        yield client


READERS = ("worker", "supervisor", "officer", "stranger", "partner", "other_partner", "civil", "admin", "auditor")


def unrecorded(hall: Hall, reader: Reader, path: str, data: Mapping[str, str] | None = None) -> tuple[int, list[str]]:
    """How many clients the answer tells of, and the numbers of those of whom no look of this request is recorded."""
    owner = hall.loop.owner
    owner.execute("DELETE FROM audit_entry WHERE action = ANY(%s)", [list(LOOKS)])
    answer = reader.read(path, data)
    assert answer.status_code < 500, path
    told = [one for one in hall.clients if any(word in answer.text for word in one.words)]
    seen: set[UUID] = set()
    for case_id, case_ids in owner.execute(
        "SELECT case_id, case_ids FROM audit_entry WHERE account_id = %s AND action = ANY(%s)",
        [reader.actor.account_id, list(LOOKS)],
    ).fetchall():
        seen |= {case_id, *(case_ids or ())}
    return len(told), [one.case.number for one in told if one.case.id not in seen]


def test_whoever_is_shown_something_of_a_client_is_recorded(
    hall: Hall, app: Litestar, client: TestClient[Litestar]
) -> None:
    forgotten = []
    for who in READERS:
        reader, telling = Reader(hall.loop.hub, client, getattr(hall.loop.world, who)), set()
        for way in ways(app):
            if way.method != "GET" or reader.actor.role not in way.roles or way.public:
                continue
            for path in addresses(way, hall.places):
                told, missing = unrecorded(hall, reader, path)
                forgotten += [(who, way.pattern, path, number) for number in missing]
                if told:
                    telling.add(way.pattern)
        assert telling >= TOLD.get(who, set()), who
    assert forgotten == []


# So that the walk proves something: what tells of a client, at the least.
_OFFICE = {
    "/cases", "/cases/{case_id}", "/cases/{case_id}/person", "/cases/{case_id}/consents", "/cases/{case_id}/history",
    "/referrals", "/referrals/{referral_id}", "/print/cases/{case_id}/received",
    "/print/referrals/{referral_id}", "/api/v1/cases/{case_id}/referrals",
    "/api/v1/referrals/{referral_id}",
}  # fmt: skip
TOLD: dict[str, set[str]] = {
    "worker": _OFFICE | {"/today"},
    "supervisor": _OFFICE,
    "officer": _OFFICE - {"/referrals"},
    "partner": {"/inbox", "/inbox/{referral_id}", "/api/v1/inbox", "/api/v1/inbox/{referral_id}"},
    "stranger": {"/cases/{case_id}", "/cases/{case_id}/person"},
}


def test_reading_consents_over_the_api_is_a_look(hall: Hall, client: TestClient[Litestar]) -> None:
    """Its answer has no word of the client, and tells of one all the same."""
    reader = Reader(hall.loop.hub, client, hall.loop.world.worker)
    case = hall.clients[0].case
    assert reader.read(f"/api/v1/cases/{case.id}/consents").json()
    assert _looks(hall.loop, case) == [("case.read", "王晓梅")]


def _looks(loop: Loop, case: CaseMade) -> list[tuple[Any, ...]]:
    return loop.owner.execute(
        "SELECT r.action, a.name FROM audit_entry r JOIN account a ON a.id = r.account_id"
        " WHERE r.case_id = %s AND r.action = ANY(%s) AND a.name = '王晓梅' ORDER BY seq DESC LIMIT 1",
        [case.id, list(LOOKS)],
    ).fetchall()


def test_outside_a_transaction_nothing_of_a_client_is_decrypted(hub: Hub) -> None:
    key = UUID(int=1)
    sealed = encrypt_field(hub.cipher, "person", "name", key, "欧阳晓春")
    with pytest.raises(UnrecordedLook):
        hub.cipher.decrypt(sealed, f"person.name:{key}")


def test_what_is_for_a_module_no_account_decrypts(hub: Hub, world: World) -> None:
    sealed = hub.cipher.encrypt("内部记录", f"module_document:{UUID(int=1)}")
    with pytest.raises(UnrecordedLook), hub.transaction(world.partner) as session:
        session.cipher.decrypt(sealed, f"module_document:{UUID(int=1)}")


def test_every_field_about_a_client_leads_to_the_case(hub: Hub) -> None:
    script = (ROOT / "core/referral_hub/storage/migrations/versions/0001_looks.sql").read_text(encoding="utf-8")
    parts = " ".join(re.findall(r"o\.part (?:=|IN) (\([^)]*\)|'\w+')", script))
    assert {field.partition(".")[0] for field in CLIENT_FIELDS} == set(re.findall(r"'(\w+)'", parts))


def _who_writes(words: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for source in ("core", "referral_ui", "plugins")
        for path in (ROOT / source).rglob("*.py")
        if "tests" not in path.parts and words in path.read_text(encoding="utf-8")
    }


def test_only_these_decrypt_what_nobody_is_shown() -> None:
    assert _who_writes("looks.unshown(") == set(UNSHOWN)


def test_only_these_have_a_cipher_that_no_transaction_watches() -> None:
    assert _who_writes("FieldCipher(") == set(UNWATCHED)
