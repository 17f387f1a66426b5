"""What a service and its stages are called, on pages about the past too."""

from __future__ import annotations

from sqlmodel import Session

from referral_hub.api.manifest import Service
from referral_hub.modules.history import remembered_service
from referral_hub.modules.queries import kept_service
from referral_hub.storage.engine import hub_of
from referral_hub.words import Label


def service_of(session: Session, service_key: str) -> Service | None:
    """The service as an installed module declares it, or as the manifest that was approved last did when the module is
    gone. None for a service that no approved module ever had. For words about the past, `remembered_service`.
    """
    found = hub_of(session).modules.find_service(service_key)
    return found.service if found else kept_service(session, service_key)


def service_title(session: Session, service_key: str) -> Label:
    """The service's name, or its key where the module that named it is gone."""
    service = service_of(session, service_key)
    return service.title if service else Label(zh=service_key, en=service_key)


def stage_title(service: Service | None, stage_key: str | None) -> Label | None:
    """What the stage is called; None without a stage or without its module."""
    stage = service.stage(stage_key) if service and stage_key else None
    return stage.title if stage else None


def past_stage_title(session: Session, service_key: str, stage_key: str | None) -> Label | None:
    """The same for a referral that may have ended: a stage that an upgrade dropped since is called what it was."""
    now = stage_title(service_of(session, service_key), stage_key)
    return now or stage_title(remembered_service(session, service_key), stage_key) if stage_key else None
