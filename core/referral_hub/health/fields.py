"""A pass over every encrypted field: each is decrypted, and what cannot be read is counted by table and column."""

from __future__ import annotations

from string import Formatter

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy import URL

from referral_hub.health.finding import Finding
from referral_hub.i18n import Label
from referral_hub.settings import Settings
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.engine import connect_owner
from referral_hub.storage.errors import FieldDamaged, KeyUnknown
from referral_hub.storage.keys import read_keys
from referral_hub.storage.sealed_columns import SEALED

_BATCH = 1000
_NAMED = 3


def damaged_fields(owner: URL, settings: Settings) -> Finding:
    """Read as the owner of the tables, in one snapshot; nothing that is decrypted is kept or shown."""
    subject = Label(zh="加密字段", en="Encrypted fields")
    cipher = FieldCipher(read_keys(settings.keys_file))
    total, damaged = 0, list[str]()
    with connect_owner(owner) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for (table, column), context in SEALED.items():
            read, lost = _pass(connection, cipher, table, column, context)
            total += read
            damaged += lost
    if not damaged:
        return Finding(subject, "ok", Label(zh=f"{total} 个，都能读取", en=f"{total}, all can be read"))
    some = ", ".join(damaged[:_NAMED])
    return Finding(
        subject,
        "wrong",
        Label(
            zh=f"{total} 个中有 {len(damaged)} 个无法读取：{some}",
            en=f"{len(damaged)} of {total} cannot be read: {some}",
        ),
        Label(
            zh="从备份中找回这些行；其余资料不受影响",
            en="Take these rows from a backup; nothing else is affected",
        ),
    )


def _pass(
    connection: psycopg.Connection, cipher: FieldCipher, table: str, column: str, context: str
) -> tuple[int, list[str]]:
    parts = [name for _, name, _, _ in Formatter().parse(context) if name]
    wanted = sql.SQL("SELECT {} FROM {} WHERE {} IS NOT NULL").format(
        sql.SQL(", ").join(sql.Identifier(name) for name in (column, *parts)),
        sql.Identifier(table),
        sql.Identifier(column),
    )
    read, lost = 0, []
    with connection.cursor(f"pass_{table}_{column}", row_factory=dict_row) as rows:
        rows.itersize = _BATCH
        for row in rows.execute(wanted):
            read += 1
            try:
                cipher.decrypt(bytes(row[column]), context.format(**row))
            except (FieldDamaged, KeyUnknown):
                lost.append(f"{table}.{column} {row[parts[0]]}")
    return read, lost
