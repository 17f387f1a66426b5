"""`hub keys`: the keys that encrypt personal information."""

from __future__ import annotations

import click

from referral_hub.cli.say import say


@click.group(help=say("密钥。", "Keys."))
def keys() -> None:
    """Holds the command below."""


@keys.command(
    help=say(
        "换用新密钥：此后写入的资料都用新密钥加密，旧密钥仍保留，用来读取以前的资料。\n\n"
        "请先停止 hub serve，换好后再启动：运行中的服务不认识新密钥。随后请备份密钥文件。",
        "Switch to a new key: data written from now on is encrypted with it. The old keys are kept so that earlier "
        "data can be read.\n\nStop `hub serve` first and start it again afterwards: a running server does not know "
        "the new key. Then back up the key file.",
    )
)
def rotate() -> None:
    from referral_hub.actor import system_actor
    from referral_hub.audit.entries import record_audit_entry
    from referral_hub.audit.subjects import AuditSubject
    from referral_hub.hub import open_hub
    from referral_hub.settings import Settings
    from referral_hub.storage.cipher import FieldCipher
    from referral_hub.storage.keys import rotate_keys

    settings = Settings()
    hub = open_hub(settings)
    try:
        by = system_actor(via="cli")
        with hub.transaction(by) as session:
            record_audit_entry(session, "keys.rotate", about=AuditSubject("keys"), by=by, at=hub.clock.now())
            rotated = rotate_keys(settings.keys_file)
            active = rotated.active
        hub.database.accept_keys(FieldCipher(rotated))
    finally:
        hub.close()
    click.echo(
        say(
            f"已换用新密钥 {active}。请启动服务，并备份 {settings.keys_file}：旧的密钥备份读不了今后写入的资料。",
            f"The new key {active} is in use. Start the server and back up {settings.keys_file}: an older backup of "
            "the keys cannot read data written from now on.",
        )
    )
