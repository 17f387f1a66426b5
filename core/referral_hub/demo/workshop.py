"""A throw-away office and provider for one module, with a few made-up clients already referred to it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from referral_hub.access.actions import create_account
from referral_hub.access.actor import Actor, Role, system_actor
from referral_hub.api import Service
from referral_hub.cases.actions import add_need, open_case
from referral_hub.consent.actions import Request, Signature, give_consent
from referral_hub.demo.people import MadeUp, make_people
from referral_hub.directory.actions import (
    activate_organisation,
    add_offering,
    add_organisation,
    add_places,
    confirm_capacity,
)
from referral_hub.hub import Hub
from referral_hub.modules.actions import register_modules
from referral_hub.modules.models import Module
from referral_hub.referrals.actions import draft_referral, send_referral
from referral_hub.referrals.delivery import deliver_due
from referral_hub.schedule.clock import local_date

CLIENTS = 3
LOGINS: dict[str, tuple[str, Role]] = {"worker": ("林晓岚", "worker"), "partner": ("陈思远", "partner")}
_BY = system_actor(via="cli", name="hub modules try")


def enable_unchecked(hub: Hub, key: str, settings: Mapping[str, Any]) -> None:
    """Let the module take referrals as it lies there. For an author's own throw-away hub, never for another."""
    at = hub.clock.now()
    with hub.transaction(_BY) as session:
        register_modules(session, by=_BY, at=at)
        row = session.exec(select(Module).where(Module.key == key)).one()
        row.state = "enabled"
        row.digest = hub.modules.module(key).digest
        row.settings = hub.vault.encrypt_json(dict(settings), f"module.settings:{key}")
        session.add(row)


def furnish(hub: Hub, key: str, password: str) -> None:
    """An office, a provider with an offering of each service, and `CLIENTS` clients referred to each."""
    at = hub.clock.now()
    manifest = hub.modules.manifest(key)
    with hub.transaction(_BY) as session:
        office = _organisation(session, "青禾街道办事处", "office", "statutory")
        provider = _organisation(session, manifest.provider.zh, "provider", "independent")
        activate_organisation(
            session,
            organisation_id=provider,
            assessment_reference="试用",
            assessment_on=local_date(at),
            by=_BY,
            at=at,
        )
        worker = _account(session, office, "worker", password)
        _account(session, provider, "partner", password)
        offerings = [_offering(session, provider, service) for service in manifest.services]
    people = make_people(CLIENTS, random.Random(1), on=local_date(at))  # noqa: S311 (made-up people, no secret)
    for person in people:
        with hub.transaction(worker) as session:
            case_id = _case(session, person, worker)
            for service, offering_id in zip(manifest.services, offerings, strict=True):
                _refer(session, case_id, provider, service, offering_id, worker)
    deliver_due(hub)


def _organisation(session: Session, name: str, kind: str, processor_role: str) -> UUID:
    return add_organisation(
        session,
        name=name,
        short_name=name[:10],
        kind=kind,
        processor_role=processor_role,
        area_code="999999",
        by=_BY,
        at=session.info["hub"].clock.now(),
    )


def _account(session: Session, organisation_id: UUID, login: str, password: str) -> Actor:
    name, role = LOGINS[login]
    account_id = create_account(
        session,
        organisation_id=organisation_id,
        login=login,
        name=name,
        role=role,
        password=password,
        must_change_password=False,
        by=_BY,
        at=session.info["hub"].clock.now(),
    )
    return Actor(account_id=account_id, organisation_id=organisation_id, role=role, name=name)


def _offering(session: Session, provider: UUID, service: Service) -> UUID:
    from referral_hub.testing import samples

    at = session.info["hub"].clock.now()
    offering_id = add_offering(
        session,
        organisation_id=provider,
        service_key=service.key,
        title=service.title.zh,
        area_codes=["999999"],
        settings=samples.settings_of([field for field in service.settings if field.required]),
        by=_BY,
        at=at,
    )
    if service.capacity == "places":
        labels = [f"{number}号" for number in range(1, 11)]
        add_places(session, offering_id=offering_id, labels=labels, group_label="", by=_BY, at=at)
    confirm_capacity(session, offering_id=offering_id, by=_BY, at=at)
    return offering_id


def _case(session: Session, person: MadeUp, worker: Actor) -> UUID:
    assert worker.account_id is not None
    assert worker.organisation_id is not None
    at = session.info["hub"].clock.now()
    opened = open_case(
        session,
        office_id=worker.organisation_id,
        name=person.name,
        sex=person.sex,
        **person.values,
        responsible_id=worker.account_id,
        opened_on=local_date(at),
        area_code="999999",
        by=worker,
        at=at,
    )
    return opened.id


def _refer(session: Session, case_id: UUID, provider: UUID, service: Service, offering_id: UUID, worker: Actor) -> None:
    from referral_hub.testing import samples

    at = session.info["hub"].clock.now()
    words = "希望尽快得到帮助"
    need_id = add_need(session, case_id=case_id, kind=service.needs[0], words=words, by=worker, at=at)
    request = Request(
        case_id=case_id,
        recipient_id=provider,
        service=service,
        purpose=service.key,
        categories=tuple(sorted(service.categories())),
        asked_by_client=True,
    )
    give_consent(session, request, Signature(how="handwritten"), by=worker, at=at)
    draft = draft_referral(
        session,
        need_id=need_id,
        offering_id=offering_id,
        letter={
            "need_summary": words,
            "goals": "把眼前的事办好",
            "wish": "愿意配合安排",
            "intake": samples.settings_of(service.intake),
        },
        by=worker,
        at=at,
    )
    send_referral(session, referral_id=draft.id, by=worker, at=at)
