"""The command line, as it describes itself in both languages. Each language is read in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import click
import msgspec
from tests.reference.text import table


class Option(msgspec.Struct, frozen=True):
    """One option: how it is typed, and what it does."""

    typed: str
    help: str


class Command(msgspec.Struct, frozen=True):
    """One command, with its place in the tree, as one language tells it."""

    path: str
    usage: str
    help: str
    options: list[Option]


_INTRODUCTION = """\
`referral-hub` is the same program as `hub`. Exit codes: 0 done, 1 refused or failed, 2 called wrongly. The language
follows `HUB_LANG`, then the system's. In a clone, the program is `.venv/bin/hub`.
"""


def render() -> str:
    chinese, english = _read("zh"), _read("en")
    parts = [
        "# Command line · 命令\n",
        _INTRODUCTION,
    ]
    for zh, en in zip(chinese, english, strict=True):
        parts.append(f"## `{en.path}`\n\n```text\n{en.usage}\n```\n\n{en.help}\n\n{zh.help}\n")
        if en.options:
            rows = ((f"`{o.typed}`", o.help, z.help) for o, z in zip(en.options, zh.options, strict=True))
            parts.append(table(("Option", "What it does", "作用"), rows))
    return "\n".join(parts)


def _read(language: str) -> list[Command]:
    told = subprocess.run(
        [sys.executable, "-m", "tests.reference.command_line"],
        env=os.environ | {"HUB_LANG": language},
        capture_output=True,
        check=True,
    )
    return msgspec.json.decode(told.stdout, type=list[Command])


def _commands() -> Iterator[Command]:
    from referral_hub.cli.group import hub

    yield from _below(hub, click.Context(hub, info_name="hub", max_content_width=100, terminal_width=100))


def _below(command: click.Command, context: click.Context) -> Iterator[Command]:
    yield Command(
        path=context.command_path,
        usage=command.get_usage(context).partition(": ")[2],
        help=(command.help or "").strip(),
        options=[
            Option(" / ".join((*option.opts, *option.secondary_opts)) + _value(option, context), option.help or "")
            for option in command.params
            if isinstance(option, click.Option) and option.name not in ("help", "version")
        ],
    )
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _below(child, click.Context(child, info_name=name, parent=context, terminal_width=100))


def _value(option: click.Option, context: click.Context) -> str:
    return "" if option.is_flag else f" {option.make_metavar(context)}"


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(list(_commands())))
