"""The first page of a worker: what waits for me today. A supervisor sees the team's late items and caseloads."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.codes import EVIDENCE_LEVELS
from referral_hub.hub import Hub
from referral_hub.i18n import Label, untranslated
from referral_hub.modules.titles import module_name, service_title
from referral_hub.outcomes.actions import answer_follow_up
from referral_hub.outcomes.queries import FollowUpLine, follow_up_for_page
from referral_hub.tasks.actions import complete_task
from referral_hub.text_limits import MAX_NOTE, MAX_REASON
from referral_hub.views.worker.due import DueItem, my_due_list
from referral_hub.views.worker.referral import referrals_for_office
from referral_hub.views.worker.releases import releases_to_review
from referral_hub.views.worker.team import team_load
from referral_ui.actions import run_asked
from referral_ui.forms import Form, Input, choices
from referral_ui.guards import requires
from referral_ui.pages.shown import WORDS, worker_page
from referral_ui.rendering import redirect, safe_path
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

DRAFTS_SHOWN = 10
_TASK = (
    Input("how", "text", Label(zh="办理情况", en="What was done"), required=True, max=MAX_REASON),
    Input("back", "hidden", untranslated("")),
)

HEADINGS: dict[str, Label] = {
    "escalated": Label(zh="催办后仍未答复，请督导处理", en="Unanswered after reminders: supervisor to act"),
    "answer_overdue": Label(zh="超时未答", en="Answers overdue"),
    "contact_overdue": Label(zh="受理后还没联系服务对象", en="Accepted, first contact outstanding"),
    "word_overdue": Label(zh="很久没有进展消息", en="Progress report overdue"),
    "feedback_overdue": Label(zh="计划已到期，还没有结果", en="Planned end passed, no outcome yet"),
    "step_overdue": Label(zh="到了该问的日子", en="Status check due"),
    "next_attempt": Label(zh="对方不受理或未答复，另找一家", en="Declined or unanswered: find another provider"),
    "module_away": Label(zh="对方系统联系不上", en="Recipient's system not responding"),
    "task": Label(zh="待办事项", en="Tasks"),
    "follow_up": Label(zh="回访", en="Follow-ups"),
    "consent_ending": Label(zh="同意快到期", en="Consents expiring soon"),
    "plan": Label(zh="计划到期", en="Plan items due"),
    "release": Label(zh="即将返回社区", en="Returning to the community soon"),
    "report_in": Label(zh="报到期限", en="Report-in deadlines"),
}
ICONS: dict[str, str] = {
    "escalated": "alert-triangle",
    "answer_overdue": "hourglass",
    "contact_overdue": "phone",
    "word_overdue": "message-circle",
    "feedback_overdue": "calendar-x",
    "step_overdue": "help-circle",
    "next_attempt": "corner-up-right",
    "module_away": "clock-pause",
    "task": "bell",
    "follow_up": "calendar-event",
    "consent_ending": "signature",
    "plan": "list-check",
    "release": "calendar-due",
    "report_in": "flag",
}

_ABOUT_A_SERVICE = frozenset(
    {
        "escalated",
        "answer_overdue",
        "contact_overdue",
        "word_overdue",
        "feedback_overdue",
        "follow_up",
        "consent_ending",
    }
)


class DueGroup(msgspec.Struct, frozen=True):
    """Items of one kind, under their heading."""

    kind: str
    heading: Label
    icon: str
    items: list[DueItem]
    late: int


@get("/today", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_today(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    with hub.transaction(actor) as session:
        due = my_due_list(session, account_id=actor.account_id, at=request.now)
        drafts = referrals_for_office(
            session, show="draft", sender_id=actor.account_id, at=request.now, limit=DRAFTS_SHOWN
        )
        titles = _titles(session, due.items)
    return worker_page(
        request, "worker/today.html", due=due, groups=_groups(due.items), drafts=drafts.lines, titles=titles
    )


@get("/team", guards=[requires("supervisor")], sync_to_thread=True)
def show_team(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    """The team's late items and who carries how much."""
    with hub.transaction(actor) as session:
        due = my_due_list(session, account_id=None, at=request.now)
        load = team_load(session, at=request.now)
        to_review = releases_to_review(session)
        late = [item for item in due.items if item.late or item.kind == "escalated"]
        titles = _titles(session, late)
    return worker_page(
        request,
        "worker/team.html",
        due=due,
        groups=_groups(late),
        load=load,
        titles=titles,
        count=len(late),
        to_review=to_review,
    )


