"""What a service and its stages are called, on pages about the past too."""

from __future__ import annotations

from referral_hub.api.manifest import Service
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.modules.history import kept_once, newest_manifests, remembered_service


def service_of(session: Transaction, service_key: str) -> Service | None:
    """The service as an installed module declares it, or as the manifest that was approved last did when the module is
    gone. None for a service that no approved module ever had. For words about the past, `remembered_service`.
    """
    found = session.hub.modules.find_service(service_key)
    return found.service if found else kept_service(session, service_key)


def service_title(session: Transaction, service_key: str) -> Label:
    """The service's name, or its key where the module that named it is gone."""
    service = service_of(session, service_key)
    return service.title if service else untranslated(service_key)


def stage_title(service: Service | None, stage_key: str | None) -> Label | None:
    """What the stage is called; None without a stage or without its module."""
    stage = service.stage(stage_key) if service and stage_key else None
    return stage.title if stage else None


def past_stage_title(session: Transaction, service_key: str, stage_key: str | None) -> Label | None:
    """The same for a referral that may have ended: a stage that an upgrade dropped since is called what it was."""
    now = stage_title(service_of(session, service_key), stage_key)
    return now or stage_title(remembered_service(session, service_key), stage_key) if stage_key else None


def kept_service(session: Transaction, service_key: str) -> Service | None:
    """The service as the manifest approved last declared it, for history whose package is gone.

    Read once in a transaction: a list asks for every line.
    """
    services = (manifest.service(service_key) for manifest in newest_manifests(kept_once(session)).values())
    return next((service for service in services if service is not None), None)


def module_name(session: Transaction, key: str) -> Label:
    """What the module calls itself, or did when it was approved last; its key where nobody knows."""
    installed = next((m.manifest for m in session.hub.modules.modules() if m.key == key and m.manifest), None)
    manifest = installed or newest_manifests(kept_once(session)).get(key)
    return manifest.name if manifest else untranslated(key)


def known_services(session: Transaction) -> dict[str, Service]:
    """Every service that is installed or ever was approved, by its key, as it is declared now or was last."""
    kept = {
        service.key: service
        for manifest in newest_manifests(kept_once(session)).values()
        for service in manifest.services
    }
    return kept | {found.service.key: found.service for found in session.hub.modules.services()}
