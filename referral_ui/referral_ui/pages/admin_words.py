"""Words and small pictures of the administrator's and the auditor's pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from referral_hub.access.tokens import SCOPES
from referral_hub.audit.catalogue import ACTIONS
from referral_hub.codes import (
    CONTRACT_RECEIPTS,
    OFFERING_STATUS,
    ORGANISATION_KINDS,
    ORGANISATION_STATUS,
    PROCESSOR_ROLES,
    SEX,
    UNITS,
)
from referral_hub.codes.case_fields import FIELDS
from referral_hub.i18n import Label
from referral_ui.pages.partner_words import PARTNER_WORDS

ROLES: dict[str, Label] = {
    "worker": Label(zh="社工", en="Social worker"),
    "supervisor": Label(zh="督导", en="Supervisor"),
    "partner": Label(zh="服务机构", en="Service provider"),
    "civil": Label(zh="民政", en="Civil affairs"),
    "admin": Label(zh="管理员", en="Administrator"),
    "auditor": Label(zh="审计员", en="Auditor"),
}


class AdminWords:
    """Every code set that these templates may show."""

    roles: ClassVar[Mapping[str, Label]] = {**ROLES, "system": Label(zh="系统", en="The hub")}
    kinds: ClassVar[Mapping[str, Label]] = ORGANISATION_KINDS
    processor_roles: ClassVar[Mapping[str, Label]] = PROCESSOR_ROLES
    organisation_status: ClassVar[Mapping[str, Label]] = ORGANISATION_STATUS
    offering_status: ClassVar[Mapping[str, Label]] = OFFERING_STATUS
    categories: ClassVar[Mapping[str, Label]] = PARTNER_WORDS.categories
    fields: ClassVar[Mapping[str, Label]] = {name: field.label for name, field in FIELDS.items()}
    sensitive: ClassVar[frozenset[str]] = frozenset(field.category for field in FIELDS.values() if field.sensitive)
    contract_receipts: ClassVar[Mapping[str, Label]] = CONTRACT_RECEIPTS
    units: ClassVar[Mapping[str, Label]] = UNITS
    sex: ClassVar[Mapping[str, Label]] = SEX
    scopes: ClassVar[Mapping[str, Label]] = SCOPES
    actions: ClassVar[Mapping[str, Label]] = ACTIONS
    levels: ClassVar[Mapping[str, Label]] = {
        "confined": Label(zh="限制：文件、网络和程序都受限", en="confined: files, network and programs are limited"),
        "process": Label(zh="单独进程：本机不支持进一步限制", en="own process: this machine cannot confine it further"),
    }
    vias: ClassVar[Mapping[str, Label]] = {
        "page": Label(zh="网页", en="page"),
        "api": Label(zh="接口", en="API"),
        "cli": Label(zh="命令行", en="command line"),
        "job": Label(zh="定时任务", en="job"),
        "module": Label(zh="模块", en="module"),
    }
    state_icons: ClassVar[Mapping[str, str]] = {
        "active": "circle-check",
        "preparing": "pencil",
        "suspended": "player-pause",
        "open": "circle-check",
        "paused": "player-pause",
        "closed": "lock",
        "discovered": "help-circle",
        "incompatible": "puzzle-off",
        "broken": "puzzle-off",
        "missing": "puzzle-off",
        "blocked": "puzzle-off",
        "approved": "check",
        "enabled": "circle-check",
        "degraded": "alert-circle",
        "draining": "hourglass",
        "disabled": "player-stop",
        "fine": "circle-check",
        "ok": "circle-check",
        "running": "loader",
        "never": "circle-dashed",
        "late": "alert-circle",
        "failed": "alert-circle",
        "warning": "info-circle",
        "wrong": "alert-circle",
    }


ADMIN_WORDS = AdminWords()
