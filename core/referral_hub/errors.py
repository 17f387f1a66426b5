"""Errors are nouns that carry details and one sentence for a person, in both languages.

Each part of the hub keeps its own in `errors.py`; the web layer turns any of them into an answer in one place,
by `status`. The sentence says what is wrong and how to fix it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from referral_hub.i18n import Label

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class HubError(Exception):
    """A refusal or failure that a person can read.

    `zh` and `en` are templates filled with the keyword details; `field` names the form field at fault, where one is.
    """

    status: ClassVar[int] = 500
    zh: ClassVar[str] = "系统出现故障，请稍后再试。"
    en: ClassVar[str] = "An error occurred in the hub. Please try again later."

    def __init__(self, *, field: str | None = None, **details: object) -> None:
        self.field = field
        self.details = details
        super().__init__(self.label.en)

    @property
    def code(self) -> str:
        """The error's name in kebab case, stable for programs: `ConsentMissing` → `consent-missing`."""
        return _CAPITAL.sub("-", type(self).__name__).lower()

    @property
    def label(self) -> Label:
        return Label(zh=self._fill(self.zh, "zh"), en=self._fill(self.en, "en"))

    @property
    def field_problems(self) -> Sequence[tuple[str, Label]]:
        """What is wrong, field by field; empty where the refusal is about no field."""
        return ((self.field, self.label),) if self.field else ()

    def _fill(self, template: str, language: str) -> str:
        details = {k: v.text(language) if isinstance(v, Label) else v for k, v in self.details.items()}
        return template.format(**details)


class NotFound(HubError):
    status = 404
    zh = "找不到这条记录，或者您无权查看。"
    en = "There is no such record, or you may not see it."


class NotAllowed(HubError):
    status = 403
    zh = "您的账号没有办理此项的权限。"
    en = "Your account is not permitted to do this."


class Invalid(HubError):
    """Something typed is wrong. Details: `message`, a Label that names the field and how to fix it."""

    status = 422
    zh = "{message}"
    en = "{message}"


class Conflict(HubError):
    status = 409
    zh = "这条记录已被别人改动，请刷新后再试。"
    en = "This record was changed by someone else. Please reload and try again."


class Unavailable(HubError):
    status = 503
    zh = "此项服务暂时不可用，请稍后再试。"
    en = "This service is unavailable for now. Please try again later."
