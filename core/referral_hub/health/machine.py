"""What a look at this machine tells: the program, the data folder, its disk, the keys, the files of the pages."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from referral_hub.errors import HubError
from referral_hub.health.finding import Finding, State
from referral_hub.i18n import Label, untranslated
from referral_hub.settings import Settings
from referral_hub.storage.files import is_private
from referral_hub.storage.keys import read_keys

GIB = 1024**3
_MIN_FREE_BYTES = GIB
_LOW_FREE_BYTES = 5 * GIB


def program() -> Finding:
    text = f"referral-hub {version('referral-hub')}, Python {platform.python_version()}, {platform.system()}"
    return Finding(Label(zh="程序", en="Program"), "ok", untranslated(text))


def data_folder(settings: Settings) -> Iterator[Finding]:
    subject = Label(zh="数据目录", en="Data folder")
    folder = settings.data
    if not folder.is_dir():
        yield Finding(
            subject,
            "wrong",
            Label(zh=f"{folder} 不存在", en=f"{folder} does not exist"),
            Label(
                zh="运行 hub init；或用 HUB_DATA 指向已有的目录",
                en="Run `hub init`, or set HUB_DATA to the existing folder",
            ),
        )
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(
            subject,
            "wrong",
            Label(zh=f"本账号不能写入 {folder}", en=f"this account may not write to {folder}"),
            Label(zh="用安装时的系统账号运行", en="Run the hub as the account that installed it"),
        )
    elif not is_private(folder):
        yield Finding(
            subject,
            "warning",
            Label(zh=f"其他系统账号可以进入 {folder}", en=f"other accounts of this machine can enter {folder}"),
            Label(zh=f"运行 chmod 700 '{folder}'", en=f"Run chmod 700 '{folder}'"),
        )
    else:
        yield Finding(subject, "ok", untranslated(str(folder)))
    yield _disk(folder)


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    state: State = "ok"
    if free < _LOW_FREE_BYTES:
        state = "wrong" if free < _MIN_FREE_BYTES else "warning"
    return Finding(
        Label(zh="磁盘空间", en="Disk space"),
        state,
        Label(zh=f"剩余 {free / GIB:.1f} GB", en=f"{free / GIB:.1f} GB free"),
        None
        if state == "ok"
        else Label(
            zh="清理磁盘，或把数据目录移到更大的磁盘", en="Free up space, or move the data folder to a larger disk"
        ),
    )


def keys(settings: Settings) -> Finding:
    subject = Label(zh="密钥", en="Keys")
    path = settings.keys_file
    try:
        found = read_keys(path)
    except HubError as error:
        return Finding(subject, "wrong", error.label)
    if not is_private(path):
        return Finding(
            subject,
            "wrong",
            Label(zh=f"其他系统账号可以读取 {path}", en=f"other accounts of this machine can read {path}"),
            Label(zh=f"运行 chmod 600 '{path}'", en=f"Run chmod 600 '{path}'"),
        )
    count = len(found.ciphers)
    return Finding(subject, "ok", Label(zh=f"{count} 个，当前 {found.active}", en=f"{count}, current: {found.active}"))


def assets() -> Finding:
    subject = Label(zh="页面资源", en="Page assets")
    spec = importlib.util.find_spec("referral_ui")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if any(Path(folder, "static", "vendor", "tabler.min.css").exists() for folder in folders):
        return Finding(subject, "ok", Label(zh="齐全", en="complete"))
    return Finding(
        subject,
        "wrong",
        Label(zh="缺少样式和脚本", en="style sheet and scripts are missing"),
        Label(
            zh="重新安装 referral-hub（源码目录中运行 make install）",
            en="Install referral-hub again (`make install` in a clone)",
        ),
    )
