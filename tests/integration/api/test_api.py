from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient
from tests.integration.api.conftest import CASE, Program
from tests.loop import DETAILS, INTAKE, TRAINING, Loop

from referral_hub.hub import Hub
from referral_hub.storage.engine import make_engine

Programs = Callable[..., Program]


def test_the_whole_loop_runs_over_the_api(loop: Loop, program: Programs) -> None:
    worker, partner = program(loop.world.worker), program(loop.world.partner)
    offering = loop.offering(places=1)
    case = worker.post("/cases", {"name": "张三", "phone": "13800000001", "birth_year": 1990}).json()
    need = worker.post(f"/cases/{case['id']}/needs", {"kind": "employment", "words": "想学厨艺"}).json()
    found = worker.get("/offerings", params={"service": TRAINING, "area": "999999", "age": 36}).json()
    assert [(match["free"], match["verdict"]) for match in found] == [(1, "yes")]
    asked = {
        "case_id": case["id"],
        "recipient_id": str(loop.world.partner_id),
        "service": TRAINING,
        "categories": ["basic", "contact", "need", "work"],
        "signed_how": "handwritten",
    }
    assert worker.post("/consents", asked).status_code == 201
    draft = worker.post(
        "/referrals",
        {"need_id": need["id"], "offering_id": str(offering), "details": {**DETAILS, "intake": INTAKE[TRAINING]}},
    ).json()
    preview = worker.get(f"/referrals/{draft['id']}/preview").json()
    assert preview["fields"]["phone"] == "13800000001"
    sent = worker.post(f"/referrals/{draft['id']}/send", key="once")
    assert sent.status_code == 200
    assert worker.post(f"/referrals/{draft['id']}/send", key="once").json() == sent.json()
    assert len(partner.get("/inbox").json()["lines"]) == 1
    received = partner.get(f"/inbox/{draft['id']}").text
    assert "13800000001" in received
    assert case["number"] not in received
    assert partner.post(f"/inbox/{draft['id']}/accept", {}).status_code == 204
    day = loop.at.date().isoformat()
    filled = partner.post(f"/inbox/{draft['id']}/forms/first_meeting", {"on": day, "values": {"way": "phone"}})
    assert (filled.status_code, filled.json()["state"]) == (200, "applied")
    assert worker.get(f"/referrals/{draft['id']}").json()["attempt"]["state"] == "in_service"


def test_without_a_token_or_with_the_wrong_role_nothing_is_shown(
    loop: Loop, program: Programs, client: TestClient[Any]
) -> None:
    _, sent = loop.sent()
    assert client.get(f"/api/v1/referrals/{sent.id}").status_code == 401
    assert program(loop.world.partner).get(f"/referrals/{sent.id}").status_code == 403
    assert program(loop.world.other_partner).get(f"/inbox/{sent.id}").status_code == 404
    assert program(loop.world.stranger).get(f"/referrals/{sent.id}").status_code == 404


