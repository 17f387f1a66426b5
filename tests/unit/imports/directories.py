"""Directories in Open Referral HSDS 3.x, made by code. Every organisation in them is made up."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid5

_SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
Raw = dict[str, Any]


def key(name: str) -> str:
    """The same id for the same name, as a publisher keeps it."""
    return str(uuid5(_SPACE, name))


def organisation(name: str = "晨曦职业技能培训中心", **values: Any) -> Raw:
    return {"id": key(name), "name": name, "description": name, **values}


def service(name: str = "烹饪技能班", term: str = "employment", **values: Any) -> Raw:
    return {"id": key(name), "name": name, "status": "active", "attributes": [attribute(term)], **values}


def attribute(term: str, *, taxonomy: str = "local", value: str = "") -> Raw:
    words = {"id": key(term), "code": term, "name": term, "description": term, "taxonomy": taxonomy}
    return {"id": key(f"attribute {term}"), "value": value, "taxonomy_term": words}


def full_service(**values: Any) -> Raw:
    """One with everything that the hub takes over."""
    address = {"address_1": "示范路1号", "city": "示范市", "state_province": "示范省", "postal_code": "000000"}
    place = {
        "id": key("place"),
        "location_type": "physical",
        "addresses": [{"id": key("address"), **address, "country": "CN", "address_type": "physical"}],
    }
    week = {
        "id": key("week"),
        "freq": "WEEKLY",
        "byday": "MO,TU,WE,TH,FR",
        "opens_at": "09:00:00",
        "closes_at": "17:00:00",
    }
    return service(
        description="<p>八周课程，<b>免费</b>。</p>\n\n* 含[教材](http://example.com)",
        eligibility_description="愿意学习的成年人",
        application_process="电话预约",
        minimum_age=18,
        maximum_age=55,
        phones=[{"id": key("phone"), "number": '"0571-8765 4321"'}],
        schedules=[week],
        languages=[{"id": key("language"), "code": "zho"}, {"id": key("yue"), "name": "粤语"}],
        required_documents=[{"id": key("document"), "document": "身份证"}],
        service_areas=[{"id": key("area"), "name": "示范区（999999）"}],
        service_at_locations=[{"id": key("site"), "location": place}],
        capacities=[
            {
                "id": key("seats"),
                "unit": {"id": key("seat"), "name": "座位"},
                "available": 3,
                "maximum": 5,
                "updated": "2026-03-01T00:00:00Z",
            }
        ],
        **values,
    )


def nested(*services: Raw, **values: Any) -> bytes:
    """An organisation with its services."""
    return encoded(organisation(services=list(services), **values))


def encoded(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
