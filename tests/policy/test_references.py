"""What code and documents cite exists in this repository: rules, documents, files, modules, decisions, tests."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.policy.test_code import tracked

from referral_hub.audit.catalogue import ACTIONS

ROOT = Path(__file__).parents[2]
RULES = ROOT / "docs/explanation/rules.md"
ARCHITECTURE = ROOT / "docs/explanation/architecture.md"
GLOSSARY = ROOT / "docs/reference/glossary.md"
# Where a dotted name begins, and the folder that holds its package.
SOURCES = {
    "referral_hub": ROOT / "core",
    "referral_ui": ROOT / "referral_ui",
    "tests": ROOT,
    **{path.name: path.parent for path in (ROOT / "plugins").glob("*/hub_*")},
}
WRITTEN = re.compile(r"\.(?:py|md|sql|toml|html|po|j2|css|js|svg|mako)$|(?:^|/)Makefile$")

# Plans, reviews and lists of complaints that were never part of the repository.
_OUTSIDE = re.compile(r"(?i:\bdesign §)|\b[Cc]omplaint [A-Z]\b")
_RULE = re.compile(r"\bR(\d{1,3})\b")
_RANGE = re.compile(r"\bR(\d{1,3})[-–]R?(\d{1,3})\b")
_DOCUMENT = re.compile(r"(?<![\w/*.-])[\w-]+(?:\.zh-CN)?\.md\b")
_PATH = re.compile(r"(?<![\w/.${}-])(?:core|referral_ui|plugins|tests|docs)/[\w./*-]*[\w*]")
_DECISION = re.compile(r"\bdecision (\d{4})\b")
_TEST = re.compile(r"((?:tests|plugins)/[\w./-]+\.py)::(\w+)(?:::(\w+))?")
_DOTTED = re.compile(r"(?<![\w./@-])(?:referral_hub|referral_ui)(?:\.(?!__)\w+)+")
_SHORT = re.compile(r"`([a-z_]\w*(?:\.\w+)+)(?:\(\))?`")
_FILE_ENDING = re.compile(r"json|dump|toml|md|sql|xlsx|csv|po|html")
_FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_SECTION = re.compile(r"^### R(\d+)\n(.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
_LAYER = re.compile(r"^  (\w+(?: \| \w+)*)(?:  .*)?$", re.MULTILINE)
_TERM = re.compile(r"^\|(?:[^|]*\|){2}([^|]*)\|$", re.MULTILINE)
_INDEX = re.compile(r"^\| \[R(\d+)\]\(#r\1\) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def rules() -> dict[int, str]:
    return {int(number): text for number, text in _SECTION.findall(RULES.read_text(encoding="utf-8"))}


RULE_NUMBERS = frozenset(rules())


def written_files() -> list[str]:
    """All but this file, whose examples cite nothing on purpose."""
    return [name for name in tracked() if WRITTEN.search(name) and ROOT / name != Path(__file__)]


def faults_in(name: str, text: str) -> list[str]:
    """What the file `name` cites and does not exist, as `line: citation`."""
    if name.endswith(".md"):
        text = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)
    found = [*_missing(text), *_missing_names(name, text)]
    return [f"{name}:{text.count(chr(10), 0, at) + 1}: {cited}" for at, cited in sorted(set(found))]


def _missing(text: str) -> Iterator[tuple[int, str]]:
    for pattern, exists in _CITATIONS:
        for match in pattern.finditer(text):
            if not exists(match):
                yield match.start(), match[0]


def _missing_names(name: str, text: str) -> Iterator[tuple[int, str]]:
    """Names in backticks that begin like one of our packages, or like a file beside this one, and lead nowhere."""
    for at, part in _prose(name, text):
        for match in _SHORT.finditer(part):
            if _claims_to_exist(match[1], name) and not _is_found(match[1], name):
                yield at + match.start(), match[0]


def _prose(name: str, text: str) -> Iterator[tuple[int, str]]:
    """The parts of a file that people read as text, each with where it begins: a document, comments, docstrings."""
    if name.endswith(".md"):
        yield 0, text
    elif name.endswith(".py"):
        starts = [0]
        for line in text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in (tokenize.COMMENT, tokenize.STRING):
                yield starts[token.start[0] - 1] + token.start[1], token.string


def _claims_to_exist(dotted: str, name: str) -> bool:
    first, _, last = dotted.partition(".")
    if first in SOURCES:
        return True
    hub = SOURCES["referral_hub"] / "referral_hub"
    if _FILE_ENDING.fullmatch(last):
        return False
    if name.endswith(".md"):
        # A document also speaks of the variables of its examples.
        return (hub / first).is_dir()
    folders = (hub, (ROOT / name).parent)
    return any((folder / first).is_dir() or (folder / f"{first}.py").is_file() for folder in folders)


def _is_found(dotted: str, name: str) -> bool:
    if dotted in ACTIONS or dotted in _basenames():
        return True
    package = _package_of(name)
    return any(_resolves(f"{base}.{dotted}" if base else dotted) for base in ("", "referral_hub", package))


def _package_of(name: str) -> str:
    for first, folder in SOURCES.items():
        inside = folder.relative_to(ROOT).as_posix()
        base = f"{inside}/{first}/" if inside != "." else f"{first}/"
        if name.startswith(base):
            return ".".join((first, *Path(name.removeprefix(base)).parts[:-1]))
    return ""


def _resolves(dotted: str) -> bool:
    """Whether the name is a package or module of ours, or something that one of them defines."""
    first, *rest = dotted.split(".")
    if first not in SOURCES:
        return False
    place = SOURCES[first] / first
    while rest and (place / rest[0]).is_dir():
        place /= rest.pop(0)
    if rest and (place / f"{rest[0]}.py").is_file():
        place /= f"{rest.pop(0)}.py"
    elif place.is_dir():
        place /= "__init__.py"
    return not rest or _names_of(place).issuperset(rest)


@cache
def _names_of(path: Path) -> frozenset[str]:
    """What a module defines or imports, and what its classes hold."""
    if not path.is_file():
        return frozenset()
    found: set[str] = set()
    waiting: list[ast.stmt] = list(ast.parse(path.read_text(encoding="utf-8")).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
            waiting += node.body if isinstance(node, ast.ClassDef) else []
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.If):
            waiting += node.body
    return frozenset(found)


@cache
def _basenames() -> frozenset[str]:
    return frozenset(Path(name).name for name in tracked())


def _is_path(cited: str) -> bool:
    if "*" in cited:
        return bool(list(ROOT.glob(cited)))
    if cited in _made():
        return True
    # Ours are in folders by kind; `tests/test_contract.py` is a file that a module's author has or writes.
    return (ROOT / cited).exists() or re.fullmatch(r"tests/\w+\.py", cited) is not None


@cache
def _made() -> frozenset[str]:
    """Paths that are made here and never committed."""
    return frozenset(line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())


def _is_decision(number: str) -> bool:
    return any((ROOT / "docs/decisions").glob(f"{number}-*.md"))


# How a thing is cited, and whether what a match cites exists.
_CITATIONS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    (_OUTSIDE, lambda match: False),
    (_RULE, lambda match: int(match[1]) in RULE_NUMBERS),
    (_RANGE, lambda match: RULE_NUMBERS.issuperset(range(int(match[1]), int(match[2]) + 1))),
    (_DOCUMENT, lambda match: match[0] in _basenames()),
    (_PATH, lambda match: _is_path(match[0])),
    (_DECISION, lambda match: _is_decision(match[1])),
    (_TEST, lambda match: _names_of(ROOT / match[1]).issuperset(filter(None, match.groups()[1:]))),
    (_DOTTED, lambda match: _resolves(match[0])),
)


@pytest.mark.parametrize("name", written_files())
def test_what_a_file_cites_exists(name: str) -> None:
    assert faults_in(name, (ROOT / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("docs/README.md", "as rule R99 asks"),
        ("docs/README.md", "the rules R36-99"),
        ("docs/README.md", "the states (design §5)"),
        ("core/referral_hub/errors.py", "# one bad plug-in (complaint A)"),
        ("docs/README.md", "codes of domain.md 1.2"),
        ("docs/README.md", "see `docs/explanation/nowhere.html`"),
        ("docs/README.md", "as decided in decision 9999"),
        ("docs/README.md", "held by tests/policy/test_references.py::test_of_nothing"),
        ("docs/README.md", "the module referral_hub.errors.Nothing"),
        ("core/referral_hub/errors.py", '"""Withdrawal is in `consent.nowhere`."""'),
        ("core/referral_hub/referrals/errors.py", "# as `actions.nothing` does"),
    ],
)
def test_a_citation_of_nothing_is_found(name: str, text: str) -> None:
    assert len(faults_in(name, text)) == 1


def test_rules_are_numbered_without_a_gap_and_complete() -> None:
    found = rules()
    assert list(found) == list(range(1, len(found) + 1))
    for number, text in found.items():
        unbuilt = "* Not yet built: " in text
        assert re.search(r"^\*\*.+?\*\* \w", text, re.MULTILINE | re.DOTALL), f"R{number} says nothing"
        assert re.search(r"^[^*\n]*[\u4e00-\u9fff]", text, re.MULTILINE), f"R{number} has no Chinese summary"
        assert "\n* Law: " in text, f"R{number} names no law and is not called our choice"
        assert "\n* Code: `" in text or unbuilt, f"R{number} names no code"
        assert "\n* Test: `" in text or unbuilt or "\n* Not yet tested: " in text, f"R{number} names no test"


def kept(section: str) -> str:
    """What the index says of a rule."""
    if "* Code: " not in section:
        return "not yet built"
    if "* Not yet built: " in section:
        return "in part"
    return "yes, not all tested" if "* Not yet tested: " in section else "yes"


def test_the_index_of_rules_says_what_their_sections_say() -> None:
    index = {int(number): (title, how) for number, title, how in _INDEX.findall(RULES.read_text(encoding="utf-8"))}
    titles = {number: " ".join(text.split("**")[1].rstrip(".").split()) for number, text in rules().items()}
    assert index == {number: (titles[number], kept(text)) for number, text in rules().items()}


def test_the_names_of_the_glossary_are_in_the_code() -> None:
    names = {
        name for cell in _TERM.findall(GLOSSARY.read_text(encoding="utf-8")) for name in re.findall(r"`(\w+)`", cell)
    }
    code = [name for name in written_files() if name.startswith(("core/", "referral_ui/", "plugins/"))]
    used = {word for name in code for word in re.findall(r"\w+", (ROOT / name).read_text(encoding="utf-8"))}
    assert len(names) > 100
    assert names <= used


def test_the_drawing_shows_the_layers_that_are_held() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    held = next((contract["layers"] for contract in contracts if contract.get("containers") == ["referral_hub"]), None)
    drawing = ARCHITECTURE.read_text(encoding="utf-8").partition("\n  __main__")
    drawn = _LAYER.findall("  __main__" + drawing[2].partition("```")[0])
    assert drawn == held
