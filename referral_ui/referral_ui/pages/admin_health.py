"""The administrator's first page: is everything running, what waits, what went wrong, and what to do about it."""

from __future__ import annotations

from litestar import Response, Router, get

from referral_hub.audit.waiting import unsealed_entries
from referral_hub.health.doctor import examine
from referral_hub.health.upkeep import BACKUP
from referral_hub.jobs.health import jobs_for_page
from referral_hub.module_admin.pages import modules_for_list
from referral_hub.views.auditor.log import seals_for_page
from referral_ui.guards import requires
from referral_ui.pages.admin_words import ADMIN_WORDS
from referral_ui.rendering import page
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest


@get("/admin", guards=[requires("admin")], sync_to_thread=True)
def show_health(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    """No client's data: states, counts and times."""
    findings = list(examine(hub.settings, at=request.now))
    with hub.transaction(actor) as session:
        modules = modules_for_list(session)
        jobs = jobs_for_page(session, at=request.now)
        seals = seals_for_page(session, limit=1)
        unsealed = unsealed_entries(session)
    return page(
        request,
        "admin/health.html",
        findings=findings,
        backup=next((one for one in findings if one.subject == BACKUP), None),
        modules=modules,
        jobs=jobs,
        seal=seals[0] if seals else None,
        unsealed=unsealed,
        waiting=sum(module.waiting.count for module in modules),
        oldest=min((m.waiting.oldest_at for m in modules if m.waiting.oldest_at), default=None),
        words=ADMIN_WORDS,
    )


router = Router("/", route_handlers=[show_health], include_in_schema=False)
