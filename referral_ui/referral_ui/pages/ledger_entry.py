"""One application or decision as its page shows it: what is known, what followed, and the forms for what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from referral_hub.actor import Actor
from referral_hub.assistance.queries import earlier_aid_for_application, funds_for_organisation
from referral_hub.assistance.values import LedgerLine
from referral_hub.calendar.clock import local_date
from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_hub.views.civil.ledger import decisions_on, read_entry
from referral_ui.forms import Form
from referral_ui.pages.ledger_forms import advance_fields, correction_fields, decision_fields, payment_fields
from referral_ui.pages.values import own_organisation
from referral_ui.requests import HubRequest

_LOOKED_BACK = timedelta(days=365)


def entry_of(request: HubRequest, hub: Hub, actor: Actor, entry_id: UUID) -> LedgerLine:
    with hub.transaction(actor) as session:
        return read_entry(session, entry_id, by=actor, at=request.now)


def entry_context(
    request: HubRequest,
    hub: Hub,
    actor: Actor,
    line: LedgerLine,
    words: Mapping[str, Mapping[str, Label]],
    **forms: Form,
) -> dict[str, Any]:
    """What `civil/entry.html` shows; `forms` replace those that a person has filled in."""
    today = local_date(request.now)
    with hub.transaction(actor) as session:
        decisions = decisions_on(session, line.application_id)
        pending = line.kind == "application" and all(decision.advance for decision in decisions)
        funds = funds_for_organisation(session, own_organisation(actor)) if pending else []
        earlier = (
            earlier_aid_for_application(session, line.application_id, period=(today - _LOOKED_BACK, today))
            if pending
            else []
        )
    standing = {
        "amount_fen": f"{Decimal(line.standing_fen) / 100:.2f}",
        "quantity": f"{line.standing_quantity.normalize():f}",
    }
    shown: dict[str, Any] = {
        "line": line,
        "words": words,
        "decisions": [(decision.id, decision.kind, decision.advance, decision.happened_on) for decision in decisions],
        "pending": pending,
        "earlier": earlier,
        "granted": line.kind == "granted",
        "correction": Form(correction_fields(line.unit), standing),
        "payment": Form(
            payment_fields(line),
            {"paid_on": today, "pay_way": line.pay_way, "amount_fen": f"{Decimal(line.unpaid_fen) / 100:.2f}"},
        ),
        "decide": Form(decision_fields(funds), {"decided_on": today, "type": line.applied_for}),
        "advance": Form(advance_fields(funds), {"paid_on": today}),
    }
    return shown | forms
