"""A temporary office and provider for one module, with made-up clients referred to it, some of them served already."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from referral_hub.access.actions import create_account
from referral_hub.actor import Actor, Role, system_actor
from referral_hub.api import Service
from referral_hub.assistance.actions import add_fund
from referral_hub.calendar.clock import local_date
from referral_hub.cases.actions import add_need, open_case
from referral_hub.codes import FUND_SOURCES
from referral_hub.consent.values import Request, Signature
from referral_hub.demo.people import MadeUp, make_people
from referral_hub.demo.workshop_steps import FATES, carry_on, find_forms
from referral_hub.directory.actions import (
    activate_organisation,
    add_offering,
    add_organisation,
    add_places,
    confirm_capacity,
)
from referral_hub.errors import HubError
from referral_hub.hub import Hub, Transaction
from referral_hub.i18n import Label
from referral_hub.module_admin.lifecycle_actions import register_modules
from referral_hub.modules.faults import FaultLine, faults_for_page
from referral_hub.referrals.actions import draft_referral, send_referral
from referral_hub.referrals.consents import give_consent
from referral_hub.referrals.delivery import deliver_due
from referral_hub.registry.file_digests import files_digest
from referral_hub.tables.modules import Module
from referral_hub.tables.referrals import Delivery

LOGINS: dict[str, tuple[str, Role]] = {"worker": ("林晓岚", "worker"), "partner": ("陈思远", "partner")}
BUDGET_FEN = 10_000_000
_BY = system_actor(via="cli", name="hub modules try")


def enable_unchecked(hub: Hub, key: str, settings: Mapping[str, Any]) -> None:
    """Let the module take referrals as it lies there. For an author's own temporary hub, never for another."""
    at = hub.clock.now()
    with hub.transaction(_BY) as session:
        register_modules(session, by=_BY, at=at)
        row = session.exec(select(Module).where(Module.key == key)).one()
        row.state = "enabled"
        module = hub.modules.module(key)
        row.digest, row.files_digest = module.digest, files_digest(module)
        row.settings = hub.cipher.encrypt_json(dict(settings), f"module.settings:{key}")
        # Fixed meanwhile, perhaps: what waited for it is delivered at once.
        row.failures, row.open_until, row.open_seconds, row.reason = 0, None, 0, {}
        session.add(row)
        session.execute(
            update(Delivery)
            .where(col(Delivery.module_key) == key, col(Delivery.state) == "due")
            .values(due_at=at, attempts=0)
        )


def furnish(hub: Hub, key: str, settings: dict[str, Any], password: str) -> list[Label]:
    """An office, a provider with an offering of each service, and clients referred to each, as far as `FATES` says.

    Returns why a service got none, in words: it asks for what a made-up client does not have.
    """
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
        partner = _account(session, provider, "partner", password)
        if any(service.capacity == "fund" for service in manifest.services):
            _funds(session, provider, local_date(at).year)
        offerings = [_offering(session, provider, service) for service in manifest.services]
    people = make_people(len(FATES), random.Random(1), on=local_date(at))  # noqa: S311 (made-up people, no secret)
    cases = []
    for person in people:
        with hub.transaction(worker) as session:
            cases.append(_case(session, person, worker))
    refused = []
    for service, offering_id in zip(manifest.services, offerings, strict=True):
        try:
            sent = [_refer(hub, case_id, provider, service, offering_id, worker) for case_id in cases]
        except HubError as error:
            refused.append(Label(zh=f"{service.key}：{error.label.zh}", en=f"{service.key}: {error.label.en}"))
            continue
        deliver_due(hub)
        for fate, referral_id in zip(FATES, sent, strict=True):
            if fate != "received":
                forms = find_forms(hub, key, service, _answers(service), settings, fate=fate)
                carry_on(hub, referral_id, forms, by=partner)
    return refused


def faults_since(hub: Hub, key: str, at: datetime) -> list[FaultLine]:
    """What went wrong in the module after `at`, the earliest first."""
    with hub.transaction(_BY) as session:
        found = [fault for fault in faults_for_page(session, key) if fault.last_at > at]
    return sorted(found, key=lambda fault: fault.last_at)


def _organisation(session: Transaction, name: str, kind: str, processor_role: str) -> UUID:
    return add_organisation(
        session,
        name=name,
        short_name=name[:10],
        kind=kind,
        processor_role=processor_role,
        area_code="999999",
        by=_BY,
        at=session.hub.clock.now(),
    )


def _account(session: Transaction, organisation_id: UUID, login: str, password: str) -> Actor:
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
        at=session.hub.clock.now(),
    )
    return Actor(account_id=account_id, organisation_id=organisation_id, role=role, name=name)


def _offering(session: Transaction, provider: UUID, service: Service) -> UUID:
    at = session.hub.clock.now()
    offering_id = add_offering(
        session,
        organisation_id=provider,
        service_key=service.key,
        title=service.title.zh,
        area_codes=["999999"],
        settings=_answers(service),
        by=_BY,
        at=at,
    )
    if service.capacity == "places":
        labels = [f"{number}号" for number in range(1, 11)]
        add_places(session, offering_id=offering_id, labels=labels, group_label="", by=_BY, at=at)
    confirm_capacity(session, offering_id=offering_id, by=_BY, at=at)
    return offering_id


def _answers(service: Service) -> dict[str, Any]:
    """The settings of an offering: an example for each that must be set."""
    from referral_hub.testing import samples

    return samples.settings_of([field for field in service.settings if field.required])


def _funds(session: Transaction, provider: UUID, year: int) -> None:
    """A fund of every kind, so that the module finds whichever it pays from."""
    for source, label in FUND_SOURCES.items():
        add_fund(
            session,
            organisation_id=provider,
            name=f"试用·{label.zh}",
            source=source,
            year=year,
            budget_fen=BUDGET_FEN,
            by=_BY,
            at=session.hub.clock.now(),
        )


def _case(session: Transaction, person: MadeUp, worker: Actor) -> UUID:
    assert worker.account_id is not None
    assert worker.organisation_id is not None
    at = session.hub.clock.now()
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


def _refer(hub: Hub, case_id: UUID, provider: UUID, service: Service, offering_id: UUID, worker: Actor) -> UUID:
    with hub.transaction(worker) as session:
        return _send(session, case_id, provider, service, offering_id, worker)


def _send(
    session: Transaction, case_id: UUID, provider: UUID, service: Service, offering_id: UUID, worker: Actor
) -> UUID:
    from referral_hub.testing import samples

    at = session.hub.clock.now()
    words = "希望尽快得到帮助"
    need_id = add_need(session, case_id=case_id, kind=service.needs[0], words=words, by=worker, at=at)
    request = Request(
        case_id=case_id,
        recipient_id=provider,
        service=service,
        purpose=service.key,
        categories=tuple(sorted(service.categories() | {"need"})),
        asked_by_client=True,
    )
    give_consent(session, request, Signature(how="handwritten"), by=worker, at=at)
    draft = draft_referral(
        session,
        need_id=need_id,
        offering_id=offering_id,
        details={
            "need_summary": words,
            "goals": "把眼前的事办好",
            "wish": "愿意配合安排",
            "intake": samples.settings_of(service.intake),
        },
        by=worker,
        at=at,
    )
    return send_referral(session, referral_id=draft.id, by=worker, at=at).id
