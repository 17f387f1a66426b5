"""Running an action from a page. The API calls the same action; its refusals are answered by `errors`.

No page catches a refusal itself (`tests/policy/test_one_way.py`): a form shows it beside its fields
(`Form.shown_again`), a button on the page it goes to (`run_action`), one that asks something on a page of its own
(`run_asked`), anything else by `refusal_shown`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from litestar import Response

from referral_hub.actor import Actor
from referral_hub.errors import HubError
from referral_hub.hub import Hub, Transaction
from referral_hub.i18n import Label
from referral_ui.forms import Form
from referral_ui.rendering import redirect
from referral_ui.requests import HubRequest

# What the person at the page can do something about: a conflict, or a value that is not accepted.
REFUSED = frozenset({409, 422})

Found = TypeVar("Found")


def run_action(
    request: HubRequest,
    hub: Hub,
    actor: Actor,
    action: Callable[[Transaction], Found],
    *,
    to: str | Callable[[Found], str],
    done: Label | Callable[[Found], Label],
    refused_to: str | Callable[[HubError], Response[Any]] | None = None,
) -> Response[Any]:
    """Run it in one transaction and go to `to`, saying what was done; both may depend on what the action found.

    A refusal is shown at `refused_to`, where the question was asked (or in what it makes of the refusal), or at `to`;
    anything else is an error page.
    """

    def act() -> Response[Any]:
        with hub.transaction(actor) as session:
            found = action(session)
        return _gone_on(request, found, to, done)

    if refused_to is None and not isinstance(to, str):
        raise TypeError("a place that the action finds is not there after a refusal: name `refused_to`")
    return refusal_shown(request, act, at=refused_to or str(to))


def run_asked(
    request: HubRequest,
    hub: Hub,
    actor: Actor,
    typed: Form,
    action: Callable[[Transaction], Found],
    *,
    title: Label,
    back: str,
    to: str | Callable[[Found], str],
    done: Label | Callable[[Found], Label],
) -> Response[Any]:
    """As `run_action`, for a button that asks something: a refusal shows what was typed, on a page of its own.

    The action reads `typed` itself; `back` is the page with the button.
    """
    with typed.shown_again("asked.html", heading=title, back=back), hub.transaction(actor) as session:
        found = action(session)
    return _gone_on(request, found, to, done)


def _gone_on(
    request: HubRequest,
    found: Found,
    to: str | Callable[[Found], str],
    done: Label | Callable[[Found], Label],
) -> Response[Any]:
    there = to if isinstance(to, str) else to(found)
    return redirect(request, there, done=done if isinstance(done, Label) else done(found))


def refusal_shown(
    request: HubRequest,
    answer: Callable[[], Response[Any]],
    *,
    at: str | Callable[[HubError], Response[Any]],
    statuses: frozenset[int] = REFUSED,
) -> Response[Any]:
    """The answer; or, where the hub refuses it, its sentence on the page `at`, or in what `at` makes of it."""
    try:
        return answer()
    except HubError as refusal:
        if refusal.status not in statuses:
            raise
        if isinstance(at, str):
            return redirect(request, at, done=refusal.label, tone="problem")
        return at(refusal)
