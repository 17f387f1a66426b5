"""Is this installation well? Each finding says what was looked at, what is so, and how to fix what is not.

For `hub doctor` and for the administrator's health page.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import msgspec
import psycopg

from referral_hub.calendar.clock import local_date
from referral_hub.calendar.working_days import covers_year
from referral_hub.errors import HubError
from referral_hub.i18n import Label, untranslated
from referral_hub.isolation.confine import attainable_level
from referral_hub.registry.registry import ModuleRegistry
from referral_hub.settings import Settings
from referral_hub.storage.database import Database
from referral_hub.storage.embedded import EmbeddedServer
from referral_hub.storage.engine import conninfo, safe_address
from referral_hub.storage.files import is_private
from referral_hub.storage.keys import read_keys
from referral_hub.tasks.standing import FIX, standing_still

GIB = 1024**3
_MIN_FREE_BYTES = GIB
_LOW_FREE_BYTES = 5 * GIB
_CLOCK_MAY_DIFFER = timedelta(seconds=5)


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at. `fix` says what to do unless all is well; `warning` can wait, `wrong` cannot."""

    subject: Label
    state: Literal["ok", "warning", "wrong"]
    found: Label
    fix: Label | None = None


def examine(settings: Settings, *, at: datetime | None = None) -> Iterator[Finding]:
    """Look at everything, in the order in which one thing depends on another. Starts the embedded database."""
    today = local_date(at or datetime.now(UTC))
    yield _program()
    yield from _data_folder(settings)
    yield _keys(settings)
    yield from _database(settings, today)
    yield _assets()
    yield from _modules(settings)


def _program() -> Finding:
    text = f"referral-hub {version('referral-hub')}, Python {platform.python_version()}, {platform.system()}"
    return Finding(Label(zh="程序", en="Program"), "ok", untranslated(text))


def _data_folder(settings: Settings) -> Iterator[Finding]:
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
    state: Literal["ok", "warning", "wrong"] = "ok"
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


def _keys(settings: Settings) -> Finding:
    subject = Label(zh="密钥", en="Keys")
    path = settings.keys_file
    try:
        keys = read_keys(path)
    except HubError as error:
        return Finding(subject, "wrong", error.label)
    if not is_private(path):
        return Finding(
            subject,
            "wrong",
            Label(zh=f"其他系统账号可以读取 {path}", en=f"other accounts of this machine can read {path}"),
            Label(zh=f"运行 chmod 600 '{path}'", en=f"Run chmod 600 '{path}'"),
        )
    count = len(keys.ciphers)
    return Finding(subject, "ok", Label(zh=f"{count} 个，当前 {keys.active}", en=f"{count}, current: {keys.active}"))


def _database(settings: Settings, today: date) -> Iterator[Finding]:
    subject = Label(zh="数据库", en="Database")
    if settings.database_url is None and not settings.data.is_dir():
        return
    try:
        database = Database(settings)
    except HubError as error:
        yield Finding(subject, "wrong", error.label)
        return
    try:
        database.check_ready()
        url = database.app_url()
        with psycopg.connect(conninfo(url), autocommit=True) as connection:
            number = connection.info.parameter_status("server_version")
            kind = _embedded_kind(database.server) if database.server else untranslated(safe_address(url))
            yield Finding(
                subject, "ok", Label(zh=f"PostgreSQL {number}，{kind.zh}", en=f"PostgreSQL {number}, {kind.en}")
            )
            yield _role(connection)
            yield _clock(connection)
            yield _calendar(connection, today)
            yield _next_steps(connection)
    except HubError as error:
        yield Finding(subject, "wrong", error.label)
    except psycopg.Error as error:
        words = str(error).strip()
        yield Finding(
            subject,
            "wrong",
            Label(zh=f"应用账号不能使用数据库：{words}", en=f"the application cannot use the database: {words}"),
            Label(
                zh="运行 hub init；若设置了 DATABASE_APP_URL，请核对",
                en="Run `hub init`; check DATABASE_APP_URL if set",
            ),
        )
    finally:
        database.close()


def _embedded_kind(server: EmbeddedServer) -> Label:
    other, folder = server.launcher.account.other, server.launcher.programs.folder
    if other is None:
        return Label(zh="内置", en="embedded")
    return Label(
        zh=f"内置；以账号 {other.name} 运行，程序在 {folder}",
        en=f"embedded; it runs as {other.name}, its programs are in {folder}",
    )


