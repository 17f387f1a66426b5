"""Reading Open Referral HSDS 3.x: organisations and their services, in any of the shapes it is published in.

Nested (an organisation with its services, a service with its organisation), the pages of an API (`contents`), lists
under `organizations` and `services`, and the tables of the tabular form with their keys. Reading is lenient: what
cannot be read as its kind is left out, and only what an entry cannot do without is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec

from referral_hub.codes.credit_code import check_credit_code
from referral_hub.i18n import Label
from referral_hub.importing.errors import FileEmpty, FileTooLarge, NotADirectory, NotJson
from referral_hub.importing.hsds_tables import nest_tables
from referral_hub.importing.hsds_texts import area_codes_in, hours_of, language_codes, text_of, without_markup
from referral_hub.text import ValidationIssue

MAX_BYTES = 50 * 1024 * 1024
SETTINGS_TAXONOMY = "referral-hub"
_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{0,20})?")
Raw = dict[str, Any]
Kind = Literal["organisation", "service"]


class Term(msgspec.Struct, frozen=True):
    """A taxonomy term or attribute that classifies a service."""

    code: str
    name: str
    taxonomy: str


class CapacityRead(msgspec.Struct, frozen=True):
    """Places of one kind: `available` now, of `maximum` where that is told."""

    unit: str
    available: int
    maximum: int | None


class ServiceRead(msgspec.Struct, frozen=True):
    """One service as published. `settings` answer a module's questions (attributes of our own taxonomy)."""

    id: str
    organisation_id: str
    name: str
    status: str
    description: str
    eligibility: str
    application: str
    documents: tuple[str, ...]
    addresses: tuple[str, ...]
    hours: str
    phones: tuple[str, ...]
    languages: tuple[str, ...]
    area_codes: tuple[str, ...]
    has_areas: bool
    minimum_age: int | None
    maximum_age: int | None
    terms: tuple[Term, ...]
    capacities: tuple[CapacityRead, ...]
    settings: dict[str, str]


class OrganisationRead(msgspec.Struct, frozen=True):
    id: str
    name: str
    alternate_name: str
    phones: tuple[str, ...]
    credit_code: str | None
    contact_name: str
    area_code: str | None


class DirectoryRead(msgspec.Struct, frozen=True):
    """What a file, or several pages, hold. `missing_pages`: pages that the file itself says exist and are not here."""

    organisations: tuple[OrganisationRead, ...]
    services: tuple[ServiceRead, ...]
    missing_pages: int


def read_directory(files: Iterable[bytes]) -> DirectoryRead:
    """Organisations and services of all files together, each once, by id. Raises a `FileUnreadable`."""
    organisations: dict[str, OrganisationRead] = {}
    services: dict[str, ServiceRead] = {}
    pages, pages_there = 0, 1
    for data in files:
        document = _document(data)
        pages += 1
        if isinstance(document, dict) and isinstance(document.get("total_pages"), int):
            pages_there = max(pages_there, document["total_pages"])
        for kind, raw, holder in _entries(document):
            if kind == "organisation":
                organisation = _organisation(raw)
                key = organisation.id or f"#{len(organisations)}"
                if _is_fuller(organisation, organisations.get(key)):
                    organisations[key] = organisation
            else:
                service = _service(raw, holder)
                services.setdefault(service.id or f"#{len(services)}", service)
    if not organisations and not services:
        raise NotADirectory
    return DirectoryRead(tuple(organisations.values()), tuple(services.values()), max(pages_there - pages, 0))


