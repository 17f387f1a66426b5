"""A document as its reader works through it: files are written, commands typed, what is shown is compared.

What stands in a document, and what it means:

* a block of `sh` is typed into a terminal; the block of `text` right after it is what that shows (`…`: and so on);
* `<!-- file: PATH -->` before a block: the block is the whole of that file; `<!-- more: PATH -->`: its next part;
* `<!-- below: PATH | LINE -->`: the block comes into that file, below that line;
* `<!-- change: PATH | OLD | NEW -->`: the reader changes that in the file, as the text says;
* `<!-- keeps running -->` before a block of `sh`: it runs on, in a terminal of its own; `<!-- stop -->` ends the one
  that was started last;
* `<!-- browser: NAME -->`: a person does what the text says; the test's function of that name does the same, and every
  word the text sets in italics (in Chinese: in 「」) must be on one of the pages that it saw.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal, cast

import httpx
import msgspec
import pytest

Kind = Literal["file", "more", "below", "change", "run", "start", "stop", "browser"]

_TOKEN = re.compile(
    r"<!-- (?P<mark>file|more|below|change|browser): (?P<what>[^\n]+?) -->|<!-- (?P<bare>keeps running|stop) -->"
    r"|^```(?P<language>\w*)\n(?P<block>.*?)^```",
    re.DOTALL | re.MULTILINE,
)
NAMED = {"en": re.compile(r"(?<!\*)\*([^*\s](?:[^*]*[^*\s])?)\*(?!\*)"), "zh": re.compile("「([^」]+)」")}
_PATIENCE_SECONDS = 120


def in_both_languages(name: str, english: object, chinese: object) -> pytest.MarkDecorator:
    """A parameter with the values of both languages, the English ones marked as slow: both documents hold the same
    commands, which a test of its own makes sure of.
    """
    return pytest.mark.parametrize(
        name, [pytest.param(english, marks=pytest.mark.slow, id="en"), pytest.param(chinese, id="zh")]
    )


class Step(msgspec.Struct, frozen=True):
    """One thing the reader does. `shown`: the lines to be seen after it; `named`: words of the pages it is about."""

    kind: Kind
    what: str = ""
    text: str = ""
    shown: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def steps(document: Path) -> list[Step]:
    """Every step of a document, in order. Raises ValueError for a block of code that nobody would run or write."""
    text = document.read_text(encoding="utf-8")
    language = language_of(document)
    found: list[Step] = []
    waiting: re.Match[str] | None = None
    tokens = list(_TOKEN.finditer(text))
    for place, token in enumerate(tokens):
        if token["bare"] == "stop":
            found.append(Step(kind="stop"))
        elif token["mark"] == "change":
            found.append(Step(kind="change", what=token["what"]))
        elif token["mark"] == "browser":
            end = tokens[place + 1].start() if place + 1 < len(tokens) else len(text)
            passage = text[token.end() : end].partition("\n## ")[0]
            found.append(Step(kind="browser", what=token["what"], named=tuple(named_in(passage, language))))
        elif token["language"] is None:
            waiting = token
        else:
            found += _block(token, waiting, found)
            waiting = None
    return found


def named_in(passage: str, language: str) -> list[str]:
    """What a passage sets apart as standing on a page."""
    return [" ".join(words.split()) for words in NAMED[language].findall(passage)]


def language_of(document: Path) -> str:
    return "zh" if ".zh-CN" in document.name else "en"


def commands_and_code(document: Path) -> list[tuple[str, str, str]]:
    """What has to be the same in every language."""
    return [(step.kind, step.what, step.text) for step in steps(document)]


def _block(token: re.Match[str], mark: re.Match[str] | None, before: list[Step]) -> Iterator[Step]:
    language, block = token["language"], token["block"]
    if mark is not None and mark["mark"]:
        yield Step(kind=cast("Kind", mark["mark"]), what=mark["what"], text=block)
    elif language == "sh":
        yield Step(kind="start" if mark else "run", text=block)
    elif language == "text" and before and before[-1].kind in ("run", "start", "stop"):
        before[-1] = msgspec.structs.replace(before[-1], shown=tuple(block.splitlines()))
    else:
        raise ValueError(f"a block of {language or 'nothing'} that is neither run nor written: {block[:60]!r}")


class Terminal:
    """A shell whose folder and variables last from one block to the next."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self._environment = folder, environment
        self._state = folder / ".terminal"
        self._state.mkdir()
        self._running: list[tuple[subprocess.Popen[bytes], Path]] = []

    def write(self, name: str, text: str) -> None:
        """A file, named from the folder the reader is in."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        self.write(name, self._path(name).read_text(encoding="utf-8") + text)

    def insert(self, name: str, below: str, text: str) -> None:
        before, line, after = self._path(name).read_text(encoding="utf-8").partition(f"{below}\n")
        assert line, f"{name} has no line {below}"
        self.write(name, before + line + text + after)

    def change(self, name: str, old: str, new: str) -> None:
        before, found, after = self._path(name).read_text(encoding="utf-8").partition(old)
        assert found, f"{name} has no {old}"
        self.write(name, before + new + after)

    def run(self, commands: str) -> str:
        """Type the commands; what they show. Fails with it when one of them fails."""
        done = subprocess.run(
            ["bash", "-c", self._script(commands)],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}"
        return done.stdout

    def start(self, command: str) -> None:
        """Type a command that runs on."""
        path = self._state / f"log-{len(self._running)}"
        with path.open("wb") as log:
            process = subprocess.Popen(
                ["bash", "-c", self._script("exec " + command.strip())],
                env=self._environment | {"PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._running.append((process, path))

    def told(self) -> str:
        """What the command started last has shown so far."""
        return self._running[-1][1].read_text(encoding="utf-8")

    def wait_for(self, lines: tuple[str, ...]) -> None:
        """Wait until the command started last has shown these lines."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while missing(lines, self.told()):
            assert self._running[-1][0].poll() is None, self.told()
            assert time.monotonic() < end, f"{missing(lines, self.told())} did not come: {self.told()}"
            time.sleep(0.2)

    def stop(self) -> str:
        """Press Ctrl+C where the command started last runs; all that it has shown."""
        process, log = self._running.pop()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(60)
        return log.read_text(encoding="utf-8")

    def stop_all(self) -> None:
        while self._running:
            self.stop()

    def _script(self, commands: str) -> str:
        state = f"declare -px > '{self._state}/env'; pwd > '{self._state}/pwd'"
        folder = self._now("pwd", str(self.folder))
        known = f"source '{self._state}/env'" if (self._state / "env").exists() else ":"
        return f"{known}\ncd '{folder}'\nset -e\n{commands}\n{state}\n"

    def _path(self, name: str) -> Path:
        return Path(self._now("pwd", str(self.folder))) / name

    def _now(self, name: str, otherwise: str) -> str:
        file = self._state / name
        return file.read_text(encoding="utf-8").strip() if file.exists() else otherwise


