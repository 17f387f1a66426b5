from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.modules.wheels import module_wheel, write_wheel
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

pytestmark = pytest.mark.usefixtures("own_modules")


def test_an_administrator_uploads_a_module_and_reads_what_it_asks_for(
    loop: Loop, admin: Browser, tmp_path: Path
) -> None:
    assert admin.follow("/admin/install-module").status_code == 200
    wheel = module_wheel(tmp_path)
    answer = admin.post("/admin/install-module", {}, files={"package": (wheel.name, wheel.read_bytes())})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/admin/modules/legal"
    page = admin.follow("/admin/modules/legal?lang=en").text
    assert "Legal advice" in page
    assert "awaiting approval" in page
    assert loop.one("SELECT by_name FROM module_event WHERE key = 'legal'") == ("管理员",)


def test_a_file_that_is_no_module_is_refused_on_the_page(loop: Loop, admin: Browser, tmp_path: Path) -> None:
    plain = write_wheel(tmp_path, "plain", {"plain.py": ""})
    for name, content in ((plain.name, plain.read_bytes()), ("letter.docx", b"x"), ("m-1-py3-none-any.whl", b"x")):
        answer = admin.post("/admin/install-module", {}, files={"package": (name, content)})
        assert answer.status_code == 422, name
        assert 'href="#field-package"' in answer.text
    assert admin.post("/admin/install-module", {}).status_code == 422
