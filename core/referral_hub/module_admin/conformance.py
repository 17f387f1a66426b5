"""Running the author's checks on an installed module: through a worker, as the hub calls it, nothing imported here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.errors import HubError
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.ids import new_id
from referral_hub.modules.events import UNCHECKED, locked_module
from referral_hub.modules.settings import settings_of
from referral_hub.registry.discovery import Module
from referral_hub.registry.file_digests import files_digest
from referral_hub.tables.modules import ModuleCheck

if TYPE_CHECKING:
    from referral_hub.hub import Hub
    from referral_hub.testing import Check, Subject

_MAX_WORDS_LENGTH = 300


class Result(msgspec.Struct, frozen=True):
    """How one check went: `passed`, or `failed`. `title` is what it demands, `words` say why it failed, `fix` what its
    author does then.
    """

    name: str
    level: str
    state: str
    title: Label
    fix: Label
    words: Label | None = None


class Checked(msgspec.Struct, frozen=True):
    """One run of all checks on the files of `files_digest`."""

    at: datetime
    version: str
    files_digest: str
    isolation: str
    passed: bool
    results: list[Result]
    by: str


class ThroughHub(msgspec.Struct, frozen=True):
    """Calls the module as the hub does, in its worker; the kit holds the replies against its manifest."""

    hub: Any
    key: str

    def call(self, hook: str, args: Mapping[str, Any]) -> Any:
        return self.hub.modules.ask(self.key, hook, args)

    def watch(self, hook: str, args: Mapping[str, Any], declared: Collection[str]) -> Any:
        return self.hub.modules.watch(self.key, hook, args, declared)

    def renew(self) -> None:
        self.hub.modules.restart(self.key)

    def close(self) -> None:
        """The worker is the hub's own."""


def check_module(hub: Hub, key: str, *, by: Actor) -> Checked:
    """Run every check on the module as it is installed, with its settings, and keep the result.

    A module with a network gets made-up referrals and may pass them on: its partner should know. Takes seconds, and
    minutes for a module that does not answer. Raises `ModuleNotInstalled`.
    """
    module = hub.modules.module(key)
    with hub.transaction(by) as session:
        settings = settings_of(session, key)
    results = _run(hub, module, settings)
    checked = Checked(
        at=hub.clock.now(),
        version=module.version,
        files_digest=files_digest(module) or "",
        isolation=hub.modules.level(key) or hub.modules.level_for(module),
        passed=not any(result.state == "failed" and result.level == "required" for result in results),
        results=results,
        by=by.name,
    )
    with hub.transaction(by) as session:
        _keep(session, key, checked, by=by)
    return checked


def as_checked(row: ModuleCheck) -> Checked:
    """A kept run."""
    return Checked(
        at=row.created_at,
        version=row.version,
        files_digest=row.files_digest,
        isolation=row.isolation,
        passed=row.passed,
        results=msgspec.convert(row.results["checks"], list[Result]),
        by=row.by_name,
    )


def _run(hub: Hub, module: Module, settings: dict[str, Any]) -> list[Result]:
    # Not before it is needed: the kit knows the whole loop.
    from referral_hub.testing import CHECKS, Subject
    from referral_hub.testing.samples import settings_of as sample_settings

    manifest = hub.modules.manifest(module.key)
    asked = [field for service in manifest.services for field in service.settings]
    subject = Subject(
        module=module.package,
        home=Path(module.paths[0]) / module.package,
        manifest=manifest,
        caller=ThroughHub(hub, module.key),
        settings=settings or sample_settings([field for field in manifest.settings if field.required]),
        offering_settings=sample_settings([field for field in asked if field.required]),
    )
    results = []
    for check in CHECKS:
        words = _failure(check, subject)
        state = "failed" if words else "passed"
        results.append(Result(check.name, check.level, state, check.title, check.fix, words))
    return results


def _failure(check: Check, subject: Subject) -> Label | None:
    """Why a check failed, in words; None when it passed."""
    from referral_hub.testing import CheckFailed

    try:
        check.run(subject)
    except CheckFailed as error:
        return Label(zh=error.label.zh[:_MAX_WORDS_LENGTH], en=error.label.en[:_MAX_WORDS_LENGTH])
    except HubError as error:
        detail = error.details.get("detail")
        both = error.label if detail is None else untranslated(str(detail))
        return Label(zh=both.zh[:_MAX_WORDS_LENGTH], en=both.en[:_MAX_WORDS_LENGTH])
    except Exception as error:  # noqa: BLE001 - a module that upsets its check has failed it
        return untranslated(type(error).__name__)
    return None


def _keep(session: Transaction, key: str, checked: Checked, *, by: Actor) -> None:
    session.add(
        ModuleCheck(
            id=new_id(),
            created_at=checked.at,
            key=key,
            files_digest=checked.files_digest,
            version=checked.version,
            passed=checked.passed,
            isolation=checked.isolation,
            results={"checks": msgspec.to_builtins(checked.results)},
            by_name=by.name,
        )
    )
    row = locked_module(session, key)
    if checked.passed and row.reason.get("code") == UNCHECKED:
        row.reason = {}
        session.add(row)
    session.flush()
    record_audit_entry(
        session,
        "module.check",
        about=AuditSubject("module"),
        by=by,
        at=checked.at,
        details={"module": key, "version": checked.version, "passed": checked.passed},
    )