def missing(lines: tuple[str, ...], told: str) -> str | None:
    """The first of the lines that does not come in `told` after those before it; `…` stands for anything."""
    rest = told
    for line in lines:
        if not line.strip() or line.strip() == "…":
            continue
        match = re.search(r"[^\n]*".join(re.escape(part.strip()) for part in line.split("…")), rest)
        if match is None:
            return line
        rest = rest[match.end() :]
    return None


def password_in(told: str) -> str:
    """The password that `hub modules try` shows."""
    found = re.search(r"(?:password|密码) (\S+)", told)
    assert found, told
    return found[1]


def environment(port: int, language: str, **more: str) -> dict[str, str]:
    """What a reader's terminal knows: the programs of the hub's environment, and no installation yet."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HUB_", "DATABASE_", "PYTEST_", "PYTHON", "COV_"))
    }
    programs = str(Path(sys.executable).parent)
    return kept | {"PATH": f"{programs}:{kept['PATH']}", "HUB_LANG": language, "HUB_PORT": str(port)} | more


class Reader:
    """Works through a document. `people` do what a browser is needed for, and return all they saw."""

    def __init__(
        self, document: Path, folder: Path, port: int, people: Mapping[str, Callable[[Reader], str]], **more: str
    ) -> None:
        self.document, self.port, self.people = document, port, people
        self.language = language_of(document)
        self.address = f"http://127.0.0.1:{port}"
        self.terminal = Terminal(folder, environment(port, self.language, **more))
        self.kept: dict[str, str] = {}
        """What people have to remember between two visits."""

    def say(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en

    def work_through(self) -> None:
        try:
            for step in steps(self.document):
                self._do(step)
        finally:
            self.terminal.stop_all()

    def _do(self, step: Step) -> None:
        shown = tuple(line.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}") for line in step.shown)
        if step.kind == "file":
            self.terminal.write(step.what, step.text)
        elif step.kind == "more":
            self.terminal.append(step.what, step.text)
        elif step.kind == "below":
            name, _, line = step.what.partition(" | ")
            self.terminal.insert(name, line, step.text)
        elif step.kind == "change":
            self.terminal.change(*step.what.split(" | "))
        elif step.kind == "browser":
            seen = self.people[step.what](self)
            unseen = [words for words in step.named if words not in seen]
            assert unseen == [], f"{step.what}: {unseen} is on none of the pages"
        elif step.kind == "start":
            self.terminal.start(step.text)
            if step.shown:
                self.terminal.wait_for(shown)
                self._wait_until_served()
        else:
            told = self.terminal.run(step.text) if step.kind == "run" else self.terminal.stop()
            lacking = missing(shown, told)
            assert lacking is None, f"{step.text}\n“{lacking}” is not in what it shows:\n{told}"

    def _wait_until_served(self) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                if httpx.get(f"{self.address}/healthz", timeout=5).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            assert time.monotonic() < end, self.terminal.told()
            time.sleep(0.2)
