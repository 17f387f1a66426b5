"""`hub modules try` shows an author's module at work, follows its files, tells mistakes, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.integration.modules.wheels import write_wheel

from referral_hub.scaffold.generate import plan_module, write_module


class Trial:
    """A module on disk, the command at work on it, and a browser signed in as its provider."""

    def __init__(self, folder: Path, log: Path, address: str) -> None:
        self.manifest = folder / "hub_legal" / "hub-module.toml"
        self.code = folder / "hub_legal" / "__init__.py"
        self.browser = httpx.Client(base_url=address, follow_redirects=True, timeout=30)
        self._log = log
        self._read = 0

    def told(self) -> str:
        """What the command has said since the last time it was waited for."""
        return self._log.read_text(encoding="utf-8")[self._read :]

    def wait_for(self, *words: str, seconds: float = 120) -> str:
        end = time.monotonic() + seconds
        while not all(word in self.told() for word in words):
            assert time.monotonic() < end, f"{words} did not come: {self.told()}"
            time.sleep(0.2)
        told = self.told()
        self._read += len(told)
        return told

    def change(self, file: Path, before: str, after: str) -> None:
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")

    def sign_in(self, password: str) -> None:
        self.post("/", "/sign-in", login="partner", password=password)

    def post(self, page: str, action: str, **values: str) -> str:
        """Send the form of a page, as a browser without JavaScript does."""
        text = self.browser.get(page).text
        form = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>.*?</form>', text, re.DOTALL)
        tags = [
            dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall("<input[^>]*>", form[0] if form else text)
        ]
        filled = {tag["name"]: tag["value"] for tag in tags if tag.get("value") and "name" in tag}
        answered = self.browser.post(action, data={**filled, **values})
        assert "problem-summary" not in answered.text, answered.text
        return answered.text

    def referrals(self, view: str) -> list[str]:
        return sorted(set(re.findall(r'href="(/inbox/[0-9a-f-]{36})"', self.browser.get(f"/inbox?view={view}").text)))


@pytest.fixture
def port() -> int:
    """One that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A temporary folder whose name is short enough for the database's socket in it."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def try_module(tmp_path: Path, scratch: Path, port: int) -> Callable[..., object]:
    @contextmanager
    def run(folder: Path, *words: str) -> Iterator[Trial]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DATABASE_"))}
        log = tmp_path / "log"
        with (
            log.open("wb") as told,
            subprocess.Popen(
                [sys.executable, "-m", "referral_hub", "modules", "try", folder, "--port", str(port), *words],
                env=kept | {"HUB_LANG": "en", "TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"},
                stdout=told,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            trial = Trial(folder, log, f"http://127.0.0.1:{port}")
            try:
                yield trial
            finally:
                trial.browser.close()
                process.send_signal(signal.SIGTERM)
                ended = process.wait(40)
        assert ended == 0, log.read_text()

    return run


@pytest.mark.slow
def test_an_author_sees_the_module_in_a_browser_with_its_changes_and_mistakes(
    tmp_path: Path, scratch: Path, try_module: Callable[..., object]
) -> None:
    folder = tmp_path / "hub-legal"
    write_module(plan_module("法律援助", ["legal.advice=法律咨询"]), folder)
    links = tmp_path / "links"
    write_wheel(links, "tiny_words", {"tiny_words.py": "COURT = '法院'\n"})
    with try_module(folder, "--find-links", str(links)) as trial:  # type: ignore[attr-defined]
        _follow(trial, folder)
    assert list(scratch.glob("hub-try-*")) == []


def _follow(trial: Trial, folder: Path) -> None:
    password = re.search(r"password (\S+)", trial.wait_for("partner"))
    assert password
    trial.sign_in(password[1])
    assert "法律咨询" in trial.browser.get("/").text
    assert [len(trial.referrals(view)) for view in ("answer", "serving", "ended")] == [3, 2, 1]

    trial.change(trial.manifest, "法律咨询", "法律服务")
    trial.wait_for("Files changed; reloaded")
    assert "法律服务" in trial.browser.get("/").text

    # A mistake in the manifest, in the syntax, when imported: each named with its line, and fixed.
    trial.change(trial.manifest, 'state = "completed"', 'state = "complete"')
    line = _line(trial.manifest, 'state = "complete"')
    assert f"hub_legal/hub-module.toml:{line}" in trial.wait_for("Fix it")
    assert "法律服务" in trial.browser.get("/").text
    trial.change(trial.manifest, 'state = "complete"', 'state = "completed"')
    trial.wait_for("Files changed; reloaded")
    trial.change(trial.code, "COMPLETED = frozenset({", "COMPLETED = frozenset(({")
    assert f"hub_legal/__init__.py:{_line(trial.code, 'COMPLETED =')}" in trial.wait_for("Fix it")
    trial.change(trial.code, "COMPLETED = frozenset(({", "COMPLETED = frozenst({")
    said = trial.wait_for("Fix it")
    assert f"hub_legal/__init__.py:{_line(trial.code, 'COMPLETED =')}" in said
    assert "NameError" in said

    # A mistake that shows only when a form is filled in; the form is not lost and is taken once it is fixed.
    trial.change(trial.code, "COMPLETED = frozenst({", "COMPLETED = frozenset({")
    trial.wait_for("Files changed; reloaded")
    trial.change(trial.code, 'if entry.form == "close":', 'if entry.fom == "close":')
    trial.wait_for("Files changed; reloaded")
    accepted = next(
        place for place in trial.referrals("serving") if f"{place}/forms/first_meeting" in trial.browser.get(place).text
    )
    form = f"{accepted}/forms/first_meeting"
    trial.post(form, form, notes="下周再谈")
    said = trial.wait_for("An error in the module's code", "AttributeError")
    assert f"hub_legal/__init__.py:{_line(trial.code, 'entry.fom')}" in said
    trial.change(trial.code, 'if entry.fom == "close":', 'if entry.form == "close":')
    trial.wait_for("Files changed; reloaded")
    _until(lambda: f"{accepted}/forms/visit" in trial.browser.get(accepted).text)

    # What it needs comes into its own folder, and not without being allowed to.
    trial.change(folder / "pyproject.toml", "dependencies = []", 'dependencies = ["tiny-other", "tiny-words"]')
    assert "tiny-other" in trial.wait_for("Fix it")
    trial.change(folder / "pyproject.toml", '"tiny-other", ', "")
    trial.change(trial.code, "from decimal import Decimal", "from decimal import Decimal\n\nimport tiny_words")
    trial.wait_for("Files changed; reloaded")
    with pytest.raises(ModuleNotFoundError):
        __import__("tiny_words")


def test_a_fund_has_money_and_a_trial_begins_once_the_first_error_is_fixed(
    tmp_path: Path, try_module: Callable[..., object]
) -> None:
    folder = tmp_path / "hub-legal"
    write_module(plan_module("法律援助", ["legal.advice=法律咨询"]), folder)
    manifest, code = folder / "hub_legal" / "hub-module.toml", folder / "hub_legal" / "__init__.py"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('capacity = "open"', 'capacity = "money"'), encoding="utf-8")
    answer = 'return Receipt(decision="person")'
    richer = 'funds = referral.offering.attributes["funds"]\n    ' + answer.replace(
        '"person"', '"accepted" if funds and all(fund["left_fen"] > 0 for fund in funds) else "person"'
    )
    code.write_text(code.read_text(encoding="utf-8").replace(answer, richer), encoding="utf-8")
    with try_module(folder) as trial:  # type: ignore[attr-defined]
        assert "hub_legal/hub-module.toml:" in trial.wait_for("Fix it")
        trial.change(manifest, 'capacity = "money"', 'capacity = "fund"')
        password = re.search(r"password (\S+)", trial.wait_for("partner"))
        assert password
        trial.sign_in(password[1])
        assert [len(trial.referrals(view)) for view in ("answer", "serving", "ended")] == [0, 5, 1]


def _line(file: Path, words: str) -> int:
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if words in line)


def _until(seen: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.3)
