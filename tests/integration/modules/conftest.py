from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.modules.made import write_module

from referral_hub.isolation.limits import Limits
from referral_hub.registry.registry import ModuleRegistry

QUICK = Limits(check_settings=1.0, receive=1.0, start=8.0)

MakeRegistry = Callable[..., ModuleRegistry]


@pytest.fixture
def modules_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "modules"
    folder.mkdir()
    return folder


@pytest.fixture
def make_registry(modules_folder: Path, tmp_path: Path) -> Iterator[MakeRegistry]:
    """A registry over the test's own folder, with nothing of the environment in it."""
    made: list[ModuleRegistry] = []

    def make(*, limits: Limits = QUICK, safe_mode: bool = False, require_confined: bool = False) -> ModuleRegistry:
        registry = ModuleRegistry(
            folder=modules_folder,
            run_folder=tmp_path / "run",
            limits=limits,
            safe_mode=safe_mode,
            require_confined=require_confined,
            path=[],
        )
        made.append(registry)
        return registry

    yield make
    for registry in made:
        registry.close()


@pytest.fixture
def registry_with(modules_folder: Path, make_registry: MakeRegistry) -> Callable[..., ModuleRegistry]:
    """A registry whose one module, `legal`, has the given code beside well-behaved hooks."""

    def make(code: str = "", *, limits: Limits = QUICK, network: str = "[]") -> ModuleRegistry:
        write_module(modules_folder, code=code, network=network)
        return make_registry(limits=limits)

    return make
