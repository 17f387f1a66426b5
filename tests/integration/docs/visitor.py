"""A visitor of a running hub: follows links by their words, fills in forms, remembers all that was shown."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any, Self

import httpx
import msgspec

_VOID = frozenset({"input", "br", "img", "meta", "link", "hr", "source", "wbr"})


class Button(msgspec.Struct):
    """One button of a form: what stands on it, and what it sends."""

    words: str = ""
    name: str = ""
    value: str = ""


class Found(msgspec.Struct):
    """A form as it came: where it goes, and what a browser would send with nothing changed."""

    action: str
    method: str
    values: dict[str, list[str]] = {}
    buttons: list[Button] = []


class PageReader(HTMLParser):
    """Links, forms and words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.forms: list[Found] = []
        self._form: Found | None = None
        self._gathering: list[str] | None = None
        self._target = ""
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        present = {name for name, _ in attrs}
        self.words += [given[name] for name in ("aria-label", "placeholder", "title") if given.get(name)]
        if tag == "a":
            self._gathering, self._target = [], given.get("href", "")
        elif tag == "form":
            self._form = Found(action=given.get("action", ""), method=given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._within(self._form, tag, given, present)

    def _within(self, form: Found, tag: str, given: Mapping[str, str], present: set[str]) -> None:
        name = given.get("name", "")
        if tag == "input" and name and "disabled" not in present:
            ticks = given.get("type") in ("checkbox", "radio")
            if not ticks or "checked" in present:
                form.values.setdefault(name, []).append(given.get("value", "on" if ticks else ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in present:
            form.values.setdefault(self._select, []).append(given.get("value", ""))
        elif tag == "textarea":
            self._area = name
            form.values[name] = [""]
        elif tag == "button":
            self._gathering = []
            form.buttons.append(Button(name=name, value=given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._gathering is not None:
            self.links.append((_plain(self._gathering), self._target))
            self._gathering = None
        elif tag == "button" and self._form is not None and self._gathering is not None:
            self._form.buttons[-1].words = _plain(self._gathering)
            self._gathering = None
        elif tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._gathering is not None:
            self._gathering.append(data)
        if self._area and self._form is not None:
            self._form.values[self._area] = [data.removeprefix("\n")]


class Visitor:
    """One person before a browser, in one language."""

    def __init__(self, address: str, language: str) -> None:
        self._client = httpx.Client(base_url=address, follow_redirects=True, timeout=60)
        self._client.cookies.set("hub_language", language)
        self.seen = ""
        self.open("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @property
    def path(self) -> str:
        return self._answer.url.path

    @property
    def text(self) -> str:
        """The words of the page that is open."""
        return _plain(self._page.words)

    @property
    def source(self) -> str:
        """The page that is open, as it came."""
        return self._answer.text

    def first(self, name: str) -> str:
        """The first choice that the page offers under this name."""
        found = re.search(rf'name="{name}"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="{name}"', self.source)
        assert found, f"{name} is not asked on {self.path}"
        return found[1] or found[2]

    def open(self, path: str) -> None:
        self._take(self._client.get(path))

    def sign_in(self, login: str, password: str) -> None:
        self.send("/sign-in", login=login, password=password)
        assert "/sign-in" not in self.path, self.text

    def follow(self, words: str) -> None:
        """Click the first link that says just this, or else one that says it among other words."""
        exact = [target for said, target in self._page.links if said == words]
        near = [target for said, target in self._page.links if words in said]
        assert exact or near, f"no link “{words}” on {self.path}: {[said for said, _ in self._page.links]}"
        self.open((exact or near)[0])

    def follow_when_there(self, words: str) -> None:
        """The same where a module answers before the link comes: look at the page again until it is there."""
        for _ in range(50):
            if any(words in said for said, _ in self._page.links):
                break
            time.sleep(0.2)
            self.open(self.path)
        self.follow(words)

    def follow_to(self, address: str) -> None:
        """Click the first link whose address fits, such as the first row of a list."""
        targets = [target for _, target in self._page.links if re.fullmatch(address, target)]
        assert targets, f"no link to {address} on {self.path}: {self._page.links}"
        self.open(targets[0])

    def send(self, action: str, **values: Any) -> None:
        """Fill in the form whose address ends so, and send it."""
        form = next((form for form in self._page.forms if form.action.endswith(action)), None)
        assert form is not None, f"no form {action} on {self.path}: {[form.action for form in self._page.forms]}"
        self._submit(form, None, values)

    def press(self, words: str, **values: Any) -> None:
        """Fill in the form with this button, and press it."""
        for form in self._page.forms:
            for button in form.buttons:
                if button.words == words:
                    self._submit(form, button, values)
                    return
        buttons = [button.words for form in self._page.forms for button in form.buttons]
        raise AssertionError(f"no button “{words}” on {self.path}: {buttons}")

    def _submit(self, form: Found, button: Button | None, values: Mapping[str, Any]) -> None:
        sent: dict[str, Any] = dict(form.values)
        if button is not None and button.name:
            sent[button.name] = button.value
        sent |= values
        files = {name: value for name, value in sent.items() if isinstance(value, tuple)}
        fields = {name: value for name, value in sent.items() if name not in files}
        if form.method == "post":
            answer = self._client.post(form.action or self.path, data=fields, files=files or None)
        else:
            answer = self._client.get(form.action or self.path, params=fields)
        self._take(answer)

    def _take(self, answer: httpx.Response) -> None:
        self._answer = answer
        self._page = PageReader()
        self._page.feed(answer.text)
        self.seen += " " + self.text
        assert answer.status_code == httpx.codes.OK, f"{answer.status_code} {self.path}: {self.text[:2000]}"


def _plain(pieces: list[str]) -> str:
    return " ".join("".join(f"{piece} " for piece in pieces).split())
