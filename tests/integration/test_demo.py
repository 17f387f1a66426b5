from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import httpx
import pytest
from litestar.testing import TestClient
from tests.integration.pages.test_civil_figures import EVERY_TABLE, words_of
from tests.integration.ui.conftest import Browser
from tests.loop import keys_of
from tests.web import app_of
from tests.words_of_pages import faults_in, pages_of

from referral_hub.demo.seed import SHOWN
from referral_hub.demo.story import ENDINGS
from referral_hub.hub import open_hub
from referral_hub.settings import Settings
from referral_hub.storage.embedded import EmbeddedServer
from referral_hub.storage.engine import connect_owner
from referral_hub.tasks.standing import standing_still

PASSWORD = "open sesame"
HUB = [sys.executable, "-c", "from referral_hub.cli import main; main()"]

# What people entered, in the language of their choice: names, titles, logins, an answer that is no code.
TYPED_NAMES: LiteralString = """
    SELECT name FROM organisation UNION SELECT short_name FROM organisation UNION SELECT name FROM account
    UNION SELECT login FROM account UNION SELECT title FROM offering UNION SELECT title FROM contract
    UNION SELECT label FROM place UNION SELECT group_label FROM place WHERE group_label <> ''
    UNION SELECT by_name FROM module_event UNION SELECT key FROM module
    UNION SELECT distribution FROM module WHERE distribution IS NOT NULL
    UNION VALUES ('工作日白天'), ('随时')
"""


