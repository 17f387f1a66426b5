"""An action that a page and a program may run has one declaration of what it is told (decision 0045)."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from tests.bodies import every_body
from tests.web import app_of

from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_ui.bodies.base import Body, inputs_of
from referral_ui.bodies.cases import NewNeed
from referral_ui.forms import FieldsInvalid, Form, Input

ASKED_OTHERWISE = {
    ("/inbox/{referral_id}/forms/{key}", "fill_form"): "the questions are the manifest's at both doors",
    ("/inbox/{referral_id}/place", "give_place"): "a button that asks nothing: whichever place is free",
    ("/cases/{case_id}/refer/place", "draft_referral"): "begins a draft; what it says is asked at the next step",
    ("/cases/{case_id}/refer/{referral_id}/consent", "withdraw_referral"): "the refusal is the reason",
}


@pytest.fixture
def app(hub: Hub) -> Litestar:
    return app_of(hub)


def changing(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for route in app.routes:
        assert isinstance(route, HTTPRoute)
        for handler in route.route_handlers:
            if "POST" in handler.http_methods:
                yield route.path_format, handler


def written(handler: HTTPRouteHandler) -> Callable[..., Any]:
    """The function as it stands in the code; Litestar wraps it to run in a thread."""
    function: Callable[..., Any] = getattr(handler.fn, "func", handler.fn)
    return function


def with_helpers(function: Callable[..., Any], seen: frozenset[str] = frozenset()) -> Iterator[ast.AST]:
    """The function's own code and that of the private functions of its module which it calls."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    yield tree
    module = inspect.getmodule(function)
    for name in names(tree) - seen:
        helper = getattr(module, name, None)
        if name.startswith("_") and inspect.isfunction(helper) and helper.__module__ == function.__module__:
            yield from with_helpers(helper, seen | {name})


def names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def actions_of(function: Callable[..., Any]) -> set[str]:
    """The actions it runs: functions of the hub that someone (`by`) does in a transaction (`session`)."""
    found = set()
    for tree in with_helpers(function):
        for name in names(tree):
            value = getattr(inspect.getmodule(function), name, None)
            if inspect.isfunction(value) and value.__module__.startswith("referral_hub."):
                asked = inspect.signature(value).parameters
                if {"session", "by", "at"} <= asked.keys():
                    found.add(name)
    return found


def read_by(function: Callable[..., Any]) -> set[str]:
    """The bodies that it reads a form as."""
    return {
        node.args[0].id
        for tree in with_helpers(function)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "read"
        if node.args and isinstance(node.args[0], ast.Name)
    }


def told_over_the_api(app: Litestar) -> dict[str, set[str]]:
    """The bodies of each action that a program may run."""
    found: dict[str, set[str]] = {}
    for path, handler in changing(app):
        body = handler.parsed_data_field.annotation if handler.parsed_data_field else None
        if path.startswith("/api/") and inspect.isclass(body) and issubclass(body, Body):
            for action in actions_of(written(handler)):
                found.setdefault(action, set()).add(body.__name__)
    return found


def test_a_page_reads_its_form_as_the_body_that_a_program_sends(app: Litestar) -> None:
    bodies = told_over_the_api(app)
    assert len(bodies) >= 20
    apart = {
        (path, action)
        for path, handler in changing(app)
        if not path.startswith("/api/")
        for action in actions_of(written(handler)) & bodies.keys()
        if not bodies[action] & read_by(written(handler))
    }
    assert apart == set(ASKED_OTHERWISE)


def test_a_form_is_read_as_a_body_only_where_the_body_declares_its_questions() -> None:
    apart = [Input("kind", "text", Label(zh="种类", en="Kind")), *inputs_of(NewNeed, "words", "priority")]
    with pytest.raises(TypeError, match="kind"):
        Form(apart, {"kind": "employment", "words": "想学厨艺", "priority": "2"}).read(NewNeed)


def test_a_value_is_refused_at_both_doors_with_the_same_sentence_at_the_same_field() -> None:
    sent = {"kind": "none", "words": "长" * 2001, "priority": 9}
    with pytest.raises(FieldsInvalid) as over_the_api:
        NewNeed(**sent)  # type: ignore[arg-type]
    with pytest.raises(FieldsInvalid) as on_the_page:
        Form(inputs_of(NewNeed), sent).read(NewNeed)
    assert over_the_api.value.problems == on_the_page.value.problems
    assert [problem.field for problem in on_the_page.value.problems] == ["kind", "words", "priority"]


@pytest.mark.parametrize("body", every_body(), ids=lambda body: body.__name__)
def test_a_question_is_of_the_type_that_its_field_takes(body: type[Body]) -> None:
    """A date is asked as a date, a sum as money, a list as several choices: else a page could not be read."""
    kinds = {
        "date": {"date"},
        "int": {"integer", "money", "choice"},
        "Decimal": {"number"},
        "bool": {"yes_no"},
        "UUID": {"choice"},
        "str": {"text", "long", "phone", "choice"},
        "list": {"choices"},
    }
    for asked in inputs_of(body):
        annotation = str(body.__annotations__.get(asked.key) or body.__mro__[1].__annotations__[asked.key])
        plain = annotation.removeprefix("Annotated[").lstrip().split(",")[0].split("[")[0].split(" ")[0]
        assert asked.type in kinds[plain], (asked.key, annotation)
