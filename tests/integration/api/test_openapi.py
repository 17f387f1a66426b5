"""What OpenAPI says of the API is so: a client can be generated from it, and no call is answered in another way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.integration.api.conftest import Call, Program
from tests.loop import Loop
from tests.web import serve

from referral_hub.hub import Hub
from referral_ui.app import create_app

PROGRAMS = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}", "NO_COLOR": "1"}
# Whether a value is right is a rule of the hub, and often not one that a schema can say: that answer is 422, declared.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)


@pytest.fixture
def address(hub: Hub) -> Iterator[str]:
    with serve(create_app(hub)) as address:
        yield address


def test_every_operation_declares_the_problems_it_may_answer_with(client: TestClient[Any]) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert all(path.startswith("/api/v1/") for path in paths)
    lacking = {
        f"{method} {path}": sorted(needed - operation["responses"].keys())
        for path, item in paths.items()
        for method, operation in item.items()
        for needed in [
            {"400", "401", "403", "422", "500", "503"}
            | ({"404"} if "{" in path else set())
            | ({"404", "409", "413"} if method == "post" else set())
        ]
    }
    assert {route: missing for route, missing in lacking.items() if missing} == {}


@pytest.mark.slow
def test_a_client_is_generated_without_a_warning(client: TestClient[Any], tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_bytes(client.get("/api/openapi.json").content)
    made = subprocess.run(
        [PROGRAMS / "openapi-python-client", "generate", "--path", document, "--fail-on-warning"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (made.returncode, re.findall("warning|error|unable", made.stdout + made.stderr, re.IGNORECASE)) == (
        0,
        [],
    ), made.stdout + made.stderr
    assert list(tmp_path.glob("*/*/api/default/*send*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("role", ["worker", "supervisor", "partner", "civil", "admin", "auditor"])
def test_no_call_of_any_role_is_answered_in_a_way_that_is_not_declared(
    role: str, address: str, loop: Loop, calls: list[Call], program: Callable[..., Program], tmp_path: Path
) -> None:
    """schemathesis sends what fits the document and what does not: every operation, every method, every odd value."""
    secret = program(getattr(loop.world, role))._headers["authorization"]
    told = subprocess.run(
        [
            PROGRAMS / "schemathesis", "run", f"{address}/api/openapi.json",
            "--header", f"Authorization: {secret}",
            "--checks", ",".join(CHECKS),
            "--phases", "examples,coverage,fuzzing",
            "--max-examples", os.environ.get("HUB_TEST_API_EXAMPLES", "15"),
            "--seed", "20260301", "--no-shrink", "--continue-on-failure", "--warnings", "off",
        ],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-20_000:] + told.stderr[-2_000:]
