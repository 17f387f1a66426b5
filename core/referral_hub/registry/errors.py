"""Errors about modules that are not failures of one at work; those are in `referral_hub.isolation.errors`."""

from __future__ import annotations

from referral_hub.errors import HubError, NotFound
from referral_hub.isolation.errors import (
    ModuleAltered,
    ModuleBusy,
    ModuleCrashed,
    ModuleFailure,
    ModuleRaised,
    ModuleReplyInvalid,
    ModuleStartFailed,
    ModuleTimedOut,
)

__all__ = [
    "CheckMissing",
    "ModuleAltered",
    "ModuleBusy",
    "ModuleChanged",
    "ModuleCrashed",
    "ModuleFailure",
    "ModuleNotAssessed",
    "ModuleNotInstalled",
    "ModuleRaised",
    "ModuleReplyInvalid",
    "ModuleSettingsUnusable",
    "ModuleStartFailed",
    "ModuleTimedOut",
    "NoSuchModule",
    "NotInItsFolder",
    "NothingWaiting",
    "ReferralsStillOpen",
    "ReferralsWouldStrand",
]


class ModuleNotInstalled(NotFound):
    """No usable module has this key: not installed, broken, or the hub was started without modules."""

    zh = "模块“{module}”没有安装，或者现在不能使用。"
    en = "The module “{module}” is not installed, or cannot be used now."


class NoSuchModule(NotFound):
    zh = "没有代码为“{module}”的模块，请核对代码。"
    en = "There is no module with the key “{module}”. Check the key."


class ModuleChanged(HubError):
    """The package was exchanged between reading the sheet and approving it."""

    status = 409
    zh = "模块在您阅读期间换了版本，请重新看一遍再核准。"
    en = "The module changed to another version while you were reading. Review it again before approving."


class ModuleNotAssessed(HubError):
    status = 422
    zh = "请填写个人信息保护影响评估的文号和日期。"
    en = "Give the reference and the date of the personal information impact assessment."


class CheckMissing(HubError):
    status = 409
    zh = "模块还没有通过检查（或检查之后换了文件）。请先运行检查。"
    en = "The module has not passed the checks, or its files changed since. Run the checks first."


class ModuleSettingsUnusable(HubError):
    """Details: `why`, the module's own words."""

    status = 409
    zh = "设置还不能用：{why}请先改好设置。"
    en = "The settings cannot be used yet: {why} Fix them first."


class ReferralsStillOpen(HubError):
    """Details: `number` of open referrals."""

    status = 409
    zh = "还有 {number} 件未结的转介。可以先停收新转介等它们办完；要立即停用，请确认交还给转出社工。"
    en = (
        "{number} referrals are still open. Stop new referrals and wait until these end; or, to disable the "
        "module now, confirm that they are returned to their senders."
    )


class NotInItsFolder(HubError):
    status = 409
    zh = "这个模块装在系统自己的环境里，不能在这里卸载。"
    en = "This module is installed in the hub's own environment and cannot be uninstalled here."


class ReferralsWouldStrand(HubError):
    """Details: `stages`, what the upgrade drops though referrals stand there."""

    status = 409
    zh = "还有转介停在新版本取消的阶段或服务（{stages}）。请等它们往前办，或先请转出社工改派、结束，再核准。"
    en = (
        "Referrals are still at stages or services that the new version drops ({stages}). Wait until they move "
        "on, or ask their senders to redirect or end them, then approve."
    )
    en += "redirect or end them, then approve."


class NothingWaiting(HubError):
    status = 409
    zh = "没有等待核准的升级。"
    en = "No upgrade is awaiting approval."
