"""What tests build with: organisations, staff, offerings and cases, made by the hub's own actions where they exist."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.cases.actions import OpenedCase, add_need, open_case
from referral_hub.codes.identity import check_character
from referral_hub.directory.actions import (
    activate_organisation,
    add_contract,
    add_offering,
    add_organisation,
    add_places,
)
from referral_hub.hub import Hub

SURNAMES = "张王李赵陈杨黄周吴徐"
GIVEN = ("伟", "芳", "娜", "强", "磊", "洋", "艳", "勇", "军", "杰", "秀英", "建国")


class CaseMade(msgspec.Struct, frozen=True):
    """A case with one need, and who opened it."""

    id: UUID
    person_id: UUID
    number: str
    need_id: UUID
    worker: Actor


def id_number(serial: int = 1, *, born: date = date(1988, 5, 17), sex: str = "1") -> str:
    """An ID number of the made-up place 999999 with a right check character; `serial` tells 500 of a birthday apart."""
    days, number = divmod(serial, 500)
    sequence = number * 2 + (1 if sex == "1" else 0)
    first = f"999999{born + timedelta(days=days):%Y%m%d}{sequence:03d}"
    return first + check_character(first)


def person_name(serial: int = 0) -> str:
    return SURNAMES[serial % len(SURNAMES)] + GIVEN[(serial // len(SURNAMES)) % len(GIVEN)]


def phone(serial: int = 0) -> str:
    return f"138{serial:08d}"


def client(hub: Hub, worker: Actor, *, serial: int = 1, **values: Any) -> OpenedCase:
    """A case opened today by `worker`, who becomes responsible. `values` go to `open_case` as they are."""
    at = hub.clock.now()
    facts: dict[str, Any] = {
        "office_id": worker.organisation_id,
        "name": person_name(serial),
        "sex": "1",
        "id_number": id_number(serial),
        "phone": phone(serial),
        "responsible_id": worker.account_id,
        "opened_on": local_date(at),
        "area_code": "999999001",
    }
    with hub.transaction(worker) as session:
        return open_case(session, **{**facts, **values}, by=worker, at=at)


def client_case(
    hub: Hub,
    worker: Actor,
    *,
    serial: int = 1,
    kind: str = "employment",
    words: str = "想学一门手艺，尽快有收入",
    **values: Any,
) -> CaseMade:
    """A case with one need of `kind`."""
    opened = client(hub, worker, serial=serial, **values)
    return CaseMade(
        id=opened.id,
        person_id=opened.person_id,
        number=opened.number,
        need_id=need(hub, worker, opened.id, kind=kind, words=words),
        worker=worker,
    )


def need(hub: Hub, worker: Actor, case_id: UUID, *, kind: str = "employment", words: str = "需要帮助") -> UUID:
    with hub.transaction(worker) as session:
        return add_need(session, case_id=case_id, kind=kind, words=words, by=worker, at=hub.clock.now())


def organisation(hub: Hub, admin: Actor, *, name: str = "乐业技能培训学校", **values: Any) -> UUID:
    """A provider, entered and not yet active unless it is something else."""
    facts: dict[str, Any] = {"name": name, "short_name": name[:4], "kind": "provider", "processor_role": "independent"}
    with hub.transaction(admin) as session:
        return add_organisation(session, **{**facts, "area_code": "999999", **values}, by=admin, at=hub.clock.now())


def provider(hub: Hub, admin: Actor, *, name: str = "乐业技能培训学校", **values: Any) -> UUID:
    """An independent provider, assessed and active."""
    organisation_id = organisation(hub, admin, name=name, **values)
    with hub.transaction(admin) as session:
        activate_organisation(
            session,
            organisation_id=organisation_id,
            assessment_reference="PIA-2026-1",
            assessment_on=local_date(hub.clock.now()),
            by=admin,
            at=hub.clock.now(),
        )
    return organisation_id


def contract(hub: Hub, admin: Actor, *, purchaser_id: UUID, provider_id: UUID, **values: Any) -> UUID:
    """A contract of this year."""
    today = local_date(hub.clock.now())
    facts: dict[str, Any] = {
        "number": f"HT-{provider_id.hex[-6:]}",
        "title": "服务购买合同",
        "purpose": "为服务对象提供服务",
        "categories": ["basic", "contact", "need"],
        "safeguards": "专人专机，到期删除",
        "starts_on": date(today.year, 1, 1),
        "ends_on": date(today.year, 12, 31),
    }
    with hub.transaction(admin) as session:
        return add_contract(
            session,
            **{**facts, **values},
            purchaser_id=purchaser_id,
            provider_id=provider_id,
            by=admin,
            at=hub.clock.now(),
        )


def offering(
    hub: Hub, admin: Actor, *, organisation_id: UUID, service_key: str = "employment.training", **values: Any
) -> UUID:
    """An open offering of a service that is really installed, without places."""
    facts: dict[str, Any] = {"title": "职业技能培训", "area_codes": ["999999"]}
    with hub.transaction(admin) as session:
        return add_offering(
            session,
            organisation_id=organisation_id,
            service_key=service_key,
            **{**facts, **values},
            by=admin,
            at=hub.clock.now(),
        )


def places(hub: Hub, admin: Actor, offering_id: UUID, count: int, **values: Any) -> list[int]:
    """So many places, labelled 1 to `count`."""
    with hub.transaction(admin) as session:
        return add_places(
            session,
            offering_id=offering_id,
            labels=[str(number) for number in range(1, count + 1)],
            **values,
            by=admin,
            at=hub.clock.now(),
        )
