"""A document as its reader works through it: files are written, commands typed, what is shown is compared.

What stands in a document, and what it means:

* a block of `sh` is typed into a terminal; the block of `text` right after it is what that shows (`…`: and so on);
* `<!-- file: PATH -->` before a block: the block is the whole of that file; `<!-- more: PATH -->`: its next part;
* `<!-- keeps running -->` before a block of `sh`: it runs on, in a terminal of its own, until `<!-- stop -->`;
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
from typing import Literal

import httpx
import msgspec

Kind = Literal["file", "more", "run", "start", "stop", "browser"]

_TOKEN = re.compile(
    r"<!-- (?P<mark>file|more|browser): (?P<what>[^\n]+?) -->|<!-- (?P<bare>keeps running|stop) -->"
    r"|^```(?P<language>\w*)\n(?P<block>.*?)^```",
    re.DOTALL | re.MULTILINE,
)
_NAMED = {"en": re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)"), "zh": re.compile("「([^」]+)」")}
_PATIENCE_SECONDS = 120


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
        elif token["mark"] == "browser":
            end = tokens[place + 1].start() if place + 1 < len(tokens) else len(text)
            passage = text[token.end() : end].partition("\n## ")[0]
            found.append(Step(kind="browser", what=token["what"], named=tuple(_NAMED[language].findall(passage))))
        elif token["language"] is None:
            waiting = token
        else:
            found += _block(token, waiting, found)
            waiting = None
    return found


def language_of(document: Path) -> str:
    return "zh" if ".zh-CN" in document.name else "en"


def commands_and_code(document: Path) -> list[tuple[str, str, str]]:
    """What has to be the same in every language."""
    return [(step.kind, step.what, step.text) for step in steps(document)]


def _block(token: re.Match[str], mark: re.Match[str] | None, before: list[Step]) -> Iterator[Step]:
    language, block = token["language"], token["block"]
    if mark is not None and mark["mark"]:
        yield Step(kind="file" if mark["mark"] == "file" else "more", what=mark["what"], text=block)
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
        self._running: subprocess.Popen[bytes] | None = None
        self._log = self._state / "log"

    def write(self, name: str, text: str, *, more: bool = False) -> None:
        """A file, named from the folder the reader is in."""
        path = Path(self._now("pwd", str(self.folder))) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text(encoding="utf-8") if more else "") + text, encoding="utf-8")

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
        with self._log.open("wb") as log:
            self._running = subprocess.Popen(
                ["bash", "-c", self._script("exec " + command.strip())],
                env=self._environment | {"PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def told(self) -> str:
        """What the running command has shown so far."""
        return self._log.read_text(encoding="utf-8")

    def wait_for(self, lines: tuple[str, ...]) -> str:
        """Wait until the running command has shown these lines."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while missing(lines, self.told()):
            assert self._running is not None
            assert self._running.poll() is None, self.told()
            assert time.monotonic() < end, f"{missing(lines, self.told())} did not come: {self.told()}"
            time.sleep(0.2)
        return self.told()

    def stop(self) -> str:
        """Press Ctrl+C; all that was shown."""
        if self._running is None:
            return ""
        process, self._running = self._running, None
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        code = process.wait(60)
        assert code == 0, f"ended with {code}: {self.told()}"
        return self.told()

    def _script(self, commands: str) -> str:
        state = f"declare -px > '{self._state}/env'; pwd > '{self._state}/pwd'"
        folder = self._now("pwd", str(self.folder))
        known = f"source '{self._state}/env'" if (self._state / "env").exists() else ":"
        return f"{known}\ncd '{folder}'\nset -e\n{commands}\n{state}\n"

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
            self.terminal.stop()

    def _do(self, step: Step) -> None:
        shown = tuple(line.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}") for line in step.shown)
        if step.kind in ("file", "more"):
            self.terminal.write(step.what, step.text, more=step.kind == "more")
        elif step.kind == "browser":
            seen = self.people[step.what](self)
            unseen = [words for words in step.named if words not in seen]
            assert unseen == [], f"{step.what}: {unseen} is on none of the pages"
        elif step.kind == "start":
            self.terminal.start(step.text)
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