def test_a_token_to_read_cannot_write(loop: Loop, program: Programs) -> None:
    answer = program(loop.world.worker, ("read",)).post("/cases", {"name": "张三"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "token-too-narrow"


def test_an_error_is_a_problem_document_that_names_the_field(loop: Loop, program: Programs) -> None:
    worker = program(loop.world.worker)
    wrong = worker.post("/cases", {"name": "张三", "id_number": "123"})
    assert wrong.status_code == 422
    assert wrong.headers["content-type"].startswith("application/problem+json")
    assert wrong.json()["errors"][0]["field"] == "id_number"
    misspelt = worker.post("/cases", {"nmae": "张三"})
    assert misspelt.status_code == 400
    assert "nmae" in misspelt.text
    assert worker.get("/cases/none/consents").status_code == 404


def test_a_send_without_consent_is_refused_in_words(loop: Loop, program: Programs) -> None:
    draft = loop.draft(loop.case(), loop.offering())
    answer = program(loop.world.worker).post(f"/referrals/{draft.id}/send")
    assert (answer.status_code, answer.json()["code"]) == (409, "consent-missing")
    assert "同意" in answer.json()["detail_zh"]


def test_request_details_may_name_ordinary_work_but_no_treatment(loop: Loop, program: Programs) -> None:
    case, offering_id, worker = loop.case(), loop.offering(), program(loop.world.worker)
    loop.consent(case, offering_id)

    def send(summary: str) -> httpx.Response:
        details = {**DETAILS, "need_summary": summary, "intake": INTAKE[TRAINING]}
        draft = {"need_id": str(case.need_id), "offering_id": str(offering_id), "details": details}
        drafted = worker.post("/referrals", draft)
        return worker.post(f"/referrals/{drafted.json()['id']}/send") if drafted.is_success else drafted

    refused = send("戒毒期满，想找工作")
    assert (refused.status_code, refused.json()["code"]) == (422, "words-not-neutral")
    assert send("餐具消毒员培训").status_code == 200


@pytest.mark.parametrize(("length", "status"), [(2000, 201), (2001, 422)])
def test_a_text_that_is_too_long_is_refused_with_its_field_and_the_limit(
    loop: Loop, program: Programs, length: int, status: int
) -> None:
    worker = program(loop.world.worker)
    case = worker.post("/cases", {"name": "张三"}).json()
    answer = worker.post(f"/cases/{case['id']}/needs", {"kind": "employment", "words": "长" * length})
    assert answer.status_code == status
    if status == 422:
        (problem,) = answer.json()["errors"]
        assert problem["field"] == "words"
        assert "2000" in str(problem)


def test_the_description_of_the_api_is_open_and_lists_every_action(client: TestClient[Any]) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"/api/v1/referrals/{referral_id}/send", "/api/v1/inbox/{referral_id}/accept"} <= set(paths)


def test_a_referral_is_redirected_in_one_action_and_once(loop: Loop, program: Programs) -> None:
    _, sent = loop.sent()
    other = loop.offering(organisation_id=loop.world.other_partner_id)
    worker = program(loop.world.worker)
    asked = {"offering_id": str(other), "reason_code": "unreachable_system"}
    drafted = worker.post(f"/referrals/{sent.id}/redirect", asked, key="once")
    assert drafted.status_code == 201
    assert worker.post(f"/referrals/{sent.id}/redirect", asked, key="once").json() == drafted.json()
    assert worker.get(f"/referrals/{sent.id}").json()["attempt"]["state"] == "withdrawn"
    began = worker.get(f"/referrals/{drafted.json()['id']}").json()["attempt"]
    assert (began["state"], began["previous_id"]) == ("draft", str(sent.id))
    wrong = worker.post(f"/referrals/{sent.id}/redirect", {**asked, "reason_code": "whim"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "reason_code")


def test_what_is_served_is_ended_by_the_office_only_when_nobody_is_there(loop: Loop, program: Programs) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    loop.owner.execute("UPDATE referral SET state = 'in_service', started_at = %s WHERE id = %s", [loop.at, sent.id])
    worker, asked = program(loop.world.worker), {"reason_code": "provider_gone", "note": "电话停机"}
    refused = worker.post(f"/referrals/{sent.id}/end-unserved", asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "still-served")
    loop.owner.execute("UPDATE organisation SET status = 'suspended' WHERE id = %s", [loop.world.partner_id])
    assert not worker.get(f"/referrals/{sent.id}").json()["provider_status"]["provider_active"]
    assert worker.post(f"/referrals/{sent.id}/end-unserved", asked).status_code == 204
    assert worker.get(f"/referrals/{sent.id}").json()["attempt"]["outcome_code"] == "unknown"
    assert program(loop.world.partner).post(f"/referrals/{sent.id}/end-unserved", asked).status_code == 403


def test_the_directory_is_browsed_with_the_reason_why_some_take_nothing(loop: Loop, program: Programs) -> None:
    loop.offering(places=2)
    loop.offering(status="paused")
    lines = program(loop.world.worker).get("/directory", params={"need": "employment"}).json()["lines"]
    assert [(line["use"]["total"], line["closed"] is None) for line in lines] == [(2, True), (0, False)]
    assert program(loop.world.partner).get("/directory").status_code == 403


def test_a_program_is_told_of_an_outage_and_when_to_ask_again(
    loop: Loop, hub: Hub, program: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = program(loop.world.worker)
    monkeypatch.setattr(hub, "engine", make_engine(hub.engine.url.set(host="127.0.0.1", port=1, query={})))
    for answer in (worker.get("/offerings?service=x"), worker.post("/cases", CASE)):
        assert (answer.status_code, answer.json()["code"]) == (503, "database-away")
        assert int(answer.headers["retry-after"]) > 0
