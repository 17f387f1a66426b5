"""Which errors mean that the database or the disk fails us for a time, and not that the hub is at fault.

Whoever meets one says so and asks to try again: pages and API with 503, the command line with a sentence.
"""

from __future__ import annotations

import errno
from typing import ClassVar

import psycopg
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from referral_hub.errors import HubError


class Outage(HubError):
    """Nothing was changed, or it cannot be known; what was sent may be sent again. `reason` is for the operator."""

    status: ClassVar[int] = 503

    def __init__(self, reason: str = "") -> None:
        self.reason = reason
        super().__init__()


class DatabaseAway(Outage):
    zh = "数据库暂时连接不上，系统正在重新连接。请稍后再试。"
    en = "The database cannot be reached at the moment; the hub is reconnecting. Please try again shortly."


class DatabaseBusy(Outage):
    zh = "数据库现在太忙，这次操作没有在限定时间内完成，没有改动任何内容。请稍后再试。"
    en = (
        "The database is too busy: the operation was not completed in time and nothing was changed. Please try "
        "again shortly."
    )


class DiskFull(Outage):
    zh = "服务器的磁盘已满，暂时不能保存。请通知系统管理员，稍后再试。"
    en = "The server's disk is full, so nothing can be saved. Please tell the administrator and try again later."


class FileOutOfReach(Outage):
    zh = "服务器不能读写所需的文件。请系统管理员检查目录的权限和磁盘，再试一次。"
    en = (
        "The server may not read or write a file. The administrator should check the folder's permissions and the disk."
    )


_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}
_BUSY_STATES = {
    "57014",  # the time for a statement is over
    "55P03",  # the time to wait for a lock is over
    "40P01",  # a deadlock
    "40001",  # two changes that exclude each other
    "25P04",  # the time for a transaction is over
}
# Connections, who may connect, resources, the system; then the server's end and beginning, a standby, no database.
_AWAY_CLASSES = ("08", "28", "53", "58")
_AWAY_STATES = {"57P01", "57P02", "57P03", "57P05", "25006", "3D000"}
_DISK_FULL_STATE = "53100"


def outage_of(error: BaseException) -> Outage | None:
    """What the error means to whoever waits for an answer; None for every error that is no outage."""
    if isinstance(error, PoolTimeout):
        return DatabaseBusy("no connection was free")
    if isinstance(error, PendingRollbackError):
        return DatabaseAway(type(error).__name__)
    if isinstance(error, DBAPIError):
        return outage_of(error.orig) if error.orig is not None else None
    if isinstance(error, psycopg.Error):
        return _database_outage(error)
    if isinstance(error, OSError):
        return _disk_outage(error)
    return None


def _database_outage(error: psycopg.Error) -> Outage | None:
    state = error.sqlstate
    if state is None:
        # What the driver itself finds: a connection that is not made, breaks, or was closed.
        away = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
        return DatabaseAway(str(error).strip()) if away else None
    if state == _DISK_FULL_STATE:
        return DiskFull(str(error).strip())
    if state in _BUSY_STATES:
        return DatabaseBusy(str(error).strip())
    if state in _AWAY_STATES or state.startswith(_AWAY_CLASSES):
        return DatabaseAway(str(error).strip())
    return None


def _disk_outage(error: OSError) -> Outage | None:
    if error.errno in _FULL:
        return DiskFull(str(error.filename or ""))
    if error.errno in _REFUSED:
        return FileOutOfReach(f"{error.filename}: {error.strerror}")
    return None
