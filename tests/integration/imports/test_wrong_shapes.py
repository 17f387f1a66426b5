"""No well-formed file of the wrong shape ends in a traceback: it is read, or refused in words."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import example, given, settings
from tests.chance import SHARED
from tests.odd import misshapen
from tests.unit.imports.directories import encoded, full_service, key, organisation

from referral_hub.actor import system_actor
from referral_hub.errors import HubError
from referral_hub.hub import Hub
from referral_hub.importing.directory import import_directory
from referral_hub.importing.directory_plan import plan_directory
from referral_hub.importing.hsds import read_directory

OPERATOR = system_actor("cli")
NESTED: Any = organisation(
    services=[full_service()],
    organization_identifiers=[{"id": "1", "identifier": "91350100M000100Y43"}],
    contacts=[{"id": key("c"), "name": "陈老师", "phones": [{"id": key("p"), "number": "13800000000"}]}],
    locations=[{"id": key("l"), "external_identifier": "999999"}],
)
PAGE: Any = {"total_pages": 1, "contents": [{**full_service(), "organization": organisation()}]}
TABLES: Any = {
    "organizations.csv": [organisation()],
    "services.csv": [{"id": "s", "organization_id": key("晨曦职业技能培训中心"), "name": "班", "program_id": "g"}],
    "programs.csv": [{"id": "g", "name": "就业"}],
    "phones.csv": [{"id": "p", "service_id": "s", "number": "0571-87654321"}],
    "attributes.csv": [{"id": "a", "link_id": "s", "taxonomy_term_id": "t"}],
    "taxonomy_terms.csv": [{"id": "t", "code": "employment", "name": "就业", "taxonomy": "local"}],
    "service_at_location.csv": [{"id": "x", "service_id": "s", "location_id": "l"}],
    "locations.csv": [{"id": "l", "location_type": "physical"}],
    "service_capacities.csv": [{"id": "c", "service_id": "s", "unit_id": "u", "available": "3", "maximum": "5"}],
    "units.csv": [{"id": "u", "name": "座位"}],
}
FLAT: Any = {"organizations": [organisation()], "services": [full_service(organization_id=organisation()["id"])]}


class _UndoneError(Exception):
    """So that one example leaves nothing for the next."""


def bring_in(hub: Hub, document: object) -> None:
    """Read, plan and write a directory, and undo it. Whatever is refused is refused by a `HubError`."""
    with suppress(HubError, _UndoneError):
        plan = plan_directory(read_directory([encoded(document)]), hub.modules.services(), skip_unmapped=True)
        with hub.transaction(OPERATOR) as session:
            import_directory(session, plan, by=OPERATOR, at=hub.clock.now())
            raise _UndoneError


@settings(suppress_health_check=SHARED)
@given(document=misshapen(NESTED, PAGE, TABLES, FLAT))
@example({**FLAT, "services": [full_service(id=["a", "b"])]})
@example({**TABLES, "services.csv": [{"id": ["s"], "name": "班", "status": "active"}]})
@example({**TABLES, "attributes.csv": [{"id": "a", "link_id": ["s"], "taxonomy_term_id": {"t": 1}}]})
@example({**PAGE, "contents": [full_service() | {"minimum_age": "²"}]})
@example(NESTED | {"name": "a\x00b"})
def test_a_directory_with_values_of_another_kind_is_read_or_refused(hub: Hub, document: object) -> None:
    bring_in(hub, document)
