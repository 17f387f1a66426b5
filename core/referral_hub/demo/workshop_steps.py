"""Made-up referrals carried on as far as an author wants to see them: accepted, under way, ended."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from referral_hub.actor import Actor
from referral_hub.api import Field, Service
from referral_hub.calendar.clock import local_date
from referral_hub.codes.states import REFERRAL_CONCLUDED
from referral_hub.errors import HubError
from referral_hub.hub import Hub
from referral_hub.module_admin.conformance import ThroughHub
from referral_hub.referrals.actions import accept_referral, fill_form
from referral_hub.referrals.delivery import deliver_due
from referral_hub.referrals.forms import EVIDENCE, NO_EVENT_REASON, questions

FATES = ("received", "received", "received", "accepted", "in_service", "completed")
"""How far each of an author's made-up referrals has come; the first of them still wait for an answer."""

FormFilled = tuple[str, dict[str, Any]]


def find_forms(
    hub: Hub, key: str, service: Service, offering: dict[str, Any], settings: dict[str, Any], *, fate: str
) -> list[FormFilled]:
    """The forms, as a person types them, that lead to a stage in the state `fate`; as far as examples find a way."""
    from referral_hub.testing.subject import Subject
    from referral_hub.testing.walk import find_way

    module = hub.modules.module(key)
    subject = Subject(
        module=module.package,
        home=Path(module.paths[0]) / module.package,
        manifest=hub.modules.manifest(key),
        caller=ThroughHub(hub, key),
        settings=settings,
        offering_settings=offering,
    )
    today = local_date(hub.clock.now())
    try:
        steps = find_way(subject, service, REFERRAL_CONCLUDED if fate == "completed" else (fate,))
    except HubError:
        return []  # told where the module's faults are told
    served = any(step.changes.events for step in steps)
    return [
        (step.entry.form, _typed(service, step.entry.form, step.entry.values, today, served=served)) for step in steps
    ]


def carry_on(hub: Hub, referral_id: UUID, forms: list[FormFilled], *, by: Actor) -> None:
    """Accept the referral as the partner `by` and fill in these forms, until the module or the hub objects."""
    try:
        with hub.transaction(by) as session:
            accept_referral(session, referral_id=referral_id, by=by, at=hub.clock.now())
    except HubError:
        # The module answered by itself. If that was a yes, the forms can be filled in; if not, the first is refused.
        pass
    for form, values in forms:
        at = hub.clock.now()
        try:
            with hub.transaction(by) as session:
                fill_form(session, referral_id=referral_id, form=form, values=values, on=local_date(at), by=by, at=at)
        except HubError:
            return
        deliver_due(hub)


def _typed(service: Service, form: str, values: dict[str, Any], today: date, *, served: bool) -> dict[str, Any]:
    from referral_hub.testing.samples import as_typed

    declared = service.form(form)
    asked: list[Field] = questions(service, declared) if declared else []
    typed = as_typed(asked, values, today)
    if declared is not None and declared.outcome:
        typed[EVIDENCE] = "provider"
        if not served:
            typed[NO_EVENT_REASON] = "other"
    return typed
