"""The monthly review of releases without consent by API (R10)."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.api.conftest import Program
from tests.loop import Loop

from referral_hub.referrals.consents import record_other_basis


def test_a_program_lists_and_reviews_what_a_supervisor_released(loop: Loop, program: Callable[..., Program]) -> None:
    supervisor = program(loop.world.supervisor)
    assert supervisor.get("/releases-without-consent").json() == []
    case, offering = loop.case(), loop.offering()
    with loop.hub.transaction(loop.world.supervisor) as session:
        released = record_other_basis(
            session,
            loop.request(case, offering),
            basis="statutory_duty",
            article="戒毒条例第41条",
            reason="依法须办理衔接",
            by=loop.world.supervisor,
            at=loop.at,
        ).number
    (one,) = supervisor.get("/releases-without-consent").json()
    assert one["number"] == released
    assert (one["basis"], one["reviewed_at"], one["sent"]) == ("statutory_duty", None, [])
    assert one["article"]
    assert one["reason"]
    path = f"/releases-without-consent/{one['id']}/review"
    assert program(loop.world.worker).post(path).status_code == 403
    assert supervisor.post(path, key="a").status_code == 204
    assert supervisor.post(path, key="a").status_code == 204
    assert supervisor.post(path).json()["code"] == "already-reviewed"
    (after,) = supervisor.get("/releases-without-consent").json()
    assert after["reviewed_by"] == "李国强"
    wrong = supervisor.get("/releases-without-consent?month=1999-01")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "month")
