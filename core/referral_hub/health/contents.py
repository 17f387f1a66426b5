"""What the database tells of itself and of the hub, read as the application reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, LiteralString

import psycopg

from referral_hub.calendar.working_days import covers_year
from referral_hub.health.finding import Finding
from referral_hub.i18n import Label
from referral_hub.tasks.standing import FIX, standing_still

_CLOCK_MAY_DIFFER = timedelta(seconds=5)
RECORDS_MAY_LIE_AHEAD = timedelta(minutes=5)
_OUTBOX_WAITS = timedelta(minutes=15)


def role(connection: psycopg.Connection) -> Finding:
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


def clock(connection: psycopg.Connection, at: datetime) -> Finding:
    """Whether this machine's clock agrees with the database's, and neither lies behind what was recorded."""
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    apart = abs(datetime.now(UTC) - row[0])
    newest = newest_entry(connection)
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
    if newest is not None and newest > at + RECORDS_MAY_LIE_AHEAD:
        return Finding(
            subject,
            "wrong",
            Label(zh=f"比最新的记录（{newest:%Y-%m-%d}）还早", en=f"is behind the newest record ({newest:%Y-%m-%d})"),
            Label(
                zh="校准时钟并开启时间同步（NTP）；时钟不准，期限和同意的有效期都会算错",
                en="Set the clock and enable time synchronisation (NTP): every deadline and consent depends on it",
            ),
        )
    return Finding(subject, "ok", Label(zh="与数据库一致", en="agrees with the database"))


def calendar(connection: psycopg.Connection, today: date) -> Finding:
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


def next_steps(connection: psycopg.Connection) -> Finding:
    subject = Label(zh="下一步", en="Next steps")
    standing = standing_still(connection)
    if standing is not None:
        return Finding(subject, "wrong", standing, FIX)
    return Finding(subject, "ok", Label(zh="未结的都有下一步和日期", en="every open item has a next step with a date"))


def newest_entry(connection: psycopg.Connection) -> datetime | None:
    """When the newest record was made."""
    found: datetime | None = _as_system(connection, "SELECT hub_newest_entry()")[0][0]
    return found


def outbox(connection: psycopg.Connection, at: datetime) -> Finding:
    """Messages to modules that nobody has taken: the module is out of order, or no hub is running."""
    subject = Label(zh="待投递的消息", en="Messages to modules")
    rows = _as_system(connection, "SELECT module_key, waiting, oldest_at FROM hub_waiting_deliveries()")
    late = [(module, waiting) for module, waiting, oldest_at in rows if at - oldest_at > _OUTBOX_WAITS]
    if not late:
        return Finding(subject, "ok", Label(zh="没有积压", en="none is late"))
    named = ", ".join(f"{module} {waiting}" for module, waiting in late)
    return Finding(
        subject,
        "warning",
        Label(zh=f"等待超过 15 分钟：{named}", en=f"waiting for more than 15 minutes: {named}"),
        Label(
            zh="看“模块”页面上的原因；没有运行 hub serve 时不会投递",
            en="The page “Modules” says why; nothing is delivered while no `hub serve` runs",
        ),
    )


def modules(connection: psycopg.Connection) -> Iterator[Finding]:
    """Modules that the database knows and this machine lacks; only what is wrong."""
    for (key,) in connection.execute("SELECT key FROM module WHERE state = 'missing' ORDER BY key").fetchall():
        yield Finding(
            Label(zh=f"模块 {key}", en=f"Module {key}"),
            "warning",
            Label(zh="已登记，但这台机器上没有安装", en="is registered, but not installed on this machine"),
            Label(
                zh="重新安装这个模块，再在“模块”页面启用", en="Install it again, then enable it on the page “Modules”"
            ),
        )


def _as_system(connection: psycopg.Connection, question: LiteralString) -> list[tuple[Any, ...]]:
    """Ask what only the hub itself is told; the scope ends with the question."""
    with connection.transaction():
        connection.execute("SELECT set_config('hub.role', 'system', true)")
        return connection.execute(question).fetchall()