def _role(connection: psycopg.Connection) -> Finding:
    """Row-level security protects nothing from a superuser, from BYPASSRLS, or from a table's own owner."""
    subject = Label(zh="数据库权限", en="Database rights")
    row = connection.execute(
        "SELECT rolsuper OR rolbypassrls, EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = 'public' AND relkind = 'r' AND pg_has_role(relowner, 'MEMBER')) FROM pg_roles"
        " WHERE rolname = current_user"
    ).fetchone()
    if row == (False, False):
        return Finding(
            subject, "ok", Label(zh="应用账号不能绕过行级权限", en="the application cannot bypass row-level security")
        )
    return Finding(
        subject,
        "wrong",
        Label(zh="应用账号可以绕过行级权限", en="the application's account can bypass row-level security"),
        Label(
            zh="不要让 DATABASE_APP_URL 使用超级用户或表的所有者；去掉它并运行 hub init，由系统建立专用账号",
            en="DATABASE_APP_URL must name neither a superuser nor the owner of the tables; remove it and run `hub "
            "init`, which creates the right account",
        ),
    )


def _clock(connection: psycopg.Connection) -> Finding:
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    apart = abs(datetime.now(UTC) - row[0])
    subject = Label(zh="时钟", en="Clock")
    if apart > _CLOCK_MAY_DIFFER:
        return Finding(
            subject,
            "warning",
            Label(
                zh=f"与数据库相差 {apart.total_seconds():.0f} 秒",
                en=f"differs from the database by {apart.total_seconds():.0f} s",
            ),
            Label(zh="为两台机器开启时间同步（NTP）", en="Enable time synchronisation (NTP) on both machines"),
        )
    return Finding(subject, "ok", Label(zh="与数据库一致", en="agrees with the database"))


def _calendar(connection: psycopg.Connection, today: date) -> Finding:
    """The State Council announces the next year's days late in the year; from December on they should be here."""
    subject = Label(zh="工作日历", en="Working days")
    special: dict[date, bool] = dict(connection.execute("SELECT day, working FROM calendar_day").fetchall())
    missing = [year for year in (today.year, today.year + 1) if not covers_year(year, special)]
    if not missing:
        return Finding(subject, "ok", Label(zh=f"到 {today.year + 1} 年", en=f"available to {today.year + 1}"))
    if missing == [today.year + 1] and today.month < 12:
        return Finding(
            subject,
            "ok",
            Label(
                zh=f"到 {today.year} 年；明年安排公布后再导入",
                en=f"available to {today.year}; import next year's once announced",
            ),
        )
    return Finding(
        subject,
        "warning",
        Label(
            zh=f"缺 {missing[0]} 年的放假调休安排，期限暂按周一至周五计算",
            en=f"the holidays of {missing[0]} are missing; deadlines follow the regular Monday-to-Friday week",
        ),
        Label(
            zh="升级 chinesecalendar，或用 hub calendar 文件.csv 导入公布的日期",
            en="Upgrade chinesecalendar, or import the announced days with `hub calendar FILE.csv`",
        ),
    )


def _next_steps(connection: psycopg.Connection) -> Finding:
    subject = Label(zh="下一步", en="Next steps")
    standing = standing_still(connection)
    if standing is not None:
        return Finding(subject, "wrong", standing, FIX)
    return Finding(subject, "ok", Label(zh="未结的都有下一步和日期", en="every open item has a next step with a date"))


def _assets() -> Finding:
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


def _modules(settings: Settings) -> Iterator[Finding]:
    registry = ModuleRegistry.from_settings(settings)
    modules = registry.modules()
    if not modules:
        found = Label(zh="一个也没有", en="none")
        fix = Label(
            zh="安装服务模块；若设置了 HUB_SAFE_MODE，请去掉",
            en="Install a service module; unset HUB_SAFE_MODE if it is set",
        )
        yield Finding(Label(zh="服务模块", en="Service modules"), "warning", found, fix)
    for module in modules:
        subject = Label(zh=f"模块 {module.key}", en=f"Module {module.key}")
        if module.manifest is None or module.state != "discovered":
            reason = module.reason or untranslated(module.state)
            yield Finding(subject, "wrong", reason, module.action)
            continue
        confined = attainable_level(network=bool(module.manifest.network)) == "confined"
        yield Finding(
            subject,
            "ok" if confined else "warning",
            Label(
                zh=f"{module.version}，{'受限进程' if confined else '独立进程'}",
                en=f"{module.version}, {'confined' if confined else 'a process of its own'}",
            ),
            None
            if confined
            else Label(
                zh="本系统不能完全限制模块，只安装可信的模块；Linux 5.13 以上（联网模块 6.7 以上）可以",
                en="This system cannot fully confine modules, so install only modules you trust; Linux 5.13 or "
                "later can (6.7 with network access)",
            ),
        )
