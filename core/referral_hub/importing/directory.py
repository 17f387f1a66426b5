"""Bringing a published directory in: new entries added, known ones brought up to date, all of it or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.calendar.clock import local_date
from referral_hub.directory.actions import (
    add_offering,
    add_organisation,
    add_places,
    change_offering,
    change_organisation,
    close_offering,
    pause_offering,
    set_out_of_service,
)
from referral_hub.errors import HubError
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.importing.directory_plan import DirectoryPlan, OfferingPlan, OrganisationPlan, Places
from referral_hub.importing.errors import DirectoryRefused
from referral_hub.importing.values import EntryProblem
from referral_hub.text import ValidationIssue

_ORGANISATIONS = text("""
    SELECT id, external_id, name, credit_code, area_code, contact_name, phone FROM organisation
     WHERE external_id = ANY(:ids) OR (external_id IS NULL AND credit_code = ANY(:codes))
""")
_OFFERINGS = text("""
    SELECT id, external_id, service_key, status, title, description, hours, phone, languages, area_codes, eligibility,
           settings
      FROM offering WHERE external_id = ANY(:ids)
""")
_PLACES = text("SELECT group_label, count(*) AS places FROM place WHERE offering_id = :offering GROUP BY group_label")
_BUSY_ELSEWHERE = "导入时已被占用"
_SAID_BY_FILE = {"paused": "目录标明暂时关闭", "closed": "目录标明已停办"}
OTHER_SERVICE = ValidationIssue(
    Label(zh="已导入为另一项服务，不能改。", en="It was imported before as another service; this cannot be changed."),
    Label(
        zh="请用 --map 指回原来的服务，或先关闭原来的条目。",
        en="Map it to the former service, or close that offering first.",
    ),
)


class DirectoryImported(msgspec.Struct):
    """How many entries were added, changed, left as they were; and what to do next."""

    organisations_added: int = 0
    organisations_changed: int = 0
    organisations_same: int = 0
    offerings_added: int = 0
    offerings_changed: int = 0
    offerings_same: int = 0
    places_added: int = 0
    notes: list[Label] = []


def import_directory(
    session: Transaction, plan: DirectoryPlan, *, processor_role: str = "independent", by: Actor, at: datetime
) -> DirectoryImported:
    """Write the plan. Known entries, by HSDS id (an organisation also by its credit code), are changed, not doubled.

    New organisations are providers in preparation: they receive nothing until their impact assessment is recorded
    (R41). What the file leaves out or an administrator filled in since stays. Raises `DirectoryRefused`, `NotAllowed`.
    """
    if plan.blocking:
        raise DirectoryRefused(plan.blocking)
    writer = _Writer(session, by=by, at=at)
    organisations = writer.organisations(plan.organisations, processor_role)
    writer.offerings(plan.offerings, organisations)
    done = writer.done
    if done.organisations_added:
        done.notes.append(
            Label(
                zh=f"新导入的{done.organisations_added}家机构处于“准备中”，登记个人信息保护影响评估并启用后才能接收转介。",
                en=f"The {done.organisations_added} new organisations are in preparation: they receive referrals only "
                "once their impact assessment is recorded and they are activated.",
            )
        )
    details: dict[str, object] = {name: getattr(done, name) for name in done.__struct_fields__ if name != "notes"}
    record_audit_entry(session, "import.directory", about=AuditSubject("import"), by=by, at=at, details=details)
    return done


class _Writer:
    def __init__(self, session: Transaction, *, by: Actor, at: datetime) -> None:
        self._session = session
        self._by = by
        self._at = at
        self.done = DirectoryImported()

    def organisations(self, plans: tuple[OrganisationPlan, ...], processor_role: str) -> dict[str, UUID]:
        """Write them and return our key of each, by HSDS id."""
        codes = [plan.values["credit_code"] for plan in plans if "credit_code" in plan.values]
        rows = self._rows(_ORGANISATIONS, ids=[plan.external_id for plan in plans], codes=codes)
        known = {row["external_id"]: row for row in rows if row["external_id"]}
        by_code = {row["credit_code"]: row for row in rows if not row["external_id"]}
        keys = {}
        for plan in plans:
            row = known.get(plan.external_id) or by_code.get(plan.values.get("credit_code"))
            try:
                keys[plan.external_id] = (
                    self._change_organisation(row, plan) if row else self._add_organisation(plan, processor_role)
                )
            except HubError as error:
                raise _refused(plan.external_id, str(plan.values["name"]), error) from error
        return keys

    def offerings(self, plans: tuple[OfferingPlan, ...], organisations: dict[str, UUID]) -> None:
        rows = self._rows(_OFFERINGS, ids=[plan.external_id for plan in plans])
        known = {row["external_id"]: row for row in rows}
        ended = []
        for plan in plans:
            row = known.get(plan.external_id)
            if row is None and plan.status == "closed":
                ended.append(str(plan.values["title"]))
                continue
            try:
                if row:
                    self._change_offering(row, plan)
                else:
                    self._add_offering(plan, organisations[plan.organisation])
            except DirectoryRefused:
                raise
            except HubError as error:
                raise _refused(plan.external_id, str(plan.values["title"]), error) from error
        if ended:
            names = "、".join(ended)
            self.done.notes.append(
                Label(
                    zh=f"目录标明已停办，没有导入：{names}。",
                    en=f"Marked as no longer offered, not imported: {names}.",
                )
            )

    def _rows(self, statement: TextClause, **values: object) -> list[dict[str, Any]]:
        return [dict(row) for row in self._session.execute(statement, values).mappings()]

    def _add_organisation(self, plan: OrganisationPlan, processor_role: str) -> UUID:
        values: dict[str, Any] = plan.values
        self.done.organisations_added += 1
        return add_organisation(
            self._session,
            short_name=plan.short_name,
            kind="provider",
            processor_role=processor_role,
            external_id=plan.external_id,
            by=self._by,
            at=self._at,
            **values,
        )

    def _change_organisation(self, row: dict[str, Any], plan: OrganisationPlan) -> UUID:
        changed = _differing(row, {**plan.values, "external_id": plan.external_id})
        if changed:
            change_organisation(self._session, organisation_id=row["id"], values=changed, by=self._by, at=self._at)
            self.done.organisations_changed += 1
        else:
            self.done.organisations_same += 1
        key: UUID = row["id"]
        return key

    def _add_offering(self, plan: OfferingPlan, organisation_id: UUID) -> None:
        values: dict[str, Any] = plan.values
        offering_id = add_offering(
            self._session,
            organisation_id=organisation_id,
            service_key=plan.service_key,
            external_id=plan.external_id,
            by=self._by,
            at=self._at,
            **values,
        )
        self._write_places(offering_id, plan.places)
        self._set_status(offering_id, plan.status)
        self.done.offerings_added += 1

    def _change_offering(self, row: dict[str, Any], plan: OfferingPlan) -> None:
        if row["service_key"] != plan.service_key:
            title = str(plan.values["title"])
            raise DirectoryRefused((EntryProblem(title, plan.external_id, OTHER_SERVICE.reason, OTHER_SERVICE.fix),))
        offering_id: UUID = row["id"]
        changed = _differing(row, plan.values)
        if changed:
            change_offering(self._session, offering_id=offering_id, values=changed, by=self._by, at=self._at)
        places = self.done.places_added
        self._write_places(offering_id, plan.places)
        ends = row["status"] == "open" and plan.status != "open"
        if ends:
            self._set_status(offering_id, plan.status)
        if changed or ends or self.done.places_added > places:
            self.done.offerings_changed += 1
        else:
            self.done.offerings_same += 1

    def _set_status(self, offering_id: UUID, status: str) -> None:
        action = {"paused": pause_offering, "closed": close_offering}.get(status)
        if action:
            action(self._session, offering_id=offering_id, reason=_SAID_BY_FILE[status], by=self._by, at=self._at)

    def _write_places(self, offering_id: UUID, wanted: tuple[Places, ...]) -> None:
        """Add the places that are missing. Those there already are the organisation's own to keep up to date."""
        there = {row["group_label"]: int(row["places"]) for row in self._rows(_PLACES, offering=offering_id)}
        for places in wanted:
            first = there.get(places.group, 0) + 1
            if first > places.total:
                continue
            numbers = add_places(
                self._session,
                offering_id=offering_id,
                labels=[str(label) for label in range(first, places.total + 1)],
                group_label=places.group,
                sex=places.sex,
                by=self._by,
                at=self._at,
            )
            self.done.places_added += len(numbers)
            for number in numbers[len(numbers) - places.busy :] if first == 1 and places.busy else []:
                set_out_of_service(
                    self._session,
                    place_number=number,
                    out=True,
                    reason=_BUSY_ELSEWHERE,
                    by=self._by,
                    at=self._at,
                    on=local_date(self._at),
                )


def _differing(row: dict[str, Any], values: dict[str, object]) -> dict[str, object]:
    """What the file says otherwise. What it leaves out is not taken away."""
    return {name: value for name, value in values.items() if value and row[name] != value}


def _refused(external_id: str, name: str, error: HubError) -> DirectoryRefused:
    fix = Label(zh="请改好文件后重新导入。", en="Fix the file and import again.")
    return DirectoryRefused((EntryProblem(name, external_id, error.label, fix),))
