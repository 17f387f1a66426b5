"""The auditor reads the audit log and never what it is about: who did what, who viewed a case, are the seals intact."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post

from referral_hub.audit.catalogue import ACTIONS
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.sealing import verify
from referral_hub.audit.subjects import AuditSubject
from referral_hub.audit.waiting import case_of_number, unsealed_entries
from referral_hub.calendar.clock import end_of, start_of
from referral_hub.errors import NotFound
from referral_hub.i18n import Label
from referral_hub.views.admin.accounts import accounts_for_list
from referral_hub.views.auditor.log import entries_for_auditor, seals_for_page, who_looked
from referral_ui.guards import requires
from referral_ui.pages.admin_words import ADMIN_WORDS
from referral_ui.pages.audit_words import SUBJECTS, details_in_words, reason_in_words
from referral_ui.pages.values import date_in, uuid_in
from referral_ui.rendering import page
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

PAGE = 50
NOUNS: dict[str, Label] = {
    "case": Label(zh="个案", en="Cases"),
    "measure": Label(zh="限制信息", en="Restricted section"),
    "person": Label(zh="证件号码", en="ID numbers"),
    "consent": Label(zh="同意", en="Consents"),
    "referral": Label(zh="转介", en="Referrals"),
    "form": Label(zh="阶段表", en="Stage forms"),
    "outcome": Label(zh="结果", en="Outcomes"),
    "assistance": Label(zh="救助", en="Assistance"),
    "task": Label(zh="待办", en="Tasks"),
    "directory": Label(zh="服务目录", en="Directory"),
    "account": Label(zh="账号", en="Accounts"),
    "token": Label(zh="令牌", en="Tokens"),
    "module": Label(zh="模块", en="Modules"),
    "import": Label(zh="导入", en="Imports"),
    "export": Label(zh="导出", en="Exports"),
    "audit": Label(zh="审计", en="Audit"),
}


@get("/audit", guards=[requires("auditor")], sync_to_thread=True)
def show_log(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    """Reading the audit log is itself recorded."""
    query = request.query_params
    action = query.get("action", "")
    action = action if action in ACTIONS or action in NOUNS else ""
    since, until = date_in(query.get("since")), date_in(query.get("until"))
    account_id, number = uuid_in(query.get("account")), query.get("case", "").strip()
    after = query.get("after")
    with hub.transaction(actor) as session:
        case_id, unknown = None, False
        if number:
            try:
                case_id = case_of_number(session, number)
            except NotFound:
                unknown = True
        looks = query.get("looks") == "1" and case_id is not None
        if looks and case_id is not None:
            found = who_looked(session, case_id, after=after, limit=PAGE)
        else:
            found = entries_for_auditor(
                session,
                action=action or None,
                account_id=account_id,
                case_id=case_id,
                since=start_of(since) if since else None,
                until=end_of(until) if until else None,
                after=after,
                limit=PAGE,
            )
        accounts = accounts_for_list(session, limit=500).lines
        if number or account_id:
            record_audit_entry(
                session, "audit.read", about=AuditSubject("record", case_id=case_id), by=actor, at=request.now
            )
    return page(
        request,
        "auditor/log.html",
        record=found if not unknown else None,
        nouns=NOUNS,
        subjects=SUBJECTS,
        in_words=details_in_words,
        reason_in_words=reason_in_words,
        asked={
            "action": action,
            "account": str(account_id or ""),
            "case": number,
            "looks": looks,
            "since": since,
            "until": until,
        },
        accounts=accounts,
        paged=bool(after),
        words=ADMIN_WORDS,
    )


@get("/audit/seals", guards=[requires("auditor")], sync_to_thread=True)
def show_seals(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    return page(request, "auditor/seals.html", **_seals(hub, actor), verification=None, expected="", words=ADMIN_WORDS)


@post("/audit/seals", guards=[requires("auditor")], sync_to_thread=True)
def check_seals(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[str]:
    """Read every sealed record again and compare; a head noted elsewhere shows even a record rewritten as a whole."""
    expected = form.text("expected")
    with hub.transaction(actor) as session:
        verification = verify(session, expected=expected or None)
        record_audit_entry(session, "audit.read", about=AuditSubject("seal"), by=actor, at=request.now)
    shown: dict[str, Any] = _seals(hub, actor)
    return page(request, "auditor/seals.html", **shown, verification=verification, expected=expected, words=ADMIN_WORDS)


def _seals(hub: CurrentHub, actor: CurrentActor) -> dict[str, Any]:
    with hub.transaction(actor) as session:
        return {"seals": seals_for_page(session), "unsealed": unsealed_entries(session)}


router = Router("/", route_handlers=[show_log, show_seals, check_seals], include_in_schema=False)
