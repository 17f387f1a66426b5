"""`hub backup` and `hub restore`."""

from __future__ import annotations

from pathlib import Path

import click

from referral_hub.calendar.clock import local_datetime
from referral_hub.cli.say import say
from referral_hub.settings import Settings
from referral_hub.storage.backup import restore_backup, write_backup
from referral_hub.storage.database import Database

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    help=say(
        "把整个数据库和密钥备份到一个文件；不影响正在运行的服务。\n\n"
        "文件里有密钥：拿到它的人能读取全部资料，请像密钥一样保管。"
        "用 --without-keys 不放入密钥，恢复时须另行提供 keys.json。",
        "Back up the whole database and the keys into one file while the hub keeps running.\n\nThe file contains "
        "the keys: whoever has it can read everything, so protect it like the keys. With --without-keys they are "
        "left out, and a restore needs keys.json from elsewhere.",
    )
)
@click.argument("file", type=_FILE)
@click.option("--without-keys", is_flag=True, help=say("不放入密钥", "Leave the keys out"))
@click.option("--replace", is_flag=True, help=say("覆盖同名文件", "Overwrite a file of that name"))
def backup(file: Path, *, without_keys: bool, replace: bool) -> None:
    if file.exists() and not replace:
        raise click.ClickException(
            say(
                f"{file} 已存在。换个名字，或加 --replace。",
                f"{file} already exists. Choose another name, or add --replace.",
            )
        )
    if not file.absolute().parent.is_dir():
        raise click.ClickException(say(f"没有这个文件夹：{file.parent}", f"There is no folder {file.parent}"))
    settings = Settings()
    click.echo(say("正在备份…", "Backing up …"), err=True)
    database = Database(settings)
    try:
        about = write_backup(settings, database, file, with_keys=not without_keys)
    finally:
        database.close()
    size = file.stat().st_size // 1024
    click.echo(say(f"已备份 {about.total} 行，{size} KB：{file}", f"{about.total} rows, {size} KB: {file}"))


@click.command(
    help=say(
        "把备份恢复到空数据库（新的 HUB_DATA，或空的 DATABASE_URL），并核对行数和密钥。",
        "Restore a backup into an empty database (a new HUB_DATA, or an empty DATABASE_URL) and check rows and keys.",
    )
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    settings = Settings()
    click.echo(say("正在恢复…", "Restoring …"), err=True)
    about = restore_backup(settings, file)
    made = f"{local_datetime(about.made_at):%Y-%m-%d %H:%M}"
    click.echo(
        say(
            f"已恢复 {made} 的备份，共 {about.total} 行，核对无误。现在可以运行 hub serve。",
            f"Restored the backup of {made}: {about.total} rows, all checked. `hub serve` can start now.",
        )
    )
