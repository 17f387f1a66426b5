"""Keeping the directory: organisations, contracts, offerings; who may, what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest
from tests.factories import contract, offering, organisation, places, provider
from tests.world import World

from referral_hub.directory.actions import (
    activate_organisation,
    change_offering,
    change_organisation,
    confirm_capacity,
    pause_offering,
    suspend_organisation,
)
from referral_hub.directory.errors import (
    AssessmentMissing,
    ContractMissing,
    CreditCodeTaken,
    NumberTaken,
    ServiceUnknown,
    SettingsUnusable,
)
from referral_hub.errors import Conflict, Invalid, NotAllowed
from referral_hub.hub import Hub
from referral_hub.views.directory.lists import contracts_for_list, offerings_for_list, organisations_for_list
from referral_hub.views.directory.pages import offering_for_page, organisation_for_page

CODE = "52110105MJ0000001A"


def test_a_provider_is_active_only_once_assessed(hub: Hub, world: World) -> None:
    key = organisation(hub, world.admin)
    with pytest.raises(AssessmentMissing), hub.transaction(world.admin) as session:
        activate_organisation(session, organisation_id=key, by=world.admin, at=hub.clock.now())
    with hub.transaction(world.admin) as session:
        page = organisation_for_page(session, key, at=hub.clock.now())
    assert page.status == "preparing"


def test_an_entrusted_provider_needs_a_contract_in_force(hub: Hub, world: World) -> None:
    key = organisation(hub, world.admin, processor_role="entrusted")

    def activate() -> None:
        with hub.transaction(world.admin) as session:
            activate_organisation(
                session,
                organisation_id=key,
                assessment_reference="PIA-7",
                assessment_on=date(2026, 2, 1),
                by=world.admin,
                at=hub.clock.now(),
            )

    contract(
        hub, world.admin, purchaser_id=world.office_id, provider_id=key, number="HT-旧", starts_on=date(2025, 1, 1),
        ends_on=date(2025, 12, 31),
    )  # fmt: skip
    with pytest.raises(ContractMissing):
        activate()
    contract(hub, world.admin, purchaser_id=world.office_id, provider_id=key, number="HT-新")
    activate()
    with hub.transaction(world.admin) as session:
        rows = contracts_for_list(session, provider_id=key, at=hub.clock.now()).lines
        (listed,) = [
            row for row in organisations_for_list(session, words="乐业", at=hub.clock.now()).lines if row.id == key
        ]
    assert [(row.number, row.in_force) for row in rows] == [("HT-新", True), ("HT-旧", False)]
    assert listed.contract_until == date(2026, 12, 31)


def test_names_that_others_read_are_neutral(hub: Hub, world: World) -> None:
    with pytest.raises(Invalid) as refused:
        organisation(hub, world.admin, short_name="禁毒协会")
    assert refused.value.field == "short_name"
    key = provider(hub, world.admin)
    with pytest.raises(Invalid) as refused:
        offering(hub, world.admin, organisation_id=key, title="戒毒人员培训班")
    assert refused.value.field == "title"


def test_one_credit_code_is_one_organisation(hub: Hub, world: World) -> None:
    from referral_hub.codes.credit_code import check_character

    code = CODE[:17] + check_character(CODE[:17])
    organisation(hub, world.admin, credit_code=code)
    with pytest.raises(CreditCodeTaken) as refused:
        organisation(hub, world.admin, name="另一家", credit_code=code)
    assert "乐业技能培训学校" in refused.value.label.zh


@pytest.mark.parametrize("who", ["worker", "supervisor", "partner", "civil", "auditor"])
def test_only_an_administrator_enters_organisations(hub: Hub, world: World, who: str) -> None:
    with pytest.raises(NotAllowed):
        organisation(hub, getattr(world, who))


@pytest.mark.parametrize(
    ("values", "error", "field"),
    [
        ({"service_key": "nowhere.nothing"}, ServiceUnknown, "service_key"),
        ({"area_codes": ["12"]}, Invalid, "area_codes"),
        ({"eligibility": {"min_age": "old"}}, Invalid, "min_age"),
        ({"eligibility": {"sexes": ["x"]}}, Invalid, "sexes"),
        ({"answer_days": 0}, Invalid, "answer_days"),
        ({"settings": {"families": ["spying"]}}, SettingsUnusable, "settings.families"),
        ({"settings": {"no_such": 1}}, SettingsUnusable, "settings.no_such"),
    ],
)
def test_what_is_wrong_with_an_offering_is_named(
    hub: Hub, world: World, values: dict[str, Any], error: type[Exception], field: str
) -> None:
    with pytest.raises(error) as refused:
        offering(hub, world.admin, organisation_id=world.partner_id, **values)
    assert refused.value.field == field  # type: ignore[attr-defined]


def test_a_partner_keeps_its_own_offering_and_nobody_elses(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    mine = offering(hub, world.admin, organisation_id=world.partner_id)
    at = hub.clock.now()
    with hub.transaction(world.partner) as session:
        change_offering(session, offering_id=mine, values={"hours": "周一至周五"}, by=world.partner, at=at)
        confirm_capacity(session, offering_id=mine, by=world.partner, at=at)
        pause_offering(session, offering_id=mine, reason="装修", by=world.partner, at=at)
    places(hub, world.partner, mine, 2)
    reserved: list[dict[str, Any]] = [{"area_codes": []}, {"answer_days": 3}]
    for values in reserved:
        with pytest.raises(NotAllowed), hub.transaction(world.partner) as session:
            change_offering(session, offering_id=mine, values=values, by=world.partner, at=at)
    with pytest.raises(NotAllowed), hub.transaction(world.other_partner) as session:
        pause_offering(session, offering_id=mine, reason="x", by=world.other_partner, at=at)
    rows = owner.execute(
        "SELECT details->>'what' FROM audit_entry WHERE action = 'directory.change' ORDER BY seq"
    ).fetchall()
    assert [row[0] for row in rows] == ["add", "change", "confirm", "paused", "places"]


def test_labels_of_places_are_distinguished(hub: Hub, world: World) -> None:
    mine = offering(hub, world.admin, organisation_id=world.partner_id)
    places(hub, world.admin, mine, 2, group_label="甲班")
    places(hub, world.admin, mine, 2, group_label="乙班")
    with pytest.raises(Conflict):
        places(hub, world.admin, mine, 1, group_label="甲班")


def test_a_contract_number_is_used_once(hub: Hub, world: World) -> None:
    contract(hub, world.admin, purchaser_id=world.office_id, provider_id=world.partner_id, number="HT-1")
    with pytest.raises(NumberTaken):
        contract(hub, world.admin, purchaser_id=world.office_id, provider_id=world.partner_id, number="HT-1")


def test_an_organisation_is_corrected_and_suspended(hub: Hub, world: World) -> None:
    key = provider(hub, world.admin)
    at = hub.clock.now()
    with hub.transaction(world.admin) as session:
        change_organisation(session, organisation_id=key, values={"phone": "0571-87654321"}, by=world.admin, at=at)
        suspend_organisation(session, organisation_id=key, reason="合同到期", by=world.admin, at=at)
        page = organisation_for_page(session, key, at=at)
    assert (page.phone, page.status) == ("057187654321", "suspended")
    with pytest.raises(Invalid), hub.transaction(world.admin) as session:
        change_organisation(session, organisation_id=key, values={"status": "active"}, by=world.admin, at=at)


def test_an_offering_is_shown_with_its_places(hub: Hub, world: World) -> None:
    mine = offering(hub, world.admin, organisation_id=world.partner_id, settings={"families": ["catering"]})
    places(hub, world.admin, mine, 2, group_label="4月班", starts_on=date(2026, 4, 6), ends_on=date(2026, 4, 30))
    at = hub.clock.now()
    with hub.transaction(world.worker) as session:
        page = offering_for_page(session, mine, at=at)
        (row,) = offerings_for_list(session, organisation_id=world.partner_id, at=at).lines
    assert page.settings == {"families": ["catering"]}
    assert [(place.label, place.state) for place in page.places] == [("1", "free"), ("2", "free")]
    assert [(group.group_label, group.free) for group in page.groups] == [("4月班", 2)]
    assert (row.use.free, row.use.next_on, row.capacity_stale) == (2, date(2026, 4, 6), False)
