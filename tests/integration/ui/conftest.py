"""The real application on a real database, driven without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient
from tests.web import app_of
from tests.world import World

from referral_hub.access.passwords import hash_password
from referral_hub.hub import Hub

PASSWORD = "seven-birds-cross-the-river"


class Browser:
    """A browser of one person: its own cookies, and forms sent with the token of the page they came from.

    All browsers of a test share one client: an application runs once.
    """

    def __init__(self, client: TestClient[Any]) -> None:
        self._client = client
        self.cookies = httpx.Cookies()

    def get(self, path: str, *, follow: bool = False, **options: Any) -> httpx.Response:
        return self._send("GET", path, follow_redirects=follow, **options)

    def follow(self, path: str) -> httpx.Response:
        return self.get(path, follow=True)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        """Send a form. Any page of ours sets the token's cookie; one is fetched first where there is none yet."""
        if "hub_form" not in self.cookies:
            self.get("/sign-in")
        sent = {"_csrf_token": self.cookies["hub_form"], **(data or {})}
        return self.post_bare(path, sent, **options)

    def post_bare(self, path: str, data: dict[str, Any], **options: Any) -> httpx.Response:
        """Send a form as it is, without the token."""
        return self._send("POST", path, data=data, follow_redirects=False, **options)

    def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        return self.post("/sign-in", {"login": login, "password": password, "next": "/"})

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        self._client.cookies = self.cookies
        answer = self._client.request(method, path, **options)
        self.cookies = self._client.cookies
        return answer


@pytest.fixture
def app(hub: Hub) -> Any:
    return app_of(hub)


@pytest.fixture
def open_browser(app: Any) -> Iterator[Callable[[], Browser]]:
    """Makes browsers that know nothing of one another."""
    with TestClient(app=app, raise_server_exceptions=False) as client:
        yield lambda: Browser(client)


@pytest.fixture
def browser(open_browser: Callable[[], Browser]) -> Browser:
    """One that nobody has signed in with."""
    return open_browser()


@pytest.fixture
def staff(hub: Hub, world: World, owner: Any) -> World:
    """The world's people, each with the same password and no need to change it."""
    owner.execute("UPDATE account SET password_hash = %s, must_change_password = false", [hash_password(PASSWORD)])
    return world


@pytest.fixture
def signed_in_as(staff: World, open_browser: Callable[[], Browser]) -> Callable[[str], Browser]:
    """`signed_in_as("worker")`: a browser in which that account of `tests.world` is signed in."""

    def make(login: str) -> Browser:
        made = open_browser()
        answer = made.sign_in(login)
        assert answer.status_code == 303, answer.text
        return made

    return make
