from __future__ import annotations

from collections.abc import Callable

from tests.integration.api.conftest import Program
from tests.integration.referrals.test_reopening import stopped
from tests.loop import Loop


def test_a_program_reads_where_a_reopened_referral_stands_and_gives_a_place(
    loop: Loop, program: Callable[..., Program]
) -> None:
    offering = loop.offering(places=1)
    _, sent = loop.sent(offering_id=offering)
    stopped(loop, sent.id)
    _, other = loop.sent(serial=2, offering_id=offering)
    loop.deliver()
    loop.accept(other.id)
    answer = program(loop.world.supervisor).post(f"/referrals/{sent.id}/reopen", {"reason_code": "ended_too_early"})
    assert answer.json() == {"state": "in_service", "stage": "guidance", "place_lost": True}
    partner = program(loop.world.partner)
    refused = partner.post(f"/inbox/{sent.id}/place", {})
    assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[-1]) == (409, "no-place-free")
    loop.decline(other.id)
    assert partner.post(f"/inbox/{sent.id}/place", {}).status_code == 204
    assert "close" in [form["key"] for form in partner.get(f"/inbox/{sent.id}").json()["forms"]]
    assert partner.post(f"/inbox/{other.id}/place", {}).status_code == 409
