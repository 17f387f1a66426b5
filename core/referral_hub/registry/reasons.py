"""Why an installed module cannot be used, and what to do about it, in words for an administrator."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from referral_hub.api import Problem
from referral_hub.i18n import Label

_TOLD = 5


class Reason(msgspec.Struct, frozen=True):
    """What is wrong, and the next step."""

    why: Label
    action: Label


_ASK_PROVIDER = Label(
    zh="请把这条说明转给模块的提供者，换一个改好的版本。",
    en="Pass this on to the module's provider and install a fixed version.",
)
_REINSTALL = Label(
    zh="请重新安装这个模块；不再需要时请卸载。",
    en="Install the module again, or uninstall it if it is no longer needed.",
)

NO_ENTRY = Reason(
    Label(
        zh="文件夹里没有登记服务模块（缺少入口 referral_hub.modules）。",
        en="The folder does not register a service module (no entry point referral_hub.modules).",
    ),
    _REINSTALL,
)


def no_package(name: str) -> Reason:
    return Reason(
        Label(
            zh=f"登记的程序包 {name} 已不在原处。",
            en=f"The package it registers, {name}, is no longer there.",
        ),
        _REINSTALL,
    )


def no_name_for_a_package(name: str) -> Reason:
    return Reason(
        Label(
            zh=f"登记的程序包名“{name}”不能用：要是一个自己的名字，不能与 Python 或本系统的相同。",
            en=f"“{name}” cannot be the name of its package: use a name that neither Python nor the hub uses.",
        ),
        _ASK_PROVIDER,
    )


def no_manifest(name: str) -> Reason:
    return Reason(
        Label(
            zh=f"程序包 {name} 里没有清单 hub-module.toml。",
            en=f"The package {name} contains no manifest hub-module.toml.",
        ),
        _ASK_PROVIDER,
    )


def bad_manifest(problems: Sequence[Problem], *, incompatible: bool) -> Reason:
    told = [problem.message for problem in problems[:_TOLD]]
    more = len(problems) - len(told)
    why = Label(
        zh="".join(message.zh for message in told) + (f"（另有 {more} 处）" if more > 0 else ""),
        en=" ".join(message.en for message in told) + (f" (and {more} more)" if more > 0 else ""),
    )
    upgrade = Label(
        zh="请升级本系统，或安装与之相配的模块版本。",
        en="Upgrade the hub, or install a version of the module that fits it.",
    )
    return Reason(why, upgrade if incompatible else _ASK_PROVIDER)


def blocked(version: str, why: Label, lowest_good: str | None) -> Reason:
    if lowest_good is None:
        action = Label(zh="请卸载这个模块。", en="Uninstall this module.")
    else:
        action = Label(zh=f"请安装 {lowest_good} 或更高的版本。", en=f"Install version {lowest_good} or a later one.")
    return Reason(
        Label(
            zh=f"这个版本（{version}）已被禁用：{why.zh}。",
            en=f"This version ({version}) is blocked: {why.en}.",
        ),
        action,
    )


def same_key(distribution: str) -> Reason:
    return Reason(
        Label(
            zh=f"已有同名模块（由 {distribution} 提供），这一个没有启用。",
            en=f"Another module with the same key is installed ({distribution}); this one is not used.",
        ),
        Label(zh="请卸载其中一个。", en="Uninstall one of them."),
    )


def other_folder(folder: str) -> Reason:
    return Reason(
        Label(
            zh=f"模块装在了名为 {folder} 的文件夹里，与它的代码不符。",
            en=f"The module is in a folder named {folder}, which does not match its key.",
        ),
        _REINSTALL,
    )


def other_name(entry: str, key: str) -> Reason:
    return Reason(
        Label(
            zh=f"入口名“{entry}”与清单里的代码“{key}”不一致。",
            en=f"The entry point is named “{entry}” but the manifest's key is “{key}”.",
        ),
        _ASK_PROVIDER,
    )


def unexpected(error: str) -> Reason:
    return Reason(Label(zh=f"读取模块时出错（{error}）。", en=f"The module could not be read ({error})."), _REINSTALL)
