"""Forms: drawn from a manifest's fields or a page's own list by the same macros, and shown again as typed when wrong.

    FIELDS = (
        Input("title", "text", Label(zh="目标", en="Goal"), required=True),
        Input("due_on", "date", Label(zh="完成日期", en="Due on")),
    )

    form = Form(FIELDS)                        # empty
    form = Form(FIELDS, {"title": "找工作"})     # with values to start from
    form = Form(FIELDS, submitted)             # as sent
    form = Form(stage_form.fields, submitted)  # from a manifest (`referral_hub.api.Field`)

`form.clean()` gives typed values or raises `FieldsInvalid`; `form.shown_again(template, …)` shows the page again when
it, or any action in the block, refuses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import groupby
from typing import Any, Literal, TypeVar

import msgspec

from referral_hub.api import Choice, Field, Problem
from referral_hub.errors import HubError
from referral_hub.i18n import Label
from referral_hub.registry.forms import impossible_days, read_form
from referral_hub.text_limits import MAX_REASON
from referral_ui.formats import today
from referral_ui.requests import SubmittedForm

InputType = Literal[
    "text",
    "long",
    "integer",
    "number",
    "date",
    "yes_no",
    "choice",
    "choices",
    "money",
    "phone",
    "secret",
    "password",
    "file",
    "hidden",
]
BodyType = type[msgspec.Struct]
Told = TypeVar("Told", bound=msgspec.Struct)
_MAX_RADIO_CHOICES = 6
_NOT_ASKED_BY_MANIFESTS = {"password", "file", "hidden"}
_NEVER_KEPT = {"password", "secret", "file"}
_PASSED_THROUGH = {401, 403, 404}


class Input(msgspec.Struct, frozen=True):
    """One question. As a manifest's `Field`, with what only a page's own forms need."""

    key: str
    type: InputType
    label: Label
    help: Label | None = None
    required: bool = False
    choices: Sequence[Choice] = ()
    min: int | None = None
    max: int | None = None
    group: Label | None = None
    sensitive: bool = False
    autocomplete: str = "off"
    accept: str = ""
    body: BodyType | None = None
    """The body that declares the question (`bodies`)."""

    @property
    def listed(self) -> bool:
        """Many choices open as a list; a few stand as buttons, all in sight."""
        return len(self.choices) > _MAX_RADIO_CHOICES


class FieldsInvalid(HubError):
    """What was typed cannot be taken. Carries every problem at once."""

    status = 422
    zh = "有 {count} 处需要修改。"
    en = "Please correct {count} field(s)."

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(count=len(self.problems))

    @property
    def label(self) -> Label:
        return self.problems[0].message if len(self.problems) == 1 else super().label

    @property
    def field_problems(self) -> Sequence[tuple[str, Label]]:
        return [(problem.field, problem.message) for problem in self.problems if problem.field]


class FormRejected(Exception):
    """Show the template again with the form as typed. Turned into an answer in `errors.py`."""

    def __init__(self, form: Form, template: str, context: Mapping[str, Any], status: int) -> None:
        super().__init__(template)
        self.form = form
        self.template = template
        self.context = dict(context)
        self.status = status


class Form:
    """Fields, what stands in them, and what is wrong with it."""

    def __init__(
        self, fields: Iterable[Input | Field], values: SubmittedForm | Mapping[str, Any] | None = None
    ) -> None:
        self.inputs = tuple(as_input(field) for field in fields)
        self.problems: list[Problem] = []
        self._submitted = values if isinstance(values, SubmittedForm) else None
        if isinstance(values, SubmittedForm):
            self._texts = {key: list(texts) for key, texts in values.texts.items()}
        else:
            self._texts = {key: _as_typed(value) for key, value in (values or {}).items() if value is not None}

    def __getitem__(self, key: str) -> Input:
        return next(field for field in self.inputs if field.key == key)

    @property
    def groups(self) -> list[tuple[Label | None, list[Input]]]:
        """The inputs under their headings, in order."""
        return [(group, list(inputs)) for group, inputs in groupby(self.inputs, key=lambda field: field.group)]

    @property
    def has_file(self) -> bool:
        return any(field.type == "file" for field in self.inputs)

    @property
    def for_review(self) -> bool:
        """Whether it comes back after its session had ended, to be looked at and sent again."""
        return self._submitted is not None and self._submitted.for_review

    @property
    def incomplete(self) -> bool:
        """Whether it has fields that are never kept: passwords, secrets and files."""
        return any(field.type in _NEVER_KEPT for field in self.inputs)

    def text(self, key: str) -> str:
        """What stands in a field, as typed."""
        texts = self._texts.get(key)
        return texts[-1] if texts else ""

    def chosen(self, key: str, code: str) -> bool:
        """Whether a choice is ticked."""
        return code in self._texts.get(key, ())

    def problem(self, key: str) -> Label | None:
        """What is wrong with one field."""
        return next((problem.message for problem in self.problems if problem.field == key), None)

    def read(self, body: type[Told], **known: Any) -> Told:
        """What was typed as the value that a program sends for the same action (`bodies`), with what the page knows.

        Questions that the body does not have, and those whose answer is `known`, are left alone. Raises as `clean`, and
        `TypeError` where a question of the body was declared elsewhere.
        """
        asked = frozenset(body.__struct_fields__) - known.keys()
        inputs = [field for field in self.inputs if field.key in asked]
        apart = [field.key for field in inputs if field.body is None or not issubclass(body, field.body)]
        if apart:
            raise TypeError(f"{', '.join(apart)}: not as {body.__name__} declares it")
        nothing: dict[str, Any] = {field.key: [] for field in inputs if field.type == "choices"}
        return msgspec.convert(nothing | self.clean(asked) | known, body, strict=False)

    def clean(self, only: Collection[str] | None = None) -> dict[str, Any]:
        """Values by key as `referral_hub.registry.forms` reads them: what was left empty is absent, money is fen, a
        date is `2026-03-05`. Passwords and hidden fields are texts as sent; a file is an `UploadFile`.

        Raises `FieldsInvalid` with every problem.
        """
        inputs = [field for field in self.inputs if only is None or field.key in only]
        asked = [as_field(field) for field in inputs if field.type not in _NOT_ASKED_BY_MANIFESTS]
        typed, problems = read_form(asked, self._texts)
        problems = [*problems, *impossible_days(asked, typed, today=today())]
        values: dict[str, Any] = dict(typed)
        for field in inputs:
            if field.type in {"password", "hidden"}:
                # A password is taken to the letter: a space in it is part of it.
                values[field.key] = self.text(field.key)
                if field.required and not values[field.key]:
                    problems.append(Problem(field=field.key, message=_MISSING))
            elif field.type == "file":
                chosen = self._submitted.file(field.key) if self._submitted else None
                if chosen:
                    values[field.key] = chosen
                elif field.required:
                    problems.append(Problem(field=field.key, message=_NO_FILE))
        if problems:
            raise FieldsInvalid(problems)
        return values

    @contextmanager
    def shown_again(self, template: str, **context: Any) -> Iterator[None]:
        """Within the block, a refusal shows `template` again with this form: what was typed, and what is wrong.

        Not being signed in, not being allowed and not being there are no matter of the form and pass through. A form
        that was kept while its sender signed in again (`kept_form`) is shown, and the block is not entered.
        """
        if self.for_review:
            raise FormRejected(self, template, context, 200)
        try:
            yield
        except HubError as error:
            if error.status in _PASSED_THROUGH:
                raise
            if isinstance(error, FieldsInvalid):
                self.problems = list(error.problems)
            else:
                known = any(field.key == error.field for field in self.inputs)
                self.problems = [Problem(field=error.field if known else None, message=error.label)]
            raise FormRejected(self, template, context, error.status) from error


_MISSING = Label(zh="请填写这一项。", en="Please fill this in.")
_NO_FILE = Label(zh="请选择一个文件。", en="Please choose a file.")


def as_input(field: Input | Field) -> Input:
    """A manifest's field as the macros draw it."""
    if isinstance(field, Input):
        return field
    return Input(
        key=field.key,
        type=field.type,
        label=field.label,
        help=field.help,
        required=field.required,
        choices=field.choices,
        min=field.min,
        max=field.max,
        group=field.group,
    )


def as_field(field: Input) -> Field:
    """A page's own field as the checks of manifests read it, so that both are checked by the same rules."""
    return Field(
        key=field.key,
        type=field.type,  # type: ignore[arg-type]
        label=field.label,
        required=field.required,
        choices=list(field.choices),
        min=field.min,
        max=field.max,
    )


REASON = Input("reason", "text", Label(zh="原因", en="Reason"), required=True, max=MAX_REASON)
"""What a button asks whose action keeps a reason."""


def choices(codes: Mapping[str, Label], *, keys: Iterable[str] | None = None) -> tuple[Choice, ...]:
    """A code set (`referral_hub.codes`) as choices, all of it or `keys` in their order."""
    return tuple(Choice(code=code, label=codes[code]) for code in (codes if keys is None else keys))


def _as_typed(value: Any) -> list[str]:
    """A value as a person would have typed it, for a form that begins filled in."""
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, date):
        return [value.isoformat()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [str(item) for item in value]
    return [str(value)]
