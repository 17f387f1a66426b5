"""What the words after a decline promise: the same answer from search, draft and send, whichever door is used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.factories import CaseMade
from tests.integration.api.conftest import Program
from tests.loop import DETAILS, INTAKE, TRAINING, Loop

from referral_hub.calendar.clock import FixedClock
from referral_hub.codes import ASK_AGAIN_REASONS, DECLINE_NEXT_STEPS, DECLINE_REASONS
from referral_hub.codes.declines import ASK_AGAIN_DAYS, SUPERVISOR_AGREES

Programs = Callable[..., Program]


def declined(loop: Loop, offering_id: UUID, reason: str) -> CaseMade:
    case, sent = loop.sent(offering_id=offering_id)
    loop.decline(sent.id, reason)
    return case


def again(
    program: Program, case: CaseMade, offering_id: UUID, need_id: UUID | None = None, **values: Any
) -> httpx.Response:
    details = {**DETAILS, "intake": INTAKE[TRAINING]}
    body = {"need_id": str(need_id or case.need_id), "offering_id": str(offering_id), "details": details, **values}
    return program.post("/referrals", body)


def searched(program: Program, case: CaseMade) -> dict[str, Any]:
    found = program.get("/offerings", params={"service": TRAINING, "case": str(case.id)}).json()
    return {match["offering_id"]: match["rest"] for match in found}


@pytest.mark.parametrize("reason", sorted(DECLINE_REASONS))
def test_every_reason_is_followed_by_what_its_words_promise(loop: Loop, program: Programs, reason: str) -> None:
    step, worker = DECLINE_NEXT_STEPS[reason], program(loop.world.worker)
    asked, sister = loop.offering(), loop.offering()
    case = declined(loop, asked, reason)
    rests = {str(asked): step.rests is not None, str(sister): step.rests == "service"}
    assert {key: rest is not None for key, rest in searched(worker, case).items()} == rests
    refused = again(worker, case, asked)
    if step.rests is None:
        assert refused.status_code == 201
        assert worker.post(f"/referrals/{refused.json()['id']}/send").status_code == 200
    else:
        assert (refused.status_code, refused.json()["code"]) == (409, "declined-recently")
        assert DECLINE_REASONS[reason].zh in refused.json()["detail_zh"]
    assert again(worker, case, sister).status_code == (409 if step.rests == "service" else 201)
    promised = f"{ASK_AGAIN_DAYS}天" in step.label.zh
    assert promised == (step.rests is not None), "words and rule say the same"


@pytest.mark.parametrize("reason", sorted(code for code, step in DECLINE_NEXT_STEPS.items() if step.rests))
def test_only_the_reasons_that_lift_it_let_a_place_be_asked_again(loop: Loop, program: Programs, reason: str) -> None:
    supervisor, offering = program(loop.world.supervisor), loop.offering()
    case = declined(loop, offering, reason)
    lifting = DECLINE_NEXT_STEPS[reason].asked_again
    answers = {code: again(supervisor, case, offering, asked_again=code) for code in ASK_AGAIN_REASONS}
    assert {code for code, answer in answers.items() if answer.status_code == 201} == set(lifting)
    (drafted,) = (answers[lifting[0]].json()["id"],)
    assert supervisor.post(f"/referrals/{drafted}/send").status_code == 200
    recorded = "SELECT reason FROM audit_entry WHERE action = 'referral.draft' AND referral_id = %s"
    assert loop.one(recorded, drafted) == (lifting[0],)


def test_a_worker_cannot_speak_for_the_supervisor(loop: Loop, program: Programs) -> None:
    offering = loop.offering()
    case = declined(loop, offering, "safety")
    answer = again(program(loop.world.worker), case, offering, asked_again=SUPERVISOR_AGREES)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "asked_again")


def test_a_draft_started_before_the_decline_is_stopped_at_the_send(loop: Loop, program: Programs) -> None:
    worker, offering = program(loop.world.worker), loop.offering()
    case, sent = loop.sent(offering_id=offering)
    other_need = loop.second_need(case.id, kind="employment")
    draft = again(worker, case, offering, other_need.need_id).json()
    loop.decline(sent.id, "client_refused")
    assert worker.post(f"/referrals/{draft['id']}/send").json()["code"] == "declined-recently"


def test_after_thirty_days_the_place_may_be_asked_again(loop: Loop, program: Programs, clock: FixedClock) -> None:
    offering = loop.offering()
    case = declined(loop, offering, "not_eligible")
    clock.advance(timedelta(days=ASK_AGAIN_DAYS) - timedelta(hours=1))
    worker = program(loop.world.worker)
    assert again(worker, case, offering).status_code == 409
    clock.advance(timedelta(hours=1))
    assert again(worker, case, offering).status_code == 201


def test_what_the_client_did_not_agree_to_is_not_asked_again_from_the_first_step(loop: Loop, program: Programs) -> None:
    worker, offering = program(loop.world.worker), loop.offering()
    case = loop.case()
    question = {
        "case_id": str(case.id),
        "recipient_id": str(loop.world.partner_id),
        "service": TRAINING,
        "categories": ["basic", "contact", "need", "work"],
    }
    assert worker.post("/consents/refusals", question).status_code == 201
    assert searched(worker, case)[str(offering)]["asked_again"] == ["client_asked"]
    assert again(worker, case, offering).json()["code"] == "declined-recently"
    assert again(worker, case, offering, asked_again="client_asked").status_code == 201
    yes = {**question, "signed_how": "handwritten", "asked_by_client": True}
    assert worker.post("/consents", yes).status_code == 201
    assert searched(worker, case) == {str(offering): None}
