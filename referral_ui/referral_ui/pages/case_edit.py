"""Changing a case itself: who the client is, the restricted section, who is responsible, closing and reopening."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.cases.actions import (
    add_team_member,
    change_case,
    change_person,
    change_profile,
    end_team_member,
    reassign_case,
    reopen_case,
    write_measure,
)
from referral_hub.codes import CARE_TEAM_PARTS, CASE_CLOSING_REASONS
from referral_hub.codes.leaving import LEAVINGS
from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.referrals.actions import close_with_referrals
from referral_hub.referrals.leaving import Closed
from referral_hub.views.colleagues import colleagues
from referral_hub.views.worker.case import CasePage, case_for_page
from referral_hub.views.worker.case_head import case_head
from referral_hub.views.worker.referral import attempts_for_case
from referral_ui.actions import run_action, run_asked
from referral_ui.bodies.base import inputs_of
from referral_ui.bodies.cases import CaseEnd
from referral_ui.forms import REASON, Form, Input
from referral_ui.guards import requires
from referral_ui.pages.case_fields import (
    AREA,
    IDENTITY,
    MEASURE,
    PROFILE,
    RELEASE,
    as_days,
    kept_secret,
    values_of,
)
from referral_ui.pages.shown import WORDS, worker_page
from referral_ui.pages.values import uuid_in
from referral_ui.rendering import redirect, safe_path
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, SubmittedForm, TheForm

_SECRET = ("id_number", "bank_account")
_PERSON = kept_secret((*IDENTITY, AREA, RELEASE, *PROFILE))


@get("/cases/{case_id:uuid}/person", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_person(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[str]:
    with hub.transaction(actor) as session:
        case = case_for_page(session, case_id)
    back = safe_path(request.query_params.get("back"), f"/cases/{case_id}")
    return worker_page(
        request,
        "worker/person.html",
        head=case.head,
        version=case.head.version,
        back=back,
        form=Form(_PERSON, _known(case)),
    )


@post("/cases/{case_id:uuid}/person", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def save_person(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, case_id: FromPath[UUID]
) -> Response[Any]:
    """Change only what was changed, so that the audit entry names only that. A number left empty stays as it is."""
    typed = Form(_PERSON, form)
    back = safe_path(typed.text("back"), f"/cases/{case_id}")
    version = typed.text("version")
    with hub.transaction(actor) as session:
        head = case_head(session, case_id)
    warnings: list[Label] = []
    with (
        typed.shown_again("worker/person.html", words=WORDS, head=head, version=version, back=back),
        hub.transaction(actor) as session,
    ):
        values = as_days(typed.clean())
        known = _known(case_for_page(session, case_id))
        before = int(version) if version.isdecimal() else None
        who = _changed(values, known, IDENTITY)
        told = _changed(values, known, PROFILE)
        facts = _changed(values, known, (AREA, RELEASE))
        if who:
            warnings = change_person(session, case_id=case_id, values=who, version=before, by=actor, at=request.now)
            before = None
        if told:
            change_profile(session, case_id=case_id, values=told, version=before, by=actor, at=request.now)
            before = None
        if facts:
            change_case(session, case_id=case_id, values=facts, version=before, by=actor, at=request.now)
    done = Label(
        zh="资料已保存。" + "".join(warning.zh for warning in warnings),
        en="Saved. " + " ".join(warning.en for warning in warnings),
    )
    return redirect(request, back, done=done, tone="note" if warnings else "done")


@get("/cases/{case_id:uuid}/measure", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_measure(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[str]:
    """For full-time officers; for anyone else the database has no such row, and the page has no form."""
    with hub.transaction(actor) as session:
        case = case_for_page(session, case_id)
    values = msgspec.to_builtins(case.measure) if case.measure else {"status": "running"}
    return worker_page(request, "worker/measure.html", head=case.head, form=Form(MEASURE, values))


@post("/cases/{case_id:uuid}/measure", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def save_measure(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, case_id: FromPath[UUID]
) -> Response[Any]:
    with hub.transaction(actor) as session:
        head = case_head(session, case_id)
    typed = Form(MEASURE, form)
    with typed.shown_again("worker/measure.html", words=WORDS, head=head), hub.transaction(actor) as session:
        write_measure(session, case_id=case_id, measure=typed.clean(), by=actor, at=request.now)
    done = Label(zh="限制信息已保存。", en="The restricted section has been saved.")
    return redirect(request, f"/cases/{case_id}", done=done)


@get("/cases/{case_id:uuid}/manage", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_manage(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[str]:
    """Who is responsible, who helps, and closing the case."""
    with hub.transaction(actor) as session:
        case = case_for_page(session, case_id)
        people = colleagues(session)
        attempts = attempts_for_case(session, case_id)
    return worker_page(
        request,
        "worker/manage.html",
        case=case,
        head=case.head,
        people=people,
        parts=CARE_TEAM_PARTS,
        closing=CASE_CLOSING_REASONS,
        leaving=[CASE_CLOSING_REASONS[reason] for reason in LEAVINGS],
        open_referrals=[one for one in attempts if one.is_open],
    )


@post("/cases/{case_id:uuid}/reassign", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def reassign(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, case_id: FromPath[UUID]
) -> Response[Any]:
    return run_action(
        request,
        hub,
        actor,
        lambda session: reassign_case(
            session,
            case_id=case_id,
            responsible_id=_person(form, "responsible_id"),
            reason=form.text("reason") or None,
            by=actor,
            at=request.now,
        ),
        to=f"/cases/{case_id}",
        done=Label(zh="已换责任社工。", en="The responsible worker has been changed."),
        refused_to=f"/cases/{case_id}/manage",
    )


@post("/cases/{case_id:uuid}/close", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def close(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, case_id: FromPath[UUID]
) -> Response[Any]:
    typed = Form(inputs_of(CaseEnd), form)
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: close_with_referrals(
            session, case_id=case_id, **asdict(typed.read(CaseEnd)), by=actor, at=request.now
        ),
        title=Label(zh="结案", en="Close the case"),
        back=f"/cases/{case_id}/manage",
        to=f"/cases/{case_id}",
        done=_closed,
    )


@post("/cases/{case_id:uuid}/reopen", guards=[requires("supervisor")], sync_to_thread=True)
def reopen(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, case_id: FromPath[UUID]
) -> Response[Any]:
    typed = Form([REASON], form)
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: reopen_case(session, case_id=case_id, **typed.clean(), by=actor, at=request.now),
        title=Label(zh="重新打开", en="Reopen"),
        back=f"/cases/{case_id}/manage",
        to=f"/cases/{case_id}",
        done=Label(zh="个案已重新打开。", en="The case has been reopened."),
    )


@post("/cases/{case_id:uuid}/team", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def change_team(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, case_id: FromPath[UUID]
) -> Response[Any]:
    """Let a colleague help with this case, or end their part today."""

    def action(session: Any) -> None:
        account_id = _person(form, "account_id")
        if form.text("end"):
            end_team_member(session, case_id=case_id, account_id=account_id, by=actor, at=request.now)
        else:
            add_team_member(
                session, case_id=case_id, account_id=account_id, part=form.text("part"), by=actor, at=request.now
            )

    return run_action(
        request,
        hub,
        actor,
        action,
        to=f"/cases/{case_id}",
        done=Label(zh="个案小组已更新。", en="The care team has been updated."),
        refused_to=f"/cases/{case_id}/manage",
    )


def _closed(found: Closed) -> Label:
    zh = "已结案。30 天内督导可以重新打开；约好的回访照常提醒。"
    en = "The case is closed. A supervisor may reopen it within 30 days; follow-ups stay due."
    if found.ended:
        zh = f"已结案，{len(found.ended)} 个转介一并结束，对方不能再看提供的信息。30 天内督导可以重新打开。"
        en = (
            f"The case is closed and {len(found.ended)} referral(s) ended with it; recipients can no longer see the "
            "information. A supervisor may reopen it within 30 days."
        )
    return Label(zh=zh, en=en)


def _person(form: SubmittedForm, field: str) -> UUID:
    """The account chosen from a list. Raises `Invalid` where none was."""
    account_id = uuid_in(form.text(field))
    if account_id is None:
        raise Invalid(field=field, message=Label(zh="请从列表中选择人员。", en="Choose a person from the list."))
    return account_id


def _known(case: CasePage) -> dict[str, Any]:
    """What is recorded, by field, as the form begins with it; numbers are left out."""
    person, profile = case.person, msgspec.to_builtins(case.profile)
    identity = {field.key: getattr(person, field.key, None) for field in IDENTITY}
    return {
        **identity,
        **{field.key: profile.get(field.key) for field in PROFILE},
        "name": case.head.name,
        "display_name": person.own_display_name,
        "area_code": case.head.area_code,
        "planned_release_on": case.head.planned_release_on,
        "id_number": None,
        "bank_account": None,
    }


def _changed(values: dict[str, Any], known: dict[str, Any], inputs: tuple[Input, ...]) -> dict[str, Any]:
    """Of the values typed, those that differ from what is recorded."""
    return {
        key: value
        for key, value in values_of(values, inputs).items()
        if (value or None) != (known.get(key) or None) and not (key in _SECRET and not value)
    }


HANDLERS = (
    show_person,
    save_person,
    show_measure,
    save_measure,
    show_manage,
    reassign,
    close,
    reopen,
    change_team,
)
