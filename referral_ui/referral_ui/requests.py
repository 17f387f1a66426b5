"""A request as our pages see it: its language, what was typed, and whether htmx sent it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import State, UploadFile
from litestar.datastructures.multi_dicts import FormMultiDict
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.utils.scope.state import ScopeState

from referral_hub.access.sessions import SignedIn
from referral_hub.actor import Actor
from referral_hub.hub import Hub
from referral_hub.i18n import DEFAULT_LANGUAGE, Language
from referral_ui.kept_form import REVIEW, NotForReview, signed_account

LANGUAGE_COOKIE = "hub_language"


class HubRequest(Request[Actor | None, SignedIn | None, State]):
    """What handlers get as `request`."""

    @property
    def hub(self) -> Hub:
        return cast("Hub", self.app.state.hub)

    @property
    def now(self) -> datetime:
        """The time of this request: the same at every look."""
        state = self.scope["state"]
        if "now" not in state:
            state["now"] = self.hub.clock.now()
        return cast("datetime", state["now"])

    @property
    def asked_language(self) -> Language | None:
        """The language asked for in the address, `?lang=en`."""
        return _language(self.query_params.get("lang"))

    @property
    def language(self) -> Language:
        """Asked for in the address, else kept in the cookie, else the account's own, else Chinese."""
        account = _language(self.signed_in.language) if self.signed_in else None
        return self.asked_language or _language(self.cookies.get(LANGUAGE_COOKIE)) or account or DEFAULT_LANGUAGE

    @property
    def sender(self) -> Actor | None:
        """Who is signed in; None also where the request failed before that was looked up."""
        return cast("Actor | None", self.scope.get("user"))

    @property
    def signed_in(self) -> SignedIn | None:
        return cast("SignedIn | None", self.scope.get("auth"))

    @property
    def by_htmx(self) -> bool:
        """Htmx asked for a part of a page (a boosted link or form asks for a whole one)."""
        return self.headers.get("hx-request") == "true" and self.headers.get("hx-boosted") != "true"

    @property
    def for_program(self) -> bool:
        """Under `/api`: answers are JSON."""
        return self.scope["path"].startswith("/api/")

    async def form(self) -> FormMultiDict:
        """As Litestar's, but a form's text is not kept in the process: its own parser caches whole bodies."""
        state = self.scope["state"]
        if "form" not in state:
            content_type, _ = self.content_type
            if content_type == RequestEncodingType.URL_ENCODED:
                body = (await self.body()).decode("utf-8", "replace")
                state["form"] = FormMultiDict(parse_qsl(body, keep_blank_values=True))
            else:
                state["form"] = await super().form()
        return cast("FormMultiDict", state["form"])

    @property
    def submitted(self) -> SubmittedForm:
        """What the form sent, where it has been read: the check against forgery reads every form of a page."""
        return SubmittedForm(self.scope["state"].get("form"))

    @property
    def form_token(self) -> FormToken:
        """The token every form sends back, against forgery from other sites, and whose form it is."""
        token = FormToken(ScopeState.from_scope(self.scope).csrf_token or "")
        account_id = self.sender.account_id if self.sender else None
        token.by = signed_account(self.hub.cipher, account_id) if account_id else ""
        return token


class FormToken(str):
    """The token against forgery. `by` is the account the page was drawn for, signed (`kept_form`)."""

    __slots__ = ("by",)
    by: str


class SubmittedForm:
    """What a form sent: texts by field, as typed, and files. Handlers get it as `form`.

    A form that comes back after its session had ended is there to be shown (`for_review`), by `Form.shown_again` and
    nothing else: it refuses to tell a single value, so that no action can be run with it.
    """

    def __init__(self, data: FormMultiDict | None = None) -> None:
        self.texts: dict[str, list[str]] = {}
        self.files: dict[str, UploadFile] = {}
        for key, value in data.multi_items() if data else ():
            if isinstance(value, UploadFile):
                self.files[key] = value
            else:
                self.texts.setdefault(key, []).append(_as_text(value))

    @property
    def for_review(self) -> bool:
        """Whether it was kept, and is sent back to be looked at."""
        return REVIEW in self.texts

    def text(self, key: str) -> str:
        """The last value typed, without spaces around it; empty when the field was not sent."""
        values = self._read(key)
        return values[-1].strip() if values else ""

    def many(self, key: str) -> list[str]:
        """Every ticked value of a field of several choices."""
        return [value for value in self._read(key) if value]

    def ticked(self, key: str) -> bool:
        return self.text(key) in {"1", "on", "yes", "true"}

    def file(self, key: str) -> UploadFile | None:
        """The file chosen, None when the field was left empty."""
        chosen = self.files.get(key)
        return chosen if chosen and chosen.filename else None

    def _read(self, key: str) -> list[str]:
        if self.for_review:
            raise NotForReview
        return self.texts.get(key, [])


CurrentHub = NamedDependency[Hub]
CurrentActor = NamedDependency[Actor]
TheForm = NamedDependency[SubmittedForm]
"""What a handler writes to be given them: `def show(request: HubRequest, hub: CurrentHub, actor: CurrentActor, …)`."""


async def read_form(request: HubRequest) -> SubmittedForm:
    """The dependency `form`."""
    return SubmittedForm(await request.form())


def provide_hub(request: HubRequest) -> Hub:
    """The dependency `hub`."""
    return request.hub


def give_actor(request: HubRequest) -> Actor:
    """The dependency `actor`: only for routes whose guard demands an account."""
    actor = request.sender
    if actor is None:
        raise RuntimeError("a route without an account asked for the actor")
    return actor


def _language(value: str | None) -> Language | None:
    return cast("Language", value) if value in {"zh", "en"} else None


def _as_text(value: Any) -> str:
    # No browser sends U+0000, and no database keeps it.
    return "" if value is None else str(value).replace("\0", "")
