from __future__ import annotations

from pathlib import Path

import pytest
from litestar.datastructures.multi_dicts import FormMultiDict
from tests.integration.docs.visitor import PageReader
from tests.integration.modules.made import MANIFEST
from tests.integration.modules.wheels import module_wheel
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.actor import system_actor
from referral_hub.module_admin.install_actions import install_module
from referral_hub.modules.settings import settings_of
from referral_ui.kept_form import what_was_typed
from referral_ui.requests import SubmittedForm

pytestmark = pytest.mark.usefixtures("own_modules")

ASKED = """network = []
settings = [
  { key = "address", type = "text", required = true, label = { zh = "地址", en = "Address" } },
  { key = "password", type = "secret", required = true, label = { zh = "口令", en = "Password" } },
]"""
PICKY = """
@hookimpl
def hub_check_settings(settings):
    if settings.get("address") == "nowhere":
        return [Problem(field="address", message=Label(zh="连不上这个地址。", en="It cannot be reached."))]
    return []
"""
PATH = "/admin/modules/legal/settings"


def test_settings_are_asked_of_the_module_and_secrets_are_never_shown(
    loop: Loop, admin: Browser, tmp_path: Path
) -> None:
    manifest = MANIFEST.format(key="legal", network="[]").replace("network = []", ASKED)
    install_module(loop.hub, module_wheel(tmp_path, manifest=manifest, code=PICKY), by=loop.world.admin)
    assert admin.post(PATH, {"address": "https://a.example"}).status_code == 422
    refused = admin.post(PATH, {"address": "nowhere", "password": "opensesame"})
    assert refused.status_code == 422
    assert "连不上这个地址" in refused.text
    assert admin.post(PATH, {"address": "https://a.example", "password": "opensesame"}).status_code == 303
    reader = PageReader()
    reader.feed(admin.get(PATH).text)
    (form,) = [form for form in reader.forms if form.action == PATH]
    sent = SubmittedForm(FormMultiDict([(name, text) for name, texts in form.values.items() for text in texts]))
    assert what_was_typed(sent.texts | {"password": ["opensesame"]}).keys() == {"_by", "address"}
    for path in (PATH, "/admin/modules/legal"):
        assert "opensesame" not in admin.follow(path).text
    assert "https://a.example" in admin.follow(PATH).text
    assert admin.post(PATH, {"address": "https://b.example", "password": ""}).status_code == 303
    with loop.hub.transaction(system_actor()) as session:
        assert settings_of(session, "legal") == {"address": "https://b.example", "password": "opensesame"}
    (sealed,) = loop.one("SELECT settings FROM module WHERE key = 'legal'")
    assert b"opensesame" not in bytes(sealed)
    told = loop.one("SELECT string_agg(reason, ' ') FROM module_event WHERE key = 'legal'")[0]
    assert "password" in told
    assert "opensesame" not in told
