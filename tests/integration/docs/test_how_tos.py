"""The how-to's about modules, each done from its first line to its last on a hub with the tutorial's module in it."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest
from tests.factories import CaseMade
from tests.integration.docs.test_first_module import ENGLISH as TUTORIAL
from tests.integration.docs.test_first_module import visit
from tests.integration.docs.walkthrough import (
    Reader,
    Terminal,
    commands_and_code,
    environment,
    in_both_languages,
    named_in,
    password_in,
    steps,
)
from tests.loop import Loop
from tests.policy.test_docs import ROOT
from tests.world import World

from referral_hub.cases.actions import change_profile
from referral_hub.codes import EDUCATION
from referral_hub.hub import Hub
from referral_hub.module_admin.conformance import check_module
from referral_hub.module_admin.install_actions import install_module
from referral_hub.module_admin.lifecycle_actions import approve_module, enable_module
from referral_hub.settings import Settings

FOLDER = ROOT / "docs" / "how-to"
MODULE = "hub-legal"
SCHOOL = next(iter(EDUCATION))
WHEEL = f"{MODULE}/dist/referral_hub_legal-0.1.0-py3-none-any.whl"


def document(name: str, language: str = "en") -> Path:
    return FOLDER / (f"{name}.md" if language == "en" else f"{name}.zh-CN.md")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial's module and its wheel, made by the tutorial's own commands."""
    folder = tmp_path_factory.mktemp("author")
    terminal = Terminal(folder, environment(0, "en"))
    for step in steps(TUTORIAL):
        if step.kind == "file":
            terminal.write(step.what, step.text)
        elif step.kind == "more":
            terminal.append(step.what, step.text)
        elif step.kind == "run" and ("modules new" in step.text or "pip wheel" in step.text):
            terminal.run(step.text)
        if "pip wheel" in step.text:
            break
    return folder


@pytest.fixture
def folder(written: Path, scratch: Path) -> Path:
    shutil.copytree(written / MODULE, scratch / MODULE)
    return scratch


@pytest.fixture
def in_use(hub: Hub, world: World, owner: psycopg.Connection, folder: Path) -> Loop:
    """The module installed, checked, approved and enabled; the loop with people who use it."""
    loop = Loop(hub, owner, world)
    owner.execute("DELETE FROM module")
    install_module(hub, folder / WHEEL, by=world.admin)
    assert check_module(hub, "legal", by=world.admin).passed
    with hub.transaction(world.admin) as session:
        approve_module(
            session, key="legal", reason="PIA-2026-07", assessment_reference="PIA-2026-07",
            assessment_on=date(2026, 2, 2), by=world.admin, at=hub.clock.now(),
        )  # fmt: skip
    with hub.transaction(world.admin) as session:
        enable_module(session, key="legal", reason="PIA-2026-07", by=world.admin, at=hub.clock.now())
    return loop


@pytest.fixture
def read(settings: Settings, port: int) -> Callable[..., Reader]:
    """Work through a document at that installation, beginning in `at`."""
    assert settings.database_url
    assert settings.database_app_url
    known = {
        "HUB_DATA": str(settings.data),
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "DATABASE_APP_URL": settings.database_app_url.get_secret_value(),
    }

    def work(path: Path, at: Path, people: dict[str, Callable[[Reader], str]] | None = None, **more: str) -> Reader:
        reader = Reader(path, at, port, people or {}, **known, **more)
        reader.work_through()
        return reader

    return work


NAMES = (
    "install-a-partner-module",
    "upgrade-a-module",
    "ask-for-more-data",
    "bridge-to-your-system",
    "take-a-module-out-of-use",
)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_commands_and_code(name: str) -> None:
    assert commands_and_code(document(name)) == commands_and_code(document(name, "zh"))


