"""`hub init`: a new installation, or the next version of one."""

from __future__ import annotations

import click

from referral_hub.cli.say import say
from referral_hub.settings import Settings
from referral_hub.storage import migrate
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.database import Database
from referral_hub.storage.errors import KeysMissing
from referral_hub.storage.files import private_folder
from referral_hub.storage.keys import make_keys
from referral_hub.storage.restoring import refuse_half_restored


def prepare(settings: Settings) -> Database:
    """Make data folder, keys, roles and tables, whatever of them is missing, and leave the database open.

    Raises `KeysMissing` for a database in use whose keys are gone: new ones could not read what it holds;
    `KeysDoNotFit` for keys of another one; `RestoreUnfinished`.
    """
    private_folder(settings.data)
    refuse_half_restored(settings)
    database = Database(settings)
    try:
        say_where_programs_are(database)
        _refuse_lost_keys(settings, database)
        keys = make_keys(settings.keys_file)
        database.prepare()
        database.accept_keys(FieldCipher(keys))
    except BaseException:
        database.close()
        raise
    return database


def say_where_programs_are(database: Database) -> None:
    """Say once, when it was done, that the hub put something outside its own folders."""
    if database.server is not None and (copy := database.server.launcher.copied_to) is not None:
        click.echo(
            say(
                f"数据库程序已复制到 {copy}：以 root 运行时，数据库改用无特权账号，而该账号进不了本程序所在的目录。"
                "数据仍在数据目录里。",
                f"The database programs were copied to {copy}: when started as root, the database runs under an "
                "unprivileged account, which cannot enter the folder of this installation. The data stays in the "
                "data folder.",
            )
        )


def _refuse_lost_keys(settings: Settings, database: Database) -> None:
    if not settings.keys_file.exists() and migrate.current(database.owner_url) is not None:
        raise KeysMissing(path=settings.keys_file)


@click.command(
    help=say(
        "新安装：建立数据目录、密钥、数据库账号和表。升级后再运行一次即可更新表结构；可重复运行。",
        "New installation: create the data folder, keys, database roles and tables. After an upgrade, run it again "
        "to update the tables. Safe to repeat.",
    )
)
def init() -> None:
    settings = Settings()
    is_new = not settings.keys_file.exists()
    database = prepare(settings)
    try:
        version = migrate.current(database.app_url())
    finally:
        database.close()
    click.echo(
        say(
            f"就绪。数据目录：{settings.data}；表结构：{version}",
            f"Ready. Data folder: {settings.data}; tables: {version}",
        )
    )
    if is_new:
        click.echo(
            say(
                f"密钥在 {settings.keys_file}。丢失密钥，加密的资料将永远无法读取：请现在就离线备份一份。\n"
                "下一步：hub user add 建立管理员账号，hub serve 启动。",
                f"The keys are in {settings.keys_file}. Without them nothing encrypted can ever be read again: put a "
                "copy in a safe place now.\nNext: `hub user add` for the first administrator, `hub serve` to start.",
            )
        )
