"""What is handed out fits together: the extra names every module, images take nothing they should not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from tests.container.try_image import read

ROOT = Path(__file__).parents[2]


def project(folder: Path) -> dict[str, object]:
    found = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("plugin", sorted(ROOT.glob("plugins/*/pyproject.toml")), ids=lambda path: path.parent.name)
def test_every_module_of_the_repository_comes_with_the_extra(plugin: Path) -> None:
    extras = project(ROOT)["optional-dependencies"]
    assert isinstance(extras, dict)
    assert project(plugin.parent)["name"] in extras["modules"]


def test_every_engine_leaves_the_same_out() -> None:
    left_out = (ROOT / ".containerignore").read_text(encoding="utf-8")
    assert left_out == (ROOT / ".dockerignore").read_text(encoding="utf-8")
    assert {".git", ".venv", "hub-data", "**/.env"} <= set(left_out.splitlines())


def test_the_image_runs_as_an_account_without_privileges() -> None:
    steps = list(read(ROOT / "Containerfile"))
    accounts = [step.rest for step in steps if step.word == "USER"]
    assert accounts == ["hub"]
    after = [step.word for step in steps[[step.word for step in steps].index("USER") :]]
    assert "RUN" not in after
    assert {"HEALTHCHECK", "VOLUME", "ENTRYPOINT"} <= set(after)


def test_no_password_is_written_into_what_builds_or_runs_the_image() -> None:
    for name in ("Containerfile", "compose.yaml"):
        text = re.sub(r"#.*|\$\{[^}]*\}", "$", (ROOT / name).read_text(encoding="utf-8"))
        assert re.findall(r"\w*(?:PASSWORD|SECRET|TOKEN)\w*\s*[:=]\s*([^$\s]\S*)", text) == [], name
        assert re.findall(r"://\w+:[^$]", text) == [], name
