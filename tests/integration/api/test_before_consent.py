from __future__ import annotations

from collections.abc import Callable

from tests.integration.api.conftest import Program
from tests.loop import DETAILS, INTAKE, TRAINING, Loop


def test_the_draft_call_refuses_words_that_could_not_be_sent_and_names_the_field(
    loop: Loop, program: Callable[..., Program]
) -> None:
    case, offering = loop.case(), loop.offering()
    worker = program(loop.world.worker)
    body = {"need_id": str(case.need_id), "offering_id": str(offering)}
    details = {**DETAILS, "intake": INTAKE[TRAINING]}
    refused = worker.post("/referrals", {**body, "details": {**details, "goals": "戒毒后找到工作"}})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "goals")
    assert loop.one("SELECT count(*) FROM referral") == (0,)
    assert worker.post("/referrals", {**body, "details": details}).status_code == 201
