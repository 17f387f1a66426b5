"""Why a package was not installed, and what to do about it. Whatever the reason, nothing of it is left behind."""

from __future__ import annotations

from referral_hub.errors import HubError


class InstallRefused(HubError):
    """Base of all refusals; `field` is the field of the upload page."""

    status = 422
    zh = "这个程序包不能安装。"
    en = "This package cannot be installed."

    def __init__(self, **details: object) -> None:
        super().__init__(field="package", **details)


class NothingToInstall(InstallRefused):
    zh = "{name} 里没有 .whl 文件。请给出模块的 wheel 文件，或装有它和所需程序包的文件夹或 zip。"
    en = "There is no .whl file in {name}. Give the module's wheel, or a folder or zip with it and all it needs."


class SourceOnly(InstallRefused):
    zh = "{name} 是源代码，安装它要先运行它的代码。请向提供者要编译好的 wheel 文件（.whl）。"
    en = "{name} is source code; installing it would run its code. Ask the provider for a built wheel (.whl)."


class PackageTooLarge(InstallRefused):
    """Details: `limit` in MiB."""

    zh = "程序包太大：展开后不能超过 {limit} MB，文件数也有上限。"
    en = "The package is too large: at most {limit} MB when unpacked, and the number of files is limited."


class PackageUnreadable(InstallRefused):
    zh = "无法读取 {name}，可能在传送中损坏。请重新取得这个文件。"
    en = "{name} cannot be read; it may have been damaged in transfer. Obtain the file again."


class PackageAltered(InstallRefused):
    """Details: `file`, the first one that its own record does not bear out."""

    zh = "{name} 的内容与它自带的清单不符（{file}），可能损坏或被改动过。请向提供者重新索取。"
    en = "{name} does not match its own list of files ({file}): damaged or changed. Ask the provider for it again."


class NoModuleInPackage(InstallRefused):
    zh = "{name} 里没有登记服务模块（缺少入口 referral_hub.modules），请确认文件没有拿错。"
    en = (
        "{name} does not register a service module (no entry point referral_hub.modules). Check that it is the "
        "right file."
    )


class SeveralModules(InstallRefused):
    zh = "其中有 {number} 个服务模块（{names}）。请一个一个安装。"
    en = "It contains {number} modules ({names}). Install them one at a time."


class KeyUnfit(InstallRefused):
    zh = "模块代码“{key}”不合规定：只能用小写字母、数字、下划线，以字母开头，最多 40 个字符。"
    en = (
        "The key “{key}” is not valid: use only lower-case letters, digits and underscores, beginning with a "
        "letter, at most 40 characters."
    )


class ModuleUnfit(InstallRefused):
    """Details: `why`, the words of discovery."""

    zh = "{why}"
    en = "{why}"


class KeyTaken(InstallRefused):
    zh = "代码“{key}”已由系统环境里的模块 {distribution} 使用，不能再装一个。"
    en = (
        "The key “{key}” is used by {distribution}, installed in the hub's own environment; a second module "
        "cannot use it."
    )


class KeyOfAnother(InstallRefused):
    zh = "代码“{key}”已由程序包 {installed} 使用，不能用 {found} 代替它。确实要换时，请先卸载原来的模块。"
    en = (
        "The key “{key}” belongs to the package {installed}; {found} cannot replace it. Uninstall the other "
        "module first."
    )


class NotTheModule(InstallRefused):
    zh = "文件里是模块“{found}”，不是“{key}”。"
    en = "The file contains the module “{found}”, not “{key}”."


class DependenciesMissing(InstallRefused):
    zh = "还缺少它需要的程序包：{names}。请把它们的 .whl 文件放进同一个文件夹或 zip；能联网时也可以选择从软件源下载。"
    en = (
        "Required packages are missing: {names}. Put their .whl files into the same folder or zip; with network "
        "access they can also be downloaded."
    )


class HubDoesNotFit(InstallRefused):
    """Details: `version` of this hub."""

    zh = "它或它需要的程序包要求另一个版本的本系统，现在是 {version}。请升级本系统，或向提供者要相配的版本。"
    en = "It, or a package it needs, asks for another version of the hub than this one, {version}. Upgrade the hub, or "
    en += "ask its provider for a version that fits."


class WrongPlatform(InstallRefused):
    zh = "{name} 不是为本机编译的（系统、处理器或 Python 版本不同）。请向提供者要适合本机的版本：{machine}。"
    en = "{name} was not built for this machine. Ask the provider for a version that fits: {machine}."


class NoNetwork(InstallRefused):
    zh = "无法连接软件源，下载未成功。可以请提供者把所需程序包一起放进 zip，不用联网安装。"
    en = (
        "The package index cannot be reached. Ask the provider for a zip with all required packages; it needs no "
        "network."
    )


class InstallTookTooLong(InstallRefused):
    zh = "安装超过 {seconds} 秒，已停止，没有留下任何东西。"
    en = "The installation took more than {seconds} seconds and was stopped. Nothing of it is left."


class InstallFailed(InstallRefused):
    """Details: `detail`, the last line that pip said."""

    zh = "安装未成功：{detail}"
    en = "The installation failed: {detail}"


class FolderUnusable(InstallRefused):
    """No permission, no space, not a folder. Details: `folder`, `why` as the system says it."""

    status = 409
    zh = "不能写入模块的文件夹 {folder}：{why}。请检查权限和磁盘空间，没有留下任何改动。"
    en = (
        "The module folder {folder} cannot be written to: {why}. Check permissions and disk space; nothing was changed."
    )


class InstallBusy(InstallRefused):
    status = 409
    zh = "正在安装另一个模块，请稍等再试。"
    en = "Another module is being installed. Try again in a moment."
