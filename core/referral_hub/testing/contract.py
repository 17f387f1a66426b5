"""The test class a module author subclasses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from referral_hub.api import Manifest
from referral_hub.testing.checks import CHECKS, Check
from referral_hub.testing.fake_hub import FakeHub
from referral_hub.testing.module_referral import ModuleReferral
from referral_hub.testing.subject import InProcess, InWorker, Subject, find_home, load_manifest


class ModuleContract:
    """What the hub demands of a module, each check twice: in this process and in a worker.

    Subclass it in your tests as `class TestMine(ModuleContract)` and say which module: `module` is the import name;
    `settings` are the module's, `offering_settings` the service's own; `attributes` are facts the hub would give.
    `exempt` names recommended checks that do not fit your module, each with the reason; required ones fit every module.
    Two fixtures are for tests of your own. `hub` is a whole hub in memory (`FakeHub`), to try a referral from the first
    question to the end; `referral` takes one referral through the module and nothing else, for its forms and rules.
    """

    module: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}
    offering_settings: ClassVar[dict[str, Any]] = {}
    attributes: ClassVar[dict[str, Any]] = {}
    exempt: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture(scope="class")
    @classmethod
    def home(cls) -> Path:
        return find_home(cls.module)

    @pytest.fixture(scope="class")
    @classmethod
    def manifest(cls, home: Path) -> Manifest:
        return load_manifest(home)

    @pytest.fixture(scope="class", params=["in process", "in a worker"])
    @classmethod
    def subject(
        cls,
        request: pytest.FixtureRequest,
        manifest: Manifest,
        home: Path,
        tmp_path_factory: pytest.TempPathFactory,
    ) -> Iterator[Subject]:
        caller: InProcess | InWorker
        if request.param == "in process":
            caller = InProcess(cls.module)
        else:
            caller = InWorker(cls.module, manifest, home, tmp_path_factory.mktemp("worker"))
        yield Subject(
            module=cls.module,
            home=home,
            manifest=manifest,
            caller=caller,
            settings=cls.settings,
            offering_settings=cls.offering_settings,
            attributes=cls.attributes,
        )
        caller.close()

    @pytest.fixture
    def referral(self, subject: Subject) -> ModuleReferral:
        return ModuleReferral(subject)

    @pytest.fixture
    def hub(self, subject: Subject) -> FakeHub:
        return FakeHub(subject)

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
    def test_contract(self, subject: Subject, check: Check) -> None:
        reason = self.exempt.get(check.name)
        if reason is not None:
            assert check.level == "recommended", f"{check.name} is required of every module"
            pytest.skip(reason)
        check.run(subject)
