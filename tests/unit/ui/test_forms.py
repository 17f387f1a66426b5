from __future__ import annotations

from datetime import date

import pytest
from litestar.datastructures.multi_dicts import FormMultiDict

from referral_hub.api import Choice, Field
from referral_hub.errors import Conflict, Invalid, NotAllowed
from referral_hub.i18n import Label
from referral_ui.forms import FieldsInvalid, Form, FormRejected, Input, choices
from referral_ui.requests import SubmittedForm

NAME = Input("name", "text", Label(zh="姓名", en="Name"), required=True)
AMOUNT = Input("amount", "money", Label(zh="金额", en="Amount"))
DAY = Input("day", "date", Label(zh="日期", en="Date"))
SECRET = Input("secret", "password", Label(zh="密码", en="Password"), required=True)
KINDS = Input(
    "kinds",
    "choices",
    Label(zh="种类", en="Kinds"),
    choices=choices({"a": Label(zh="甲", en="A"), "b": Label(zh="乙", en="B")}),
)


def sent(**values: object) -> SubmittedForm:
    pairs = [(key, item) for key, value in values.items() for item in (value if isinstance(value, list) else [value])]
    return SubmittedForm(FormMultiDict(pairs))


def test_values_come_out_as_their_types_and_empty_ones_not_at_all() -> None:
    form = Form([NAME, AMOUNT, DAY, KINDS], sent(name=" 张伟 ", amount="1,200.5", day="2026.3.5", kinds=["a", "b"]))
    assert form.clean() == {"name": "张伟", "amount": 120050, "day": "2026-03-05", "kinds": ["a", "b"]}
    assert Form([NAME, AMOUNT], sent(name="张伟", amount="")).clean() == {"name": "张伟"}


def test_every_problem_is_reported_at_once() -> None:
    with pytest.raises(FieldsInvalid) as caught:
        Form([NAME, AMOUNT, DAY, SECRET], sent(amount="much", day="soon")).clean()
    assert [problem.field for problem in caught.value.problems] == ["name", "amount", "day", "secret"]


def test_a_password_is_taken_to_the_letter() -> None:
    assert Form([SECRET], sent(secret=" with spaces ")).clean() == {"secret": " with spaces "}


def test_a_refused_form_keeps_what_was_typed() -> None:
    form = Form([NAME, AMOUNT], sent(name="张伟", amount="much"))
    with pytest.raises(FormRejected) as caught, form.shown_again("some/page.html", case="K"):
        form.clean()
    rejected = caught.value
    assert (rejected.template, rejected.context, rejected.status) == ("some/page.html", {"case": "K"}, 422)
    assert (form.text("name"), form.text("amount")) == ("张伟", "much")
    assert form.problem("amount") is not None
    assert form.problem("name") is None


def test_a_refusal_by_an_action_stands_at_its_field_or_above_the_form() -> None:
    label = Label(zh="已被使用。", en="Taken.")
    at_field = Form([NAME], sent(name="a"))
    with pytest.raises(FormRejected), at_field.shown_again("p.html"):
        raise Invalid(field="name", message=label)
    assert at_field.problem("name") == label
    above = Form([NAME], sent(name="a"))
    with pytest.raises(FormRejected) as caught, above.shown_again("p.html"):
        raise Conflict(field="a field the form has not")
    assert [problem.field for problem in above.problems] == [None]
    assert caught.value.status == 409


def test_what_is_no_matter_of_the_form_passes_through() -> None:
    form = Form([NAME], sent(name="a"))
    with pytest.raises(NotAllowed), form.shown_again("p.html"):
        raise NotAllowed


def test_a_form_begins_with_known_values_as_a_person_would_type_them() -> None:
    form = Form([NAME, DAY, KINDS], {"name": "张伟", "day": date(2026, 3, 5), "kinds": ["b"], "other": None})
    assert form.text("day") == "2026-03-05"
    assert form.chosen("kinds", "b")
    assert not form.chosen("kinds", "a")


def test_a_manifests_fields_make_the_same_form_under_their_headings() -> None:
    heading = Label(zh="时间", en="Time")
    fields = [
        Field(
            key="trade", type="choice", label=Label(zh="工种", en="Trade"), choices=[Choice(code="x", label=heading)]
        ),
        Field(key="from", type="date", label=Label(zh="从", en="From"), group=heading, required=True),
        Field(key="to", type="date", label=Label(zh="到", en="To"), group=heading),
    ]
    form = Form(fields, sent(trade="x", **{"from": "2026-03-05"}))
    assert [(group, [i.key for i in inputs]) for group, inputs in form.groups] == [
        (None, ["trade"]),
        (heading, ["from", "to"]),
    ]
    assert form.clean() == {"trade": "x", "from": "2026-03-05"}