def _document(data: bytes) -> Any:
    if not data.strip():
        raise FileEmpty
    if len(data) > MAX_BYTES:
        raise FileTooLarge(limit=MAX_BYTES // 1024 // 1024)
    try:
        document = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
        # Inside, for a table whose rows nest nearly as deep as can be read is too deep to compare.
        return nest_tables(document) if isinstance(document, dict) else document
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise NotJson(where=Label(zh=f"解析错误：{e}", en=str(e))) from e


def _items(document: Any) -> list[Raw]:
    if isinstance(document, dict) and isinstance(document.get("contents"), list):
        document = document["contents"]
    return objects(document) if isinstance(document, list) else objects([document])


def objects(value: Any) -> list[Raw]:
    """The objects of a list; anything else is nothing."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _entries(document: Any) -> Iterator[tuple[Kind, Raw, str]]:
    """Every organisation and service, with the id of the organisation that a service stands under."""
    for item in _items(document):
        site = item.get("service")
        if isinstance(site, dict):  # a page of services at locations
            yield from _with_organisation({**site, "service_at_locations": [item]}, "")
        elif not text_of(item, "id") and ("organizations" in item or "services" in item):
            for organisation in objects(item.get("organizations")):
                yield from _with_services(organisation)
            for service in objects(item.get("services")):
                yield from _with_organisation(service, "")
        elif "services" not in item and {"status", "organization", "organization_id"} & item.keys():
            yield from _with_organisation(item, "")
        elif text_of(item, "name") and "location_type" not in item:
            yield from _with_services(item)


def _with_services(organisation: Raw) -> Iterator[tuple[Kind, Raw, str]]:
    yield "organisation", organisation, ""
    for service in objects(organisation.get("services")):
        yield from _with_organisation(service, text_of(organisation, "id"))


def _with_organisation(service: Raw, holder: str) -> Iterator[tuple[Kind, Raw, str]]:
    organisation = service.get("organization")
    if isinstance(organisation, dict):
        yield "organisation", organisation, ""
    yield "service", service, holder


def _is_fuller(new: OrganisationRead, known: OrganisationRead | None) -> bool:
    """A page of services holds its organisations in short form; the one that tells more is kept."""
    return known is None or len(msgspec.json.encode(new)) > len(msgspec.json.encode(known))


def _organisation(raw: Raw) -> OrganisationRead:
    identifiers = [text_of(entry, "identifier") for entry in objects(raw.get("organization_identifiers"))]
    codes = [check_credit_code(text) for text in [*identifiers, text_of(raw, "tax_id")] if text]
    contacts = objects(raw.get("contacts"))
    locations = objects(raw.get("locations"))
    areas = [code for location in locations for code in _area_codes_of_location(location)]
    return OrganisationRead(
        id=text_of(raw, "id"),
        name=text_of(raw, "name"),
        alternate_name=text_of(raw, "alternate_name"),
        phones=_phones(raw, *contacts, *locations),
        credit_code=next((code for code in codes if not isinstance(code, ValidationIssue)), None),
        contact_name=text_of(contacts[0], "name") if contacts else "",
        area_code=areas[0] if areas else None,
    )


def _service(raw: Raw, organisation_id: str) -> ServiceRead:
    organisation = raw.get("organization")
    own = text_of(organisation, "id") if isinstance(organisation, dict) else ""
    sites = objects(raw.get("service_at_locations"))
    locations = [site["location"] for site in sites if isinstance(site.get("location"), dict)]
    areas = objects(raw.get("service_areas")) + [area for site in sites for area in objects(site.get("service_areas"))]
    terms, settings = _terms(raw)
    schedules = [entry for each in (raw, *sites, *locations) for entry in objects(each.get("schedules"))]
    return ServiceRead(
        id=text_of(raw, "id"),
        organisation_id=own or text_of(raw, "organization_id") or organisation_id,
        name=text_of(raw, "name"),
        status=text_of(raw, "status") or "active",
        description=without_markup(text_of(raw, "description")),
        eligibility=without_markup(text_of(raw, "eligibility_description")),
        application=without_markup(text_of(raw, "application_process")),
        documents=tuple(t for entry in objects(raw.get("required_documents")) if (t := text_of(entry, "document"))),
        addresses=tuple(dict.fromkeys(a for place in locations for a in _addresses(place))),
        hours=hours_of(schedules),
        phones=_phones(raw, *sites, *objects(raw.get("contacts")), *locations),
        languages=language_codes(objects(raw.get("languages"))),
        area_codes=tuple(dict.fromkeys(code for area in areas for code in area_codes_in(area))),
        has_areas=bool(areas),
        minimum_age=_age(raw.get("minimum_age")),
        maximum_age=_age(raw.get("maximum_age")),
        terms=terms,
        capacities=tuple(_capacities(raw)),
        settings=settings,
    )


def _terms(raw: Raw) -> tuple[tuple[Term, ...], dict[str, str]]:
    """What classifies the service, and apart from that the answers to a module's own questions."""
    terms: list[Term] = []
    settings: dict[str, str] = {}
    for attribute in objects(raw.get("attributes")):
        nested = attribute.get("taxonomy_term")
        term = nested if isinstance(nested, dict) else {}
        code, value = text_of(term, "code"), text_of(attribute, "value")
        if text_of(term, "taxonomy") == SETTINGS_TAXONOMY and value:
            settings[code or text_of(term, "name")] = value
        else:
            name = text_of(term, "name") or text_of(attribute, "label") or value
            terms.append(Term(code=code, name=name, taxonomy=text_of(term, "taxonomy")))
    program = raw.get("program")
    if isinstance(program, dict) and text_of(program, "name"):
        terms.append(Term(code="", name=text_of(program, "name"), taxonomy="program"))
    return tuple(terms), settings


def _capacities(raw: Raw) -> Iterator[CapacityRead]:
    for entry in objects(raw.get("capacities")):
        unit = entry.get("unit")
        available, maximum = _whole(entry.get("available")), _whole(entry.get("maximum"))
        if available is not None:
            name = text_of(unit, "name") if isinstance(unit, dict) else ""
            yield CapacityRead(unit=name, available=available, maximum=maximum)


def _phones(*holders: Raw) -> tuple[str, ...]:
    numbers = (text_of(phone, "number").strip('"') for each in holders for phone in objects(each.get("phones")))
    return tuple(dict.fromkeys(number for number in numbers if number))


def _addresses(location: Raw) -> Iterator[str]:
    for address in objects(location.get("addresses")):
        parts = [text_of(address, key) for key in ("state_province", "city", "region", "address_1", "address_2")]
        named = list(dict.fromkeys(part for part in parts if part))
        whole = ", ".join(named) if "".join(named).isascii() else "".join(named)
        if whole and text_of(address, "address_type") != "virtual":
            yield whole


def _area_codes_of_location(location: Raw) -> list[str]:
    identifier = text_of(location, "external_identifier")
    return list(area_codes_in({"name": identifier}))


def _age(value: object) -> int | None:
    age = _whole(value)
    return age if age is not None and age <= 120 else None


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value) else None
    return int(value) if isinstance(value, int | float) and 0 <= value < 1_000_000 else None
