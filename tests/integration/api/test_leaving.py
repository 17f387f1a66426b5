from __future__ import annotations

from collections.abc import Callable

from tests.integration.api.conftest import Program
from tests.integration.referrals.test_leaving import served
from tests.loop import Loop


def test_a_program_closes_a_case_with_its_referrals(loop: Loop, program: Callable[..., Program]) -> None:
    case, referral_id = served(loop)
    number = loop.referral(referral_id)["number"]
    worker = program(loop.world.worker)
    actions = [action["action"] for action in worker.get(f"/referrals/{referral_id}").json()["actions"]]
    assert "mark_error" in actions
    assert "end_with_client" not in actions, "it is for the case to end"
    assert worker.post(f"/cases/{case.id}/close", {"reason": "lost_contact"}).status_code == 409
    wrong = worker.post(f"/cases/{case.id}/close", {"reason": "gone"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "reason")
    closed = worker.post(f"/cases/{case.id}/close", {"reason": "died"}, key="once")
    assert closed.json() == {"ended": [number], "asked_to_delete": [number]}
    assert worker.post(f"/cases/{case.id}/close", {"reason": "died"}, key="once").json() == closed.json()
    inside = program(loop.world.partner).get(f"/inbox/{referral_id}").json()
    assert (inside["state"], inside["reason_code"], inside["released"]) == ("discontinued", "client_gone", None)
    assert program(loop.world.partner).post(f"/cases/{case.id}/close", {"reason": "died"}).status_code == 403
