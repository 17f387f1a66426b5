"""What the documentation says is so: the reference is the code's own, links lead somewhere, commands can be typed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
from tests.reference.pages import FOLDER, PAGES, WRITTEN, render_all

from referral_hub.cli.group import hub
from referral_hub.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
# The same document in two languages says the same commands.
TRANSLATED = sorted(path for path in DOCUMENTS if path.name.endswith(".zh-CN.md"))
MAX_PICTURE_BYTES = 500_000

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_TESTED = re.compile(r"<!-- tested -->\n+```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
_HERE_DOCUMENT = re.compile(r"<<'(\w+)'\n.*?^\1$", re.DOTALL | re.MULTILINE)
_VARIABLE = re.compile(r"\b(?:HUB|DATABASE)_[A-Z_]+\b")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def commands(path: Path) -> Iterator[list[str]]:
    """The command lines of a document's `sh` blocks, without `sudo` and variables before and comments behind."""
    for language, block in _FENCE.findall(text_of(path)):
        if language != "sh":
            continue
        for line in _HERE_DOCUMENT.sub("", block).replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            while words and (words[0] in ("sudo", "exec") or re.fullmatch(r"[A-Z_]+=.*", words[0])):
                words = words[3:] if words[:2] == ["sudo", "-u"] else words[1:]
            if words:
                yield words


def test_the_reference_is_what_the_code_says() -> None:
    rendered = render_all()
    assert set(PAGES) < set(rendered)
    stale = [name for name, text in rendered.items() if text_of(FOLDER / name) != text]
    assert stale == [], "run `make reference`"
    assert {path.name for path in FOLDER.iterdir()} == rendered.keys() | WRITTEN.keys()


def test_every_setting_says_what_it_does() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for target in _LINK.findall(_FENCE.sub("", text_of(path))):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = unquote(target).partition("#")
        found = (path.parent / place).resolve() if place else path
        assert found.exists(), target
        if anchor:
            assert anchor in _anchors(found), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_commands_can_be_typed_as_written(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    for words in commands(path):
        if words[0] == "make":
            assert {word for word in words[1:] if "=" not in word} <= targets, words
        elif Path(words[0]).name in ("hub", "referral-hub"):
            _parse(hub, words[1:])


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_variables_that_are_named_exist(path: Path) -> None:
    known = {f"HUB_{name.upper()}" for name in Settings.model_fields if not name.startswith("database_")}
    known |= {"DATABASE_URL", "DATABASE_APP_URL", "HUB_TEST_DATABASE_URL"}
    assert set(_VARIABLE.findall(text_of(path))) <= known


@pytest.mark.parametrize("path", TRANSLATED, ids=name_of)
def test_both_languages_give_the_same_commands(path: Path) -> None:
    english = path.with_name(path.name.replace(".zh-CN", ""))
    assert [words[:3] for words in commands(path)] == [words[:3] for words in commands(english)]


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
    while waiting:
        path = waiting.pop()
        if path in reached or path.suffix != ".md":
            continue
        reached.add(path)
        links = [link.partition("#")[0] for link in _LINK.findall(text_of(path)) if ":" not in link]
        waiting += [path.parent / link for link in links if link]
        waiting = [(place / "README.md" if place.is_dir() else place).resolve() for place in waiting]
    assert [name_of(path) for path in DOCUMENTS if path not in reached] == []


def test_pictures_are_small_and_shown() -> None:
    shown = "".join(text_of(path) for path in DOCUMENTS)
    for picture in (ROOT / "docs" / "images").rglob("*.*"):
        assert picture.stat().st_size < MAX_PICTURE_BYTES, picture.name
        assert picture.name in shown, f"{picture.name} is shown nowhere"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=() if path.stem == "load-working-days" else pytest.mark.slow)
        for path in DOCUMENTS
        if _TESTED.search(text_of(path))
    ],
    ids=name_of,
)
def test_commands_marked_as_tested_do_what_they_say(path: Path, tmp_path: Path) -> None:
    """All marked blocks of one document, in order, in one shell and an empty folder, on the embedded database."""
    script = "\n".join(["set -eu", *_TESTED.findall(text_of(path))])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DATABASE_"))}
    programs = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=kept | {"PATH": f"{programs}:{kept['PATH']}", "HUB_LANG": "en"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _parse(command: click.Command, words: list[str]) -> None:
    """Raise click's `UsageError` for a command, option or choice that does not exist."""
    context = click.Context(command, info_name="hub", resilient_parsing=True)
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, child, rest = command.resolve_command(context, words)
        assert child is not None, name
        _parse(child, rest)
        return
    command.make_parser(click.Context(command)).parse_args(list(words))


def _anchors(path: Path) -> set[str]:
    """The anchors GitHub and its like give to headings."""
    found = set()
    for heading in _HEADING.findall(_FENCE.sub("", text_of(path))):
        plain = re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading).strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found
