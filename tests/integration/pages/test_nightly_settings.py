"""Each night every module is asked whether its settings are still usable; its page says what is not, until it is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.modules.made import MANIFEST
from tests.integration.modules.wheels import module_wheel
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.calendar.clock import FixedClock
from referral_hub.jobs.jobs import JOBS, run_job
from referral_hub.module_admin.conformance import check_module
from referral_hub.module_admin.install_actions import install_module
from referral_hub.module_admin.lifecycle_actions import approve_module, disable_module, enable_module
from referral_hub.modules.settings import save_settings
from referral_hub.registry.errors import ModuleSettingsUnusable

pytestmark = pytest.mark.usefixtures("own_modules")

NIGHTLY = next(job for job in JOBS if job.name == "settings")
PAGE = "/admin/modules/legal"
MANY = MANIFEST.format(key="legal", network="[]").replace(
    "network = []",
    'network = []\nsettings = [{ key = "password", type = "secret", required = true,'
    ' label = { zh = "口令", en = "Password" } }]',
)
CHECK = """
@hookimpl
def hub_check_settings(settings):
    {}
"""
FINE = "return []"
EXPIRED = 'return say("口令 " + settings["password"] + " 已过期。")'


class Night:
    def __init__(self, loop: Loop, clock: FixedClock, folder: Path) -> None:
        self.loop, self.clock, self.folder, self.number = loop, clock, folder, 0
        self.answer(FINE)
        hub = loop.hub
        self.act(save_settings, settings={"password": "opensesame"})
        assert check_module(hub, "legal", by=loop.world.admin).passed
        self.act(approve_module, reason="已评估", assessment_reference="PIA-9", assessment_on=date(2026, 2, 1))
        self.act(enable_module, reason="试用")

    def act(self, action: Any, **values: Any) -> None:
        with self.loop.hub.transaction(self.loop.world.admin) as session:
            action(session, key="legal", **values, by=self.loop.world.admin, at=self.loop.at)

    def answer(self, body: str) -> None:
        """The module is upgraded to one that answers so."""
        self.number += 1
        version = f"1.0.{self.number}"
        wheel = module_wheel(self.folder / version, manifest=MANY, version=version, code=CHECK.format(body))
        install_module(self.loop.hub, wheel, by=self.loop.world.admin)

    def passes(self) -> int:
        """A night, and how many modules had settings that cannot be used."""
        self.clock.advance(timedelta(days=1))
        ran = run_job(self.loop.hub, NIGHTLY)
        assert ran is not None
        assert ran.problem is None
        return ran.done


def seen(admin: Browser) -> str:
    """The module's page, after a night in which everyone was signed out."""
    admin.sign_in("admin")
    return admin.follow(PAGE).text


@pytest.fixture
def night(loop: Loop, clock: FixedClock, tmp_path: Path) -> Night:
    return Night(loop, clock, tmp_path)


def test_settings_that_stop_working_are_reported_until_they_work_again(night: Night, admin: Browser) -> None:
    assert night.passes() == 0
    night.answer(EXPIRED)
    assert night.passes() == 1
    assert night.passes() == 1
    page = seen(admin)
    assert "已过期" in page
    assert "请在模块页面改好设置" in page
    assert "opensesame" not in page
    assert page.count("设置不能用了") == 1
    assert "已过期" in admin.follow("/admin/modules").text
    night.answer(FINE)
    assert night.passes() == 0
    page = seen(admin)
    assert "请在模块页面改好设置" not in page
    assert "设置又能用了" in page


def test_a_module_that_does_not_answer_at_night_is_reported_as_a_fault(night: Night, admin: Browser) -> None:
    night.answer("__import__('os')._exit(3)")
    assert night.passes() == 0
    page = seen(admin)
    assert "意外停止" in page
    assert 'id="faults"' in page


def test_a_module_is_not_enabled_while_a_required_setting_is_missing(night: Night) -> None:

    night.act(disable_module, reason="改口令")
    night.act(save_settings, settings={})
    with pytest.raises(ModuleSettingsUnusable, match="Password"):
        night.act(enable_module, reason="再试")