def environment(data: Path, port: int, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DATABASE_"))}
    return kept | {"HUB_DATA": str(data), "HUB_PORT": str(port), "HUB_LANG": "en"} | more


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A demonstration's data folder, made once by the command: living through half a year takes most of a minute."""
    data = tmp_path_factory.mktemp("demo") / "演示 data"
    env = environment(data, 1, HUB_DEMO_PASSWORD=PASSWORD)
    done = subprocess.run([*HUB, "demo", "--no-serve"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert PASSWORD in done.stdout
    yield data
    shutil.rmtree(data)


@pytest.fixture
def server(seeded: Path) -> Iterator[EmbeddedServer]:
    """Its database server, at work."""
    server = EmbeddedServer(seeded / "postgres", seeded / "secrets.json")
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
def test_the_demo_district_has_half_a_year_of_every_state(server: EmbeddedServer) -> None:
    with connect_owner(server.owner_url()) as owner:

        def count(query: LiteralString) -> int:
            row = owner.execute(query).fetchone()
            assert row is not None
            return int(row[0])

        assert count("SELECT count(*) FROM client_case") == 60
        assert count("SELECT count(*) FROM organisation") == 12
        assert count("SELECT count(*) FROM offering") == 25
        assert count("SELECT count(*) FROM referral") == sum(ENDINGS.values()) == 150
        states: dict[str, int] = dict(owner.execute("SELECT state, count(*) FROM referral GROUP BY 1").fetchall())
        assert set(states) == set(ENDINGS)
        modules = owner.execute("SELECT DISTINCT module_key FROM referral").fetchall()
        assert {key for (key,) in modules} == {"employment", "living", "counselling", "house"}
        assert count("SELECT count(DISTINCT date_trunc('month', sent_at)) FROM referral") >= 6
        assert count("SELECT count(*) FROM assistance_entry") > 12
        # What a module sends back, as where someone has had such aid already, is fixed and sent again.
        assert (
            count(
                "SELECT count(*) FROM form_entry e WHERE state <> 'applied' AND NOT EXISTS ("
                "SELECT FROM form_entry later WHERE later.referral_id = e.referral_id AND later.form = e.form"
                " AND later.id > e.id AND later.state = 'applied')"
            )
            == 0
        )
        assert count("SELECT count(*) FROM referral WHERE overdue_since IS NOT NULL AND state = 'received'") > 0
        assert standing_still(owner) is None
        logins = {login for (login,) in owner.execute("SELECT login FROM account").fetchall()}
        assert set(SHOWN) <= logins


@pytest.mark.slow
def test_nobody_of_the_demonstration_can_be_found_in_the_pages_of_civil_affairs(
    seeded: Path, server: EmbeddedServer
) -> None:
    hub = open_hub(Settings(data=seeded, demo=True))
    with connect_owner(server.owner_url()) as owner:
        people = owner.execute("SELECT id, name, id_number, phone FROM person").fetchall()
    assert len(people) == 60
    secrets = {
        keys_of(hub).decrypt(blob, f"person.{field}:{key}")
        for key, *sealed in people
        for field, blob in zip(("name", "id_number", "phone"), sealed, strict=True)
        if blob is not None
    }
    assert len(secrets) > 150
    with TestClient(app=app_of(hub), raise_server_exceptions=False) as client:
        civil = Browser(client)
        assert civil.sign_in("civil", PASSWORD).status_code == 303
        for path in ["/assistance?lang=zh", "/assistance?lang=en", "/ledger", *EVERY_TABLE]:
            page = civil.get(path)
            assert page.status_code == 200, path
            text = words_of(page.text)
            assert not [secret for secret in secrets if secret in text], path
    hub.close()


@pytest.mark.slow
def test_no_page_of_any_role_shows_a_code_or_a_word_of_the_other_language(seeded: Path, server: EmbeddedServer) -> None:
    hub = open_hub(Settings(data=seeded, demo=True))
    with connect_owner(server.owner_url()) as owner:
        typed = frozenset(name for (name,) in owner.execute(TYPED_NAMES).fetchall())
    faults = set[str]()
    with TestClient(app=app_of(hub), raise_server_exceptions=False) as client:
        for login in SHOWN:
            for language in ("zh", "en"):
                browser = Browser(client)
                assert browser.sign_in(login, PASSWORD).status_code == 303
                pages = dict(pages_of(browser, language))
                assert len(pages) > 5, login
                for path, page in pages.items():
                    # The administrator is shown the folder, whose name is of this test.
                    said = page.replace(str(seeded), "")
                    faults |= {f"{login} {path}: {fault}" for fault in faults_in(said, language, typed)}
    hub.close()
    assert sorted(faults) == []


@pytest.mark.slow
def test_the_second_run_serves_at_once_and_its_accounts_sign_in(seeded: Path, port: int) -> None:
    with subprocess.Popen([*HUB, "demo"], env=environment(seeded, port), stdout=subprocess.PIPE, text=True) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz")
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True) as browser:
                page = browser.get("/").text
                token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
                assert token, page
                sent = {"_csrf_token": token[1], "login": "worker", "password": PASSWORD}
                answer = browser.post("/sign-in", data=sent)
                assert "林晓岚" in answer.text
        finally:
            process.send_signal(signal.SIGINT)
            told = process.communicate(timeout=30)[0]
    assert f"http://127.0.0.1:{port}/" in told
    assert "partner-house" in told
    assert "fictitious district" not in told
    assert process.returncode == 0
    assert not EmbeddedServer(seeded / "postgres", seeded / "secrets.json").is_running()


@pytest.mark.slow
def test_workers_do_not_outlive_a_server_that_was_killed(seeded: Path, port: int) -> None:
    env = environment(seeded, port, HUB_WORKERS="2")
    with subprocess.Popen([*HUB, "serve"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _wait_for(f"http://127.0.0.1:{port}/healthz")
        process.kill()
    _wait_until_refused(port)
    # The database it left behind is found again, and stopped by whoever uses it last.
    server = EmbeddedServer(seeded / "postgres", seeded / "secrets.json")
    until = time.monotonic() + 60
    server.start()
    server.stop()
    while server.is_running():
        # A worker that is only just ending uses it still.
        assert time.monotonic() < until
        time.sleep(0.2)
        server.start()
        server.stop()


def test_without_any_module_it_says_what_to_install(tmp_path: Path, port: int) -> None:
    env = environment(tmp_path / "data", port, HUB_SAFE_MODE="1")
    done = subprocess.run([*HUB, "demo", "--no-serve"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "referral-hub[modules]" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_real_installation_is_never_touched(settings: Settings, port: int) -> None:
    for arguments in (["demo"], ["demo", "--reset"]):
        refused = subprocess.run(
            [*HUB, *arguments], env=environment(settings.data, port), capture_output=True, text=True, check=False
        )
        assert refused.returncode == 1
        assert "real installation" in refused.stderr
    assert settings.keys_file.exists()


def test_a_port_that_is_taken_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        env = environment(tmp_path / "data", taken.getsockname()[1])
        refused = subprocess.run([*HUB, "demo"], env=env, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "Try another port" in refused.stderr
    assert not (tmp_path / "data").exists()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        try:
            if httpx.get(address).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"{address} did not answer")


def _wait_until_refused(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)
    pytest.fail(f"port {port} is still served")
