"""Installing a module as an act of the hub: the package in its folder, the row in the table, the event on record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from sqlmodel import select

from referral_hub.access.actor import Actor
from referral_hub.modules.actions import register_modules
from referral_hub.modules.install import put_in_use, staged
from referral_hub.modules.install_errors import KeyTaken
from referral_hub.modules.models import Module
from referral_hub.words import Label

if TYPE_CHECKING:
    from referral_hub.hub import Hub


class InstalledModule(msgspec.Struct, frozen=True):
    """What an installation led to; `state` is where the module stands now."""

    key: str
    name: Label
    version: str
    state: str


def install_module(
    hub: Hub,
    source: Path,
    *,
    key: str | None = None,
    find_links: Sequence[Path] = (),
    download: bool = False,
    by: Actor,
) -> InstalledModule:
    """Install a wheel, a folder of wheels or a zip of wheels as a module in a folder of its own.

    With `download` pip may fetch what the module needs from the index; otherwise everything must lie beside it or in
    `find_links`. Raises an `InstallRefused`; then nothing has changed.
    """
    folder = hub.settings.modules_folder
    with staged(folder, source, key=key, find_links=find_links, download=download) as module:
        for other in hub.modules.modules():
            if other.key == module.key and other.origin == "hub":
                raise KeyTaken(key=module.key, distribution=other.distribution)
        put_in_use(folder, module)
    hub.modules.discover()
    with hub.transaction(by) as session:
        register_modules(session, by=by, at=hub.clock.now())
        state = session.exec(select(Module.state).where(Module.key == module.key)).one()
    name = module.manifest.name if module.manifest else Label(zh=module.key, en=module.key)
    return InstalledModule(key=module.key, name=name, version=module.version, state=state)
