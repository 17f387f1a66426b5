"""What was typed survives the end of a session: every page that takes a form shows it again, or says why not."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.datastructures.multi_dicts import FormMultiDict
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from tests.web import app_of

from referral_hub.hub import Hub
from referral_ui.kept_form import NOT_KEPT, NotForReview
from referral_ui.requests import SubmittedForm

TEMPLATES = Path(__file__).parents[2] / "referral_ui/referral_ui/templates"


@pytest.fixture
def app(hub: Hub) -> Litestar:
    return app_of(hub)


def pages_with_a_form(app: Litestar) -> Iterator[tuple[str, ast.FunctionDef]]:
    for route in app.routes:
        assert isinstance(route, HTTPRoute)
        for handler in route.route_handlers:
            if takes_a_form(handler):
                (function,) = ast.parse(textwrap.dedent(inspect.getsource(written(handler)))).body
                assert isinstance(function, ast.FunctionDef)
                yield route.path_format, function


def takes_a_form(handler: HTTPRouteHandler) -> bool:
    return "POST" in handler.http_methods and "form" in handler.parsed_fn_signature.parameters


def written(handler: HTTPRouteHandler) -> Any:
    """The function as it stands in the code; Litestar wraps it to run in a thread."""
    return getattr(handler.fn, "func", handler.fn)


def shows_again(function: ast.FunctionDef) -> list[ast.Call]:
    """Where it may show its form again: `with typed.shown_again(…)`, or a button that asks something."""
    return [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        if (isinstance(node.func, ast.Attribute) and node.func.attr == "shown_again")
        or (isinstance(node.func, ast.Name) and node.func.id == "run_asked")
    ]


def test_every_page_that_takes_a_form_shows_it_again_or_is_listed_with_a_reason(app: Litestar) -> None:
    found = dict(pages_with_a_form(app))
    listed = {path for path in found if not shows_again(found[path])} | {"/sign-in", "/sign-in/code"}
    listed |= {path for path in found if path.startswith(("/account/password", "/account/second-factor"))}
    assert listed == set(NOT_KEPT)
    assert all(NOT_KEPT.values())


def test_nothing_is_changed_before_a_form_is_shown_again(app: Litestar) -> None:
    """A form that comes back is shown at the first `shown_again`; no action stands above it."""
    early = []
    for path, function in pages_with_a_form(app):
        if path in NOT_KEPT:
            continue
        first = min(block.lineno for block in shows_again(function))
        changes = actions_of(inspect.getmodule(handler_of(app, path)))
        early += [
            f"{path}: {node.func.id}"
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if node.lineno < first and node.func.id in changes
        ]
    assert early == []


def handler_of(app: Litestar, path: str) -> Any:
    return next(
        written(handler)
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path_format == path
        for handler in route.route_handlers
        if takes_a_form(handler)
    )


def actions_of(module: Any) -> set[str]:
    """What a module of pages imports from a module of actions."""
    return {
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and "actions" in value.__module__ and value.__module__.startswith("referral_hub.")
    }


def test_a_form_that_is_only_to_be_looked_at_tells_no_action_anything() -> None:
    form = SubmittedForm(FormMultiDict([("reason", "moved away"), ("_review", "1")]))
    for read in (form.text, form.many, form.ticked):
        with pytest.raises(NotForReview):
            read("reason")


def test_a_form_says_whose_it_is_exactly_where_it_is_kept(app: Litestar) -> None:
    """The mark stands in the macros for forms; a form a template writes by itself has it unless it is listed."""
    kept = {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if "{{ marks(" in path.read_text(encoding="utf-8")
    }
    assert kept == {"macros/form.html", "worker/refer_consent.html"}
