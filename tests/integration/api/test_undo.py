from __future__ import annotations

from collections.abc import Callable

from tests.integration.api.conftest import Program
from tests.integration.referrals.test_undo import served
from tests.loop import Loop


def test_a_program_takes_its_last_step_back_and_cancels_a_service(loop: Loop, program: Callable[..., Program]) -> None:
    referral_id = served(loop)
    partner = program(loop.world.partner)
    (event_id,) = loop.one("SELECT id FROM service_event")
    cancel = f"/inbox/{referral_id}/events/{event_id}/cancel"
    assert partner.post(cancel, {"reason": ""}).status_code == 422
    assert partner.post(cancel, {"reason": "登记错了人"}).status_code == 204
    assert partner.post(cancel, {"reason": "登记错了人"}).status_code == 409
    assert loop.one("SELECT sum(quantity) FROM service_event") == (0,)
    other = loop.sent(serial=2)[1].id
    assert partner.post(f"/inbox/{other}/events/{event_id}/cancel", {"reason": "错"}).status_code == 404
    loop.accept(other)
    undone = partner.post(f"/inbox/{other}/undo", key="back")
    assert undone.json() == {"act": "accept", "state": "received", "stage": None}
    assert partner.post(f"/inbox/{other}/undo", key="back").json() == undone.json()
    assert partner.post(f"/inbox/{other}/undo").status_code == 409
    loop.accept(other)
    assert program(loop.world.worker).post(f"/referrals/{other}/undo").status_code == 403
    assert program(loop.world.supervisor).post(f"/referrals/{other}/undo").json()["act"] == "accept"
