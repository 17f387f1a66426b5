from __future__ import annotations

import psycopg
import pytest
from tests.loop import Loop
from tests.world import World

from referral_hub.consent.errors import ConsentMissing
from referral_hub.hub import Hub
from referral_hub.modules.actions import disable_module
from referral_hub.referrals.redirecting import redirect_referral


def test_a_referral_whose_module_is_out_of_use_goes_elsewhere_under_a_consent_of_its_own(
    hub: Hub, owner: psycopg.Connection, world: World
) -> None:
    loop = Loop(hub, owner, world)
    case, sent = loop.sent()
    with hub.transaction(world.admin) as session:
        assert disable_module(session, key="employment", reason="检修", force=True, by=world.admin, at=loop.at) == 1
    owner.execute("UPDATE module SET state = 'enabled' WHERE key = 'employment'")
    other = loop.offering(organisation_id=world.other_partner_id)
    with hub.transaction(world.worker) as session:
        drafted = redirect_referral(
            session,
            referral_id=sent.id,
            offering_id=other,
            reason_code="client_changed_mind",
            letter={"need_summary": "想学一门手艺", "intake": {"wanted_help": ["training"]}},
            by=world.worker,
            at=loop.at,
        )
    before, after = loop.referral(sent.id), loop.referral(drafted.id)
    assert (before["state"], after["state"], after["previous_id"]) == ("withdrawn", "draft", sent.id)
    assert loop.one("SELECT done_at IS NOT NULL FROM duty WHERE kind = 'module_gone'") == (True,)
    with pytest.raises(ConsentMissing):
        loop.send(drafted.id)
    loop.consent(case, other)
    loop.send(drafted.id)
