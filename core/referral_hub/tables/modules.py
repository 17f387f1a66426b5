"""Tables of modules: what is installed, what was checked and approved of it, and what happened to it."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from referral_hub.tables.columns import Row, document, instant, reference, secret


class Module(Row, table=True):
    """A module this hub knows, with its state and its circuit breaker."""

    __tablename__ = "module"

    key: str = Field(unique=True)
    state: str
    distribution: str | None = None
    version: str | None = None
    digest: str | None = None
    files_digest: str | None = None
    isolation: str | None = None
    reason: dict[str, object] = document()
    settings: bytes | None = secret(optional=True)
    cursor: str | None = None
    failures: int = 0
    open_until: datetime | None = instant(optional=True)
    open_seconds: int = 0
    changed_at: datetime = instant()


class ModuleManifest(Row, table=True):
    """A manifest as it was approved. Kept for ever, so that history reads without the package."""

    __tablename__ = "module_manifest"

    key: str = Field(index=True)
    digest: str = Field(unique=True)
    version: str
    content: dict[str, object] = document()
    approved_by: UUID | None = reference("account", optional=True)
    approved_at: datetime = instant()


class ModuleEvent(Row, table=True):
    """A change of a module's state: who, when, why. Append-only."""

    __tablename__ = "module_event"

    key: str = Field(index=True)
    before: str | None = None
    after: str
    by_id: UUID | None = reference("account", optional=True)
    by_name: str
    reason: str


class ModuleFault(Row, table=True):
    """Something a module did wrong, in words and without any value of a call; the same again counts up.

    `created_at` is when it was first seen, `what` a failed `call` or a piece of `news` that was refused.
    """

    __tablename__ = "module_fault"

    key: str = Field(index=True)
    what: str
    code: str
    zh: str
    en: str
    detail: str
    times: int = 1
    last_at: datetime = instant()


class ModuleCheck(Row, table=True):
    """One run of the checks of `referral_hub.testing` on a module's files. Append-only."""

    __tablename__ = "module_check"

    key: str = Field(index=True)
    files_digest: str
    version: str
    passed: bool
    isolation: str
    results: dict[str, object] = document()
    by_name: str


class ModuleApproval(Row, table=True):
    """What an administrator approved, and on what grounds (R41). Append-only."""

    __tablename__ = "module_approval"

    key: str = Field(index=True)
    digest: str
    files_digest: str
    version: str
    isolation: str
    assessment_reference: str | None = None
    assessment_on: date | None = None
    check_id: UUID | None = reference("module_check", optional=True)
    by_id: UUID | None = reference("account", optional=True)
    by_name: str
    reason: str
