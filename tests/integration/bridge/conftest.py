"""The bridge of the tutorial, installed in a folder of its own, and the partner's system it talks to."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.loop import Loop
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.settings import Settings

BRIDGE = Path(__file__).parents[3] / "docs" / "tutorial" / "bridge"
TOKEN = "secret-token"


@pytest.fixture
def system() -> Iterator[Any]:
    """The partner's system, answering at a free port."""
    spec = importlib.util.spec_from_file_location("partner_system", BRIDGE / "partner_system.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    system = module.PartnerSystem(0, TOKEN)
    system.start()
    yield system
    system.stop()


@pytest.fixture
def installed(settings: Settings, system: Any) -> Path:
    """The package as `pip install --target` leaves it, its manifest naming the system's port."""
    place = settings.modules_folder / "family"
    shutil.copytree(BRIDGE / "hub_family", place / "hub_family", ignore=shutil.ignore_patterns("__pycache__"))
    manifest = place / "hub_family" / "hub-module.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('["127.0.0.1:8701"]', f'["127.0.0.1:{system.port}"]'), encoding="utf-8")
    info = place / "referral_hub_family-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: referral-hub-family\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[referral_hub.modules]\nfamily = hub_family\n")
    return place


@pytest.fixture
def module_settings(system: Any) -> dict[str, str]:
    return {"address": f"http://127.0.0.1:{system.port}", "token": TOKEN}


@pytest.fixture
def loop(installed: Path, hub: Hub, owner: psycopg.Connection, world: World, module_settings: dict[str, str]) -> Loop:
    """The loop with the bridge enabled and its settings filled in."""
    loop = Loop(hub, owner, world)
    sealed = hub.cipher.encrypt_json(module_settings, "module.settings:family")
    owner.execute("UPDATE module SET settings = %s WHERE key = 'family'", [sealed])
    return loop


@pytest.fixture
def _importable(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(installed))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "hub_family"]:
        del sys.modules[name]
