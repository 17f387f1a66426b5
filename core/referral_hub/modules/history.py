"""What modules declared before, for words about the past: an upgrade may drop a stage, a form, a question or a code
that stands in records, and they must read on as they did.

Every manifest that was approved is kept. What is returned here is for words only: it knows more than the module that
is installed does, so nothing may be decided by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import msgspec
from sqlmodel import col, select

from referral_hub.api.manifest import Choice, Field, Form, Manifest, Service
from referral_hub.hub import Transaction
from referral_hub.tables.modules import ModuleManifest

_Part = TypeVar("_Part", bound=msgspec.Struct)
_READ: dict[str, Manifest] = {}


class ApprovedManifest(msgspec.Struct, frozen=True):
    """A manifest as it was approved, and when that was first."""

    digest: str
    approved_at: datetime
    manifest: Manifest


def kept_manifests(session: Transaction) -> list[ApprovedManifest]:
    """Every manifest that was ever approved, in the order of approval."""
    table = ModuleManifest
    rows = session.execute(
        select(table.digest, table.approved_at).order_by(col(table.approved_at), col(table.id))
    ).all()
    # A digest is of the content, which never changes: a process reads each manifest once.
    unread = {row.digest for row in rows} - _READ.keys()
    if unread:
        for one in session.exec(select(table).where(col(table.digest).in_(unread))):
            _READ[one.digest] = msgspec.convert(one.content, Manifest)
    return [ApprovedManifest(row.digest, row.approved_at, _READ[row.digest]) for row in rows]


def kept_once(session: Transaction) -> list[ApprovedManifest]:
    """The same, read once in a transaction: a list asks for every line."""
    kept: list[ApprovedManifest] | None = session.info.get("kept_manifests")
    if kept is None:
        kept = session.info["kept_manifests"] = kept_manifests(session)
    return kept


def remembered_service(session: Transaction, service_key: str, *, digest: str | None = None) -> Service | None:
    """The service as it is declared now, with everything that it ever declared besides; None if nobody ever did.

    `digest` is of the manifest that something was done under: its words come first.
    """
    known: dict[tuple[str, str | None], Service | None] = session.info.setdefault("remembered_services", {})
    if (service_key, digest) not in known:
        kept = kept_once(session)
        found = session.hub.modules.find_service(service_key)
        declared = [service_under(session, service_key, digest), found.service if found else None]
        declared += [one.manifest.service(service_key) for one in reversed(kept)]
        services = [service for service in declared if service is not None]
        known[service_key, digest] = remembering(services[0], services[1:]) if services else None
    return known[service_key, digest]


def remembered_services(session: Transaction) -> dict[str, Service]:
    """Every service that is installed or ever was approved, by its key, each with all that it ever declared."""
    keys = [service.key for one in kept_once(session) for service in one.manifest.services]
    keys += [found.service.key for found in session.hub.modules.services()]
    found = {key: remembered_service(session, key) for key in dict.fromkeys(keys)}
    return {key: service for key, service in found.items() if service is not None}


def service_under(session: Transaction, service_key: str, digest: str | None) -> Service | None:
    """The service as the manifest of this digest declared it, and nothing besides; None if that was never approved."""
    declared = (one.manifest.service(service_key) for one in kept_once(session) if one.digest == digest)
    return next(declared, None)


def service_when(session: Transaction, service_key: str, at: datetime) -> Service | None:
    """The service as the manifest declared it that had been approved last by then; None where none had been."""
    declared = [one.manifest.service(service_key) for one in kept_once(session) if one.approved_at <= at]
    return next((service for service in reversed(declared) if service is not None), None)


def remembering(service: Service, older: Iterable[Service]) -> Service:
    """The service with what older declarations of it, newest first, had besides. What both name reads as `service`
    says.
    """
    for before in older:
        service = msgspec.structs.replace(
            service,
            settings=_fields(service.settings, before.settings),
            fields=_joined(service.fields, before.fields, "name"),
            intake=_fields(service.intake, before.intake),
            stages=_joined(service.stages, before.stages, "key"),
            forms=_forms(service.forms, before.forms),
            units=_joined(service.units, before.units, "key"),
            outcome=_fields(service.outcome, before.outcome),
            outcomes=_joined(service.outcomes, before.outcomes, "code"),
            followup_months=sorted({*service.followup_months, *before.followup_months}),
            flags=_joined(service.flags, before.flags, "code"),
        )
    return service


def _joined(parts: list[_Part], older: list[_Part], by: str) -> list[_Part]:
    known = {getattr(part, by) for part in parts}
    return [*parts, *(part for part in older if getattr(part, by) not in known)]


def _fields(fields: list[Field], older: list[Field]) -> list[Field]:
    before = {field.key: field.choices for field in older}
    with_choices = [
        msgspec.structs.replace(field, choices=_joined(field.choices, before.get(field.key, list[Choice]()), "code"))
        for field in fields
    ]
    return _joined(with_choices, older, "key")


def _forms(forms: list[Form], older: list[Form]) -> list[Form]:
    before = {form.key: form for form in older}
    widened = [
        msgspec.structs.replace(form, fields=_fields(form.fields, before[form.key].fields), outcome=form.outcome
                                or before[form.key].outcome) if form.key in before else form
        for form in forms
    ]  # fmt: skip
    return _joined(widened, older, "key")


def newest_manifests(kept: list[ApprovedManifest]) -> dict[str, Manifest]:
    """The manifest approved last of each module."""
    return {one.manifest.key: one.manifest for one in kept}
