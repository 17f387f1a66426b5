from __future__ import annotations

import psycopg
import pytest
from tests.loop import DETAILS, INTAKE, TRAINING, Loop
from tests.world import World

from referral_hub.errors import HubError
from referral_hub.hub import Hub
from referral_hub.module_admin.lifecycle_actions import disable_module
from referral_hub.referrals.next_details import details_after
from referral_hub.referrals.reassignment import redirect_referral
from referral_hub.workflow.errors import ConsentMissing


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
            details={"need_summary": "想学一门手艺", "intake": {"wanted_help": ["training"]}},
            by=world.worker,
            at=loop.at,
        )
    before, after = loop.referral(sent.id), loop.referral(drafted.id)
    assert (before["state"], after["state"], after["previous_id"]) == ("withdrawn", "draft", sent.id)
    assert loop.one("SELECT done_at IS NOT NULL FROM task WHERE NOT next_step AND kind = 'module_gone'") == (True,)
    with pytest.raises(ConsentMissing):
        loop.send(drafted.id)
    loop.consent(case, other)
    loop.send(drafted.id)


def test_what_was_written_goes_along_as_far_as_it_fits_the_other_service(
    hub: Hub, owner: psycopg.Connection, world: World
) -> None:
    loop = Loop(hub, owner, world)
    _, sent = loop.sent()
    same = loop.offering(organisation_id=world.other_partner_id)
    other = loop.offering("living.assistance", organisation_id=world.other_partner_id)
    with hub.transaction(world.worker) as session:
        kept, dropped = details_after(session, sent.id, same), details_after(session, sent.id, other)
    assert kept == {**DETAILS, "intake": INTAKE[TRAINING]}
    assert dropped == {**DETAILS, "intake": {}}


def test_a_referral_is_not_redirected_to_where_it_is_nor_for_a_reason_nobody_knows(
    hub: Hub, owner: psycopg.Connection, world: World
) -> None:
    loop = Loop(hub, owner, world)
    _, sent = loop.sent()
    here, other = loop.referral(sent.id)["offering_id"], loop.offering(organisation_id=world.other_partner_id)
    for offering, reason, field in ((here, "no_answer", "offering_id"), (other, "a whim", "reason_code")):
        with pytest.raises(HubError) as refused, hub.transaction(world.worker) as session:
            redirect_referral(
                session, referral_id=sent.id, offering_id=offering, reason_code=reason, by=world.worker, at=loop.at
            )
        assert refused.value.field == field
    assert loop.referral(sent.id)["state"] == "sent"
