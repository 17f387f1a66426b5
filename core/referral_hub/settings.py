"""What the installation is configured with: environment variables, nothing else, read once at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`HUB_DATA`, `HUB_PORT` and so on; `DATABASE_URL` and `DATABASE_APP_URL` keep their usual names.

    With no `database_url` the hub runs its own PostgreSQL inside the data folder.
    """

    model_config = SettingsConfigDict(env_prefix="HUB_", env_ignore_empty=True, frozen=True, extra="ignore")

    data: Path = Field(default=Path("hub-data"), description="keys, installed modules, the embedded database")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8000, ge=1, le=65535, description="port to listen on")
    workers: int = Field(default=1, ge=1, le=64, description="processes that serve pages")
    lang: str = Field(default="", description="zh or en: the language of the command line; empty follows LANG")

    log: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the least level that is logged to standard error; never a client's data"
    )

    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="your own PostgreSQL 15 or newer, as the owner of the tables; without it the embedded one is used",
    )
    database_app_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_APP_URL", "database_app_url"),
        description="the application's own login, where `hub init` may not make one",
    )
    pool_size: int = Field(default=10, ge=1, le=200, description="database connections kept by one process")
    statement_seconds: float = Field(default=60, gt=0, description="how long one database statement may take")
    lock_seconds: float = Field(default=10, gt=0, description="how long a statement may wait for what another holds")

    access_days: int = Field(
        default=30, ge=0, le=365, description="days that a recipient may still read what it was given after a service"
    )

    remind_days: int = Field(
        default=1, ge=0, le=30, description="working days before an answer is due that its recipient is reminded"
    )
    overdue_days: int = Field(
        default=0, ge=0, le=30, description="working days after an answer was due that its sender is told"
    )
    escalate_days: int = Field(
        default=2, ge=0, le=60, description="working days after an answer was due that the supervisor is told"
    )
    expire_days: int = Field(
        default=5, ge=1, le=120, description="working days after an answer was due that the referral expires"
    )

    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="the token for /metrics, of 16 characters or more; without it there are no metrics",
    )

    safe_mode: bool = Field(default=False, description="start with no module at all")
    require_confined: bool = Field(default=False, description="refuse modules where the system cannot confine them")
    module_start_seconds: float = Field(default=15, gt=0, description="how long a module may take to start")
    module_slowness: float = Field(default=1, gt=0, description="a factor on every module's time to answer")
    module_memory_mb: int = Field(default=512, ge=128, description="memory one module may use")
    module_idle_seconds: float = Field(default=600, gt=0, description="after which an unused module is stopped")

    secure_cookies: bool = Field(default=False, description="send cookies over HTTPS only; set it behind a proxy")
    demo: bool = Field(default=False, description="a demonstration: ID numbers of the made-up place 999999 are taken")
    demo_password: SecretStr | None = Field(default=None, description="of the demonstration's accounts; random without")

    @field_validator("data")
    @classmethod
    def _whole_path(cls, value: Path) -> Path:
        # The server process and the workers have other working directories.
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _steps_in_order(self) -> Self:
        if not self.overdue_days <= self.escalate_days <= self.expire_days:
            raise ValueError("HUB_OVERDUE_DAYS, HUB_ESCALATE_DAYS and HUB_EXPIRE_DAYS must not decrease in this order")
        return self

    @property
    def keys_file(self) -> Path:
        """Encryption keys. Whoever has this file and the database reads everything."""
        return self.data / "keys.json"

    @property
    def secrets_file(self) -> Path:
        """Passwords of the database roles that the hub made for itself."""
        return self.data / "secrets.json"

    @property
    def demo_file(self) -> Path:
        """Marks the data folder of a demonstration, and keeps the password of its accounts."""
        return self.data / "demo.json"

    @property
    def modules_folder(self) -> Path:
        """Where partner modules are installed, each in a folder of its own."""
        return self.data / "modules"