@in_both_languages("language", "en", "zh")
def test_a_partner_s_module_is_installed(
    hub: Hub, world: World, folder: Path, read: Callable[..., Reader], language: str
) -> None:
    reader = read(document("install-a-partner-module", language), folder / MODULE / "dist")
    assert "启用中" in reader.terminal.run("HUB_LANG=zh hub modules list | grep legal")


@pytest.mark.slow
@in_both_languages("language", "en", "zh")
def test_a_module_is_upgraded_and_brought_back(
    in_use: Loop, folder: Path, read: Callable[..., Reader], language: str
) -> None:
    reader = read(document("upgrade-a-module", language), folder / MODULE)
    events = in_use.owner.execute("SELECT reason FROM module_event WHERE key = 'legal' ORDER BY id").fetchall()
    assert [reason for (reason,) in events][-2:] == ["升级到 0.2.0", "升级到 0.1.0"]
    assert "启用中" in reader.terminal.run("HUB_LANG=zh hub modules list | grep legal")


@pytest.mark.slow
@in_both_languages("language", "en", "zh")
def test_more_data_waits_for_approval_and_for_fresh_consents(
    in_use: Loop, folder: Path, read: Callable[..., Reader], language: str
) -> None:
    loop = in_use
    offering = loop.offering("legal.advice", settings={"topics": ["wages"]})
    case = loop.case()
    loop.consent(case, offering)
    say_education(loop, case)
    read(document("ask-for-more-data", language), folder / MODULE)
    loop.hub.modules.discover()
    old = loop.send(loop.draft(case, offering).id)
    assert "education" not in loop.disclosed(old.id)
    other = loop.case(serial=2)
    say_education(loop, other)
    loop.consent(other, offering)
    new = loop.send(loop.draft(other, offering).id)
    assert loop.disclosed(new.id)["education"] == SCHOOL


def say_education(loop: Loop, case: CaseMade) -> None:
    with loop.hub.transaction(case.worker) as session:
        change_profile(session, case_id=case.id, values={"education": SCHOOL}, by=case.worker, at=loop.at)


@pytest.mark.slow
@in_both_languages("language", "en", "zh")
def test_a_module_is_taken_out_of_use_and_its_history_stays(
    in_use: Loop, folder: Path, read: Callable[..., Reader], language: str
) -> None:
    loop = in_use
    offering = loop.offering("legal.advice", settings={"topics": ["wages"]})
    _, sent = loop.sent(offering_id=offering)
    loop.deliver()
    reader = read(document("take-a-module-out-of-use", language), folder)
    assert loop.one("SELECT state FROM module WHERE key = 'legal'") == ("missing",)
    assert loop.one("SELECT kind FROM task WHERE NOT next_step AND referral_id = %s", sent.id) == ("module_gone",)
    reader.terminal.run(f"hub modules install {WHEEL}")
    assert loop.one("SELECT state FROM module WHERE key = 'legal'") == ("disabled",)
    reader.terminal.run("hub modules enable legal --reason again")


def see_the_news(reader: Reader) -> str:
    password = password_in(reader.terminal.told())
    with visit(reader, "partner", password) as partner:
        end = time.monotonic() + 120
        while True:
            partner.open("/inbox?view=serving")
            if "/inbox/" in partner.source:
                return partner.seen
            assert time.monotonic() < end, partner.text
            time.sleep(2)


@pytest.mark.slow
def test_a_bridge_is_tried_against_a_system_that_answers(scratch: Path, read: Callable[..., Reader]) -> None:
    people = {"the partner sees the news arrive": see_the_news}
    read(document("bridge-to-your-system"), scratch, people, CLONE=str(ROOT), TMPDIR=str(scratch))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_words_set_apart_are_on_the_pages_or_in_the_commands(name: str, language: str) -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for source in (ROOT / "core", ROOT / "referral_ui")
        for path in source.rglob("*")
        if path.suffix in (".py", ".po", ".html") and "static" not in path.parts
    )
    prose = re.sub(r"```.*?```", "", document(name, language).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [words for words in named_in(prose, language) if f'"{words}"' not in code] == []
