"""A module as its author has it on disk: read and looked through without running any of it."""

from __future__ import annotations

import ast
import os
import shutil
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from referral_hub.api import MANIFEST_NAME, ManifestError, Problem, parse_manifest
from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.module_admin.pip import install_needs
from referral_hub.registry.case_field_checks import check_fields
from referral_hub.registry.discovery import GROUP
from referral_hub.scaffold.lines import line_of, line_of_fault

_IGNORED = ("__pycache__", "tests", "build", "dist")
_MAX_SECONDS = 300.0


class Source(msgspec.Struct, frozen=True):
    """The folder of a module: its key and package by its entry point, and the packages it needs."""

    folder: Path
    key: str
    package: Path
    needs: tuple[str, ...]


def read_source(folder: Path) -> Source:
    """What `pyproject.toml` says. Raises `Invalid`, in words, for a folder that is no module."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        ((key, package),) = project["entry-points"][GROUP].items()
        needs = tuple(str(need) for need in project.get("dependencies", []))
    except tomllib.TOMLDecodeError as error:
        raise Invalid(message=Label(zh=f"无法读取 pyproject.toml：{error}", en=f"pyproject.toml: {error}")) from error
    except (OSError, KeyError, ValueError) as error:
        message = Label(
            zh=f"{folder} 不是模块目录：pyproject.toml 里要有一行 {GROUP} 入口。用 hub modules new 可以生成一个。",
            en=f"{folder} is not a module folder: its pyproject.toml needs one entry point {GROUP}. `hub modules "
            "new` generates one.",
        )
        raise Invalid(message=message) from error
    for home in (folder / package, folder / "src" / package):
        if home.is_dir():
            return Source(folder=folder, key=str(key), package=home, needs=needs)
    raise Invalid(message=Label(zh=f"{folder} 里没有包 {package}。", en=f"There is no package {package} in {folder}."))


def faults_of(source: Source) -> list[Label]:
    """What is wrong with the manifest and the code as they are written, each with its file and line."""
    return [*_manifest_faults(source), *_syntax_faults(source)]


def times_of(folder: Path) -> dict[str, int]:
    """When each file of the folder was changed last; tests and what tools leave behind do not count."""
    found: dict[str, int] = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _IGNORED and not name.startswith(".")]
        for name in files:
            with suppress(FileNotFoundError):  # an editor's file that is gone again
                found[str(Path(place, name))] = Path(place, name).stat().st_mtime_ns
    return found


def lay_down(source: Source, place: Path, *, find_links: Sequence[Path] = (), download: bool = False) -> None:
    """Put the module into a folder of its own as `pip install --target` would, with all it needs, wheels only.

    What it needs is installed once; a folder that is there already keeps it. Raises an `InstallRefused`.
    """
    if not place.exists() and source.needs:
        work = place.with_name(f".{place.name}-work")
        work.mkdir(parents=True)
        try:
            install_needs(source.needs, place, work, find_links=find_links, download=download, seconds=_MAX_SECONDS)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    home = place / source.package.name
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(source.package, home, ignore=shutil.ignore_patterns("__pycache__"))
    info = place / f"{source.package.name}-0.dist-info"
    info.mkdir(exist_ok=True)
    name = source.package.name
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{source.key} = {name}\n", encoding="utf-8")


def _manifest_faults(source: Source) -> list[Label]:
    file = source.package / MANIFEST_NAME
    name = f"{source.package.name}/{MANIFEST_NAME}"
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return [
            Label(zh=f"{name}  没有这个文件，或者不是 UTF-8 文字。", en=f"{name}  no such file, or not UTF-8 text.")
        ]
    try:
        manifest = parse_manifest(text)
    except ManifestError as error:
        return [_at(name, text, problem) for problem in error.problems]
    problems = check_fields(manifest)
    if not problems and manifest.key != source.key:
        message = Label(
            zh=f"代码“{manifest.key}”与 pyproject.toml 的入口名“{source.key}”不一致。",
            en=f"The key “{manifest.key}” differs from the name of the entry point, “{source.key}”.",
        )
        problems = [Problem(field="key", message=message)]
    return [_at(name, text, problem) for problem in problems]


def _at(name: str, text: str, problem: Problem) -> Label:
    line = line_of(text, problem.field) if problem.field else line_of_fault(text, problem.message.en)
    place = f"{name}:{line}" if line else name
    return Label(zh=f"{place}  {problem.message.zh}", en=f"{place}  {problem.message.en}")


def _syntax_faults(source: Source) -> list[Label]:
    faults = []
    for file in sorted(source.package.rglob("*.py")):
        try:
            ast.parse(file.read_text(encoding="utf-8"))
        except SyntaxError as error:
            place = f"{file.relative_to(source.package.parent).as_posix()}:{error.lineno}"
            faults.append(Label(zh=f"{place}  语法错误：{error.msg}", en=f"{place}  {error.msg}"))
        except UnicodeDecodeError:
            name = file.relative_to(source.package.parent).as_posix()
            faults.append(Label(zh=f"{name}：不是 UTF-8 文字。", en=f"{name}: not UTF-8 text."))
    return faults
