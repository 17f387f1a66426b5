"""Who can be served, asked over the API (R42): search, draft, redirect, send and the place given say the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb
from tests.factories import CaseMade
from tests.integration.api.conftest import Program
from tests.loop import DETAILS, INTAKE, Loop

STAY = "house.stay"
Programs = Callable[..., Program]


def housing(loop: Loop, *, sex: str = "2", serial: int = 1, **values: Any) -> CaseMade:
    return loop.case(serial=serial, kind="housing", words="没有住处", sex=sex, **values)


def drafting(case: CaseMade, offering_id: UUID, **values: Any) -> dict[str, Any]:
    details = {**DETAILS, "intake": INTAKE[STAY]}
    return {"need_id": str(case.need_id), "offering_id": str(offering_id), "details": details, **values}


def verdicts(program: Program, case: CaseMade) -> dict[str, str]:
    found = program.get("/offerings", params={"need": "housing", "case": str(case.id)}).json()
    return {match["offering_id"]: match["verdict"] for match in found}


def test_a_house_for_men_is_a_no_for_a_woman_wherever_it_is_asked(loop: Loop, program: Programs) -> None:
    men, women, unknown = (loop.offering(STAY, places=n, sex=sex) for n, sex in ((2, "1"), (1, "2"), (0, None)))
    case, worker = housing(loop), program(loop.world.worker)
    assert verdicts(worker, case) == {str(women): "yes", str(unknown): "unknown", str(men): "no"}
    assert list(verdicts(worker, case)) == [str(women), str(unknown), str(men)]
    refused = worker.post("/referrals", drafting(case, men))
    assert (refused.status_code, refused.json()["code"]) == (409, "not-eligible")
    assert "女" in refused.json()["detail_zh"]
    assert refused.json()["errors"][0]["field"] == "exception"
    assert worker.post("/referrals", drafting(case, unknown)).status_code == 201
    loop.consent(case, women)
    first = worker.post("/referrals", drafting(case, women)).json()["id"]
    assert worker.post(f"/referrals/{first}/send").status_code == 200
    elsewhere = {"offering_id": str(men), "reason_code": "unreachable_system"}
    assert worker.post(f"/referrals/{first}/redirect", elsewhere).json()["code"] == "not-eligible"
    assert loop.referral(UUID(first))["state"] == "sent", "what was refused changed nothing"


def test_only_a_supervisor_sends_to_one_that_cannot_serve_and_says_why(loop: Loop, program: Programs) -> None:
    men, case = loop.offering(STAY, places=1, sex="1"), housing(loop)
    worker, supervisor = program(loop.world.worker), program(loop.world.supervisor)
    by_worker = worker.post("/referrals", drafting(case, men, exception="家属同住"))
    assert (by_worker.status_code, by_worker.json()["errors"][0]["field"]) == (422, "exception")
    assert supervisor.post("/referrals", drafting(case, men)).json()["code"] == "not-eligible"
    drafted = supervisor.post("/referrals", drafting(case, men, exception="性别登记有误，已核对证件"))
    assert drafted.status_code == 201
    loop.consent(case, men)
    key = drafted.json()["id"]
    assert worker.post(f"/referrals/{key}/send").status_code == 200
    assert worker.get(f"/referrals/{key}").json()["exception"] == "性别登记有误，已核对证件"
    recorded = "SELECT details FROM audit_entry WHERE action = 'referral.except' AND referral_id = %s"
    assert loop.one(recorded, UUID(key)) == ({"of": ["capacity"]},)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"eligibility": {"sexes": ["1"]}}, "男"),
        ({"eligibility": {"min_age": 60}}, "60"),
        ({"area_codes": ["110101"]}, "地区"),
    ],
)
def test_what_changed_after_the_draft_stops_the_send(
    loop: Loop, program: Programs, change: dict[str, Any], said: str
) -> None:
    offering, case, worker = loop.offering(STAY, places=1), housing(loop), program(loop.world.worker)
    loop.consent(case, offering)
    draft = worker.post("/referrals", drafting(case, offering)).json()["id"]
    for column, value in change.items():
        stored = Jsonb(value) if isinstance(value, dict) else value
        loop.owner.execute(f"UPDATE offering SET {column} = %s WHERE id = %s", [stored, offering])
    refused = worker.post(f"/referrals/{draft}/send")
    assert (refused.status_code, refused.json()["code"]) == (409, "not-eligible")
    assert said in refused.json()["detail_zh"]


def test_an_exception_holds_for_what_it_was_made_and_for_nothing_else(loop: Loop, program: Programs) -> None:
    offering, case = loop.offering(STAY, places=1, sex="1"), housing(loop)
    loop.consent(case, offering)
    supervisor = program(loop.world.supervisor)
    draft = supervisor.post("/referrals", drafting(case, offering, exception="已商量")).json()["id"]
    loop.owner.execute("UPDATE offering SET eligibility = %s WHERE id = %s", [Jsonb({"min_age": 60}), offering])
    assert supervisor.post(f"/referrals/{draft}/send").json()["code"] == "not-eligible"


def test_what_the_module_says_no_to_is_not_drafted(loop: Loop, program: Programs) -> None:
    """The house's own setting says whom it takes in: only its module reads it."""
    offering, case = loop.offering(STAY, places=1, settings={"sexes": "1"}), housing(loop)
    refused = program(loop.world.worker).post("/referrals", drafting(case, offering))
    assert (refused.status_code, refused.json()["code"]) == (409, "not-eligible")
    assert "该性别" in refused.json()["detail_zh"]


def test_a_bed_of_the_other_sex_is_given_to_nobody(loop: Loop, program: Programs) -> None:
    """The men's beds are registered after the referral was sent: forcing one over the API is refused."""
    offering, case, worker = loop.offering(STAY, places=1), housing(loop), program(loop.world.worker)
    loop.consent(case, offering)
    key = worker.post("/referrals", drafting(case, offering)).json()["id"]
    worker.post(f"/referrals/{key}/send")
    loop.owner.execute("UPDATE reservation SET state = 'released', ended_at = %s", [loop.at])
    loop.owner.execute("UPDATE place SET sex = '1'")
    partner = program(loop.world.partner)
    forced = partner.post(f"/inbox/{key}/accept", {"sex": "1"})
    assert (forced.status_code, forced.json()["errors"][0]["field"]) == (422, "sex")
    assert partner.post(f"/inbox/{key}/accept", {"sex": "2"}).json()["code"] == "no-place-free"
    assert partner.post(f"/inbox/{key}/accept", {}).json()["code"] == "no-place-free"
    loop.owner.execute("UPDATE place SET sex = '2'")
    assert partner.post(f"/inbox/{key}/accept", {"sex": "2"}).status_code == 204
