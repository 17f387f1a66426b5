"""`hub modules new`: the beginning of a module."""

from __future__ import annotations

from pathlib import Path

import click

from referral_hub.cli.say import say


@click.command(
    help=say(
        "生成一个可以运行的模块，例如：\n\nhub modules new 法律援助 --service legal.advice=法律咨询\n\n"
        "生成后先在目录里运行 python -m pytest，再改清单和代码。不会覆盖已有的文件。",
        "Write a working module, for example:\n\nhub modules new 法律援助 --service legal.advice=法律咨询\n\n"
        "Run python -m pytest in its folder, then change manifest and code. Nothing is ever overwritten.",
    )
)
@click.argument("name")
@click.option(
    "--service",
    "services",
    multiple=True,
    required=True,
    metavar="KEY[=TITLE]",
    help=say(
        "服务代码：模块.服务，可加“=名称”；可写多次", "Key of a service: module.service, with =title; may be repeated"
    ),
)
@click.option(
    "--key", help=say("模块代码，默认取自 --service 或名称", "The module's key, unless given by --service or NAME")
)
@click.option("--english", help=say("英文名称", "Its name in English"))
@click.option("--provider", help=say("提供服务的机构", "The organisation that provides it"))
@click.option("--need", help=say("服务于哪种需求，例如 legal", "The kind of need it serves, for example legal"))
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help=say("写到哪个目录，默认 ./hub-代码", "The folder to write to, default ./hub-KEY"),
)
def new(
    name: str,
    services: tuple[str, ...],
    key: str | None,
    english: str | None,
    provider: str | None,
    need: str | None,
    folder: Path | None,
) -> None:
    from referral_hub.scaffold.generate import plan_module, write_module

    plan = plan_module(name, services, key=key, english=english, provider=provider, need=need)
    folder = folder or Path(f"hub-{plan.key.replace('_', '-')}")
    for file in write_module(plan, folder):
        click.echo(str(file))
    click.echo(
        say(
            f"已生成模块 {plan.key}。下一步：cd {folder} && python -m pytest，然后 hub modules try .",
            f"The module {plan.key} has been generated. Next: cd {folder} && python -m pytest, then hub modules try .",
        )
    )