@post("/tasks/{task_id:uuid}/done", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def tick_off(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, task_id: FromPath[UUID]
) -> Response[Any]:
    typed = Form(_TASK, form)
    back = safe_path(typed.text("back"), "/today")
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: complete_task(session, task_id, how=typed.clean()["how"], by=actor, at=request.now),
        title=Label(zh="已办", en="Done"),
        back=back,
        to=back,
        done=Label(zh="已办。", en="Done."),
    )


@get("/follow-ups/{follow_up_id:uuid}", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_follow_up(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, follow_up_id: FromPath[UUID]
) -> Response[str]:
    with hub.transaction(actor) as session:
        item = follow_up_for_page(session, follow_up_id)
        title = service_title(session, item.service_key)
    form = Form(_follow_up_fields(), {"on": local_date(request.now), "evidence": "person"})
    return worker_page(request, "worker/follow_up.html", item=item, service=title, form=form)


@post("/follow-ups/{follow_up_id:uuid}", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def save_follow_up(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, follow_up_id: FromPath[UUID]
) -> Response[Any]:
    item, title = _follow_up(hub, actor, follow_up_id)
    typed = Form(_follow_up_fields(), form)
    with typed.shown_again("worker/follow_up.html", words=WORDS, item=item, service=title):
        values = typed.clean()
        with hub.transaction(actor) as session:
            answer_follow_up(
                session,
                follow_up_id=follow_up_id,
                answer=values["answer"],
                note=values.get("note"),
                evidence=values["evidence"],
                on=_day(values["on"]),
                by=actor,
                at=request.now,
            )
    done = Label(zh="回访已登记。", en="The follow-up has been recorded.")
    return redirect(request, f"/cases/{item.case_id}", done=done)


def _follow_up(hub: Hub, actor: Actor, follow_up_id: UUID) -> tuple[FollowUpLine, Label]:
    with hub.transaction(actor) as session:
        item = follow_up_for_page(session, follow_up_id)
        return item, service_title(session, item.service_key)


def _follow_up_fields() -> tuple[Input, ...]:
    return (
        Input(
            "answer",
            "choice",
            Label(zh="当初的结果还保持着吗", en="Is the result still stable?"),
            help=Label(
                zh="例如还在工作、住处稳定、没有再陷入困难。",
                en="For example: still in work, housing stable, no new hardship.",
            ),
            required=True,
            choices=choices(WORDS.follow_up_answers),
        ),
        Input("on", "date", Label(zh="回访日期", en="Date of follow-up"), required=True),
        Input("evidence", "choice", Label(zh="依据", en="Evidence"), required=True, choices=choices(EVIDENCE_LEVELS)),
        Input("note", "long", Label(zh="补充说明", en="Note"), max=MAX_NOTE),
    )


def _groups(items: list[DueItem]) -> list[DueGroup]:
    """By kind in the order of `HEADINGS`: what others wait for comes before what can wait."""
    return [
        DueGroup(
            kind=kind,
            heading=heading,
            icon=ICONS[kind],
            items=found,
            late=sum(item.late for item in found),
        )
        for kind, heading in HEADINGS.items()
        if (found := [item for item in items if item.kind == kind])
    ]


def _titles(session: Any, items: list[DueItem]) -> dict[str, Label]:
    """The names of services, and of modules that do not answer, by their keys."""
    about = _ABOUT_A_SERVICE
    named = {item.code: service_title(session, item.code) for item in items if item.kind in about and item.code}
    modules = {item.code for item in items if item.kind == "module_away" and item.code}
    return named | {key: module_name(session, key) for key in modules}


def _day(text: str) -> date:
    return date.fromisoformat(text)


router = Router(
    "/",
    route_handlers=[show_today, show_team, tick_off, show_follow_up, save_follow_up],
    include_in_schema=False,
)
