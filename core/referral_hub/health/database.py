"""Whether there is a database, whether it works, and what it tells. A database that does not run is not started."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import psycopg

from referral_hub.calendar.clock import local_date
from referral_hub.errors import HubError
from referral_hub.health import contents, upkeep
from referral_hub.health.fields import damaged_fields
from referral_hub.health.finding import Finding
from referral_hub.i18n import Label, untranslated
from referral_hub.settings import Settings
from referral_hub.storage.account import server_account
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.database import Database, embedded_server
from referral_hub.storage.embedded import EmbeddedServer
from referral_hub.storage.engine import conninfo, safe_address
from referral_hub.storage.errors import FileDamaged, KeysMissing, NoServerAccount
from referral_hub.storage.key_probes import check_keys
from referral_hub.storage.keys import read_keys

_SUBJECT = Label(zh="数据库", en="Database")


def database(settings: Settings, at: datetime, *, start: bool, fields: bool) -> Iterator[Finding]:
    """The database and what is in it."""
    if settings.database_url is None:
        if not settings.data.is_dir():
            return
        idle = None if start else _not_at_work(embedded_server(settings))
        if idle is not None:
            yield idle
            return
    try:
        opened = Database(settings, start=start)
    except HubError as error:
        yield Finding(_SUBJECT, "wrong", error.label)
        return
    try:
        opened.check_ready()
        yield from _look_into(opened, settings, at, fields=fields)
    except HubError as error:
        yield Finding(_SUBJECT, "wrong", error.label)
    except psycopg.Error as error:
        words = str(error).strip()
        yield Finding(
            _SUBJECT,
            "wrong",
            Label(zh=f"应用账号不能使用数据库：{words}", en=f"the application cannot use the database: {words}"),
            Label(
                zh="运行 hub init；若设置了 DATABASE_APP_URL，请核对",
                en="Run `hub init`; check DATABASE_APP_URL if set",
            ),
        )
    finally:
        opened.close()


def _not_at_work(server: EmbeddedServer) -> Finding | None:
    """What keeps us from looking into the embedded database; None while it answers."""
    if not server.cluster.exists():
        try:
            server_account().check()
        except NoServerAccount as error:
            return Finding(_SUBJECT, "wrong", error.label)
        return Finding(
            _SUBJECT,
            "wrong",
            Label(zh="还没有建立", en="not created yet"),
            Label(zh="运行 hub init", en="Run `hub init`"),
        )
    log = Label(zh=f"查看 {server.log}", en=f"Read {server.log}")
    if server.is_running():
        if server.answers():
            return None
        return Finding(_SUBJECT, "wrong", Label(zh="正在运行，但没有响应", en="running, but not responding"), log)
    if server.is_used():
        return Finding(
            _SUBJECT,
            "wrong",
            Label(zh="系统正在运行，但内置数据库已停止", en="a hub is running, but its embedded database has ended"),
            Label(
                zh=f"系统会自动重新启动数据库；一分钟后仍未恢复，请查看磁盘空间和 {server.log}",
                en=f"The hub starts it again; if it is not back in a minute, look at the disk space and {server.log}",
            ),
        )
    return Finding(
        _SUBJECT,
        "warning",
        Label(
            zh="没有启动，因为系统没有在运行；其中的内容没有检查",
            en="stopped, because no hub is running; its content was not checked",
        ),
        Label(
            zh="启动 hub serve；或运行 hub doctor --start 启动数据库检查",
            en="Start `hub serve`, or run `hub doctor --start`",
        ),
    )


def _look_into(opened: Database, settings: Settings, at: datetime, *, fields: bool) -> Iterator[Finding]:
    url = opened.app_url()
    with psycopg.connect(conninfo(url), autocommit=True, connect_timeout=10) as connection:
        connection.execute("SET statement_timeout = '60s'")
        number = connection.info.parameter_status("server_version")
        kind = _embedded_kind(opened.server) if opened.server else untranslated(safe_address(url))
        yield Finding(_SUBJECT, "ok", Label(zh=f"PostgreSQL {number}，{kind.zh}", en=f"PostgreSQL {number}, {kind.en}"))
        yield contents.role(connection)
        yield from _keys_fit(connection, settings)
        yield contents.clock(connection, at)
        yield contents.calendar(connection, local_date(at))
        yield contents.next_steps(connection)
        yield contents.outbox(connection, at)
        yield from contents.modules(connection)
        yield upkeep.backup(connection, settings, at)
    if fields:
        yield damaged_fields(opened.owner_url, settings)


def _keys_fit(connection: psycopg.Connection, settings: Settings) -> Iterator[Finding]:
    """Whether these are the keys that the data was written with. A file that cannot be read is another finding."""
    subject = Label(zh="密钥与数据", en="Keys and data")
    try:
        check_keys(connection, FieldCipher(read_keys(settings.keys_file)))
    except (KeysMissing, FileDamaged):
        return
    except HubError as error:
        yield Finding(subject, "wrong", error.label)
    else:
        yield Finding(subject, "ok", Label(zh="相符", en="they match"))


def _embedded_kind(server: EmbeddedServer) -> Label:
    other, folder = server.launcher.account.other, server.launcher.programs.folder
    if other is None:
        return Label(zh="内置", en="embedded")
    return Label(
        zh=f"内置；以账号 {other.name} 运行，程序在 {folder}",
        en=f"embedded; it runs as {other.name}, its programs are in {folder}",
    )
