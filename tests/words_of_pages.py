"""What a reader must not meet on a page: a code, a sentence of the other language, a sentence left untranslated."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.pofile import read_po
from tests.integration.ui.conftest import Browser

ROOT = Path(__file__).parents[1]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CODE = re.compile(r"(?<![\w./@-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w.@-])")
ENGLISH = re.compile(r"[A-Za-z][a-z]+(?:[ -][A-Za-z]?[a-z]+)+|\b[a-z]{3,}\b")
_LINK = re.compile(r'href="(/[^"#]*)')
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<==)[^&]+")
_ELSEWHERE = ("/static/", "/sign-", "/language", "/api/", "/healthz")
_PATH = re.compile(r"[./]\S+|\bhub [a-z]+")
TECHNICAL = frozenset({"wheel", "zip", "postgres", "referral-hub"})
"""Names that a Chinese sentence writes as they are."""
_SILENT = frozenset({"script", "style", "svg", "code", "pre"})
_SPOKEN = ("title", "aria-label", "placeholder", "alt", "data-name")
PAGES_OF_A_KIND = 3
# Each state and each service has its own words.
MANY_OF_A_KIND = {"/referrals/-": 15, "/inbox/-": 15, "/cases/-": 6}


class _Reader(HTMLParser):
    """The texts of a page in order: of elements, and of the attributes that are read out or shown."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0
        self._spoken = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self._silent += tag in _SILENT
        # What says that it is in another language is written so on purpose.
        self._spoken = not (tag != "html" and named.get("lang"))
        self.texts += [value for name in _SPOKEN if (value := named.get(name))]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT
        self._spoken = True

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not self._silent and self._spoken:
            self.texts.append(text)


def texts_of(page: str) -> list[str]:
    reader = _Reader()
    reader.feed(page)
    return reader.texts


def pages_of(browser: Browser, language: str, *starts: str) -> Iterator[tuple[str, str]]:
    """Every kind of page that links lead to, a few of each kind: the address and what it says."""
    waiting, seen, kinds = [f"/account?lang={language}", "/", *starts], set[str](), Counter[str]()
    while waiting:
        path = waiting.pop(0)
        kind = _ID.sub("-", path)
        if path in seen or path.startswith(_ELSEWHERE) or kinds[kind] >= MANY_OF_A_KIND.get(kind, PAGES_OF_A_KIND):
            continue
        seen.add(path)
        kinds[kind] += 1
        answer = browser.follow(path)
        assert answer.status_code == 200, (path, answer.status_code)
        if answer.headers["content-type"].startswith("text/html"):
            yield path, answer.text
            links = (unescape(link) for link in _LINK.findall(answer.text))
            waiting += [link for link in links if "lang=" not in link]


@cache
def own_words() -> tuple[frozenset[str], frozenset[str]]:
    """All that the hub itself says, in Chinese and in English: catalogue, labels, manifests."""
    zh, en = set[str](), set[str]()
    for path in sorted(ROOT.glob("referral_ui/referral_ui/locale/en/*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="en"):
                zh |= {message.id} if isinstance(message.id, str) else set(message.id)
                en |= {message.string} if isinstance(message.string, str) else set(message.string or ())
    for path in (*ROOT.glob("core/referral_hub/**/*.py"), *ROOT.glob("referral_ui/referral_ui/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for keyword in node.keywords:
                    if keyword.arg in ("zh", "en") and isinstance(keyword.value, ast.Constant):
                        (zh if keyword.arg == "zh" else en).add(str(keyword.value.value))
    for path in ROOT.glob("plugins/*/hub_*/hub-module.toml"):
        for pair in _labels(tomllib.loads(path.read_text(encoding="utf-8"))):
            zh.add(pair["zh"])
            en.add(pair["en"])
    both = {word for word in zh if not CHINESE.search(word)}
    return frozenset(zh - both - {""}), frozenset(en - both - {""})


def _labels(value: object) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if set(value) == {"zh", "en"}:
            yield value
        for part in value.values():
            yield from _labels(part)
    elif isinstance(value, list):
        for part in value:
            yield from _labels(part)


def faults_in(page: str, language: str, typed: frozenset[str]) -> Iterator[str]:
    """What should not be there. `typed` are names and titles that people entered in the language they chose."""
    zh, en = own_words()
    for text in texts_of(page):
        for code in CODE.findall(text):
            yield f"code: {code} in {text[:80]}"
        parts = {part.strip() for part in re.split(r"[·：:;；,，“”/]|\s{2,}", text)} | {text}
        for part in parts - typed:
            if language == "en" and part in zh:
                yield f"untranslated: {part}"
            if language == "zh" and part in en and re.search("[A-Za-z]{3}", part):
                yield f"English: {part}"
        if language == "zh":
            rest = _PATH.sub("", text)
            for one in sorted(filter(str.isascii, typed), key=len, reverse=True):
                rest = re.sub(rf"(?<![A-Za-z-]){re.escape(one)}(?![A-Za-z-])", "", rest)
            for found in ENGLISH.findall(rest):
                if found not in TECHNICAL:
                    yield f"English word: {found} in {text[:100]}"
