"""Modules made for a test: package, manifest and installed metadata, in a folder as `pip --target` leaves it."""

from __future__ import annotations

import textwrap
from pathlib import Path

MANIFEST = """
api = "1.0"
key = "{key}"
version = "1.0.0"
name = {{ zh = "法律服务", en = "Legal help" }}
public_label = {{ zh = "法律服务", en = "Legal help" }}
provider = {{ zh = "某事务所", en = "A law office" }}
network = {network}

[[services]]
key = "{key}.advice"
title = {{ zh = "法律咨询", en = "Legal advice" }}
needs = ["legal"]
capacity = "open"
capacity_unit = {{ zh = "名额", en = "slots" }}
fields = [
  {{ name = "display_name", category = "basic", retention_days = 90, purpose = {{ zh = "称呼", en = "Address" }} }},
  {{ screening = true, name = "age_band", category = "basic", retention_days = 9, purpose = {{zh = "年", en = "Age"}}}},
]
stages = [
  {{ key = "agreed", state = "accepted", next = ["advising"], title = {{ zh = "已约定", en = "Agreed" }} }},
  {{ key = "advising", state = "in_service", next = ["done"], title = {{ zh = "咨询中", en = "Advising" }} }},
  {{ key = "done", state = "completed", title = {{ zh = "办结", en = "Done" }} }},
]
units = [{{ key = "time", title = {{ zh = "次", en = "times" }} }}]
flags = [{{ code = "call", label = {{ zh = "请联系", en = "Call" }} }}]
outcomes = [{{ code = "goal_met", label = {{ zh = "目标达成", en = "Goal met" }} }}]
outcome = [{{ key = "letters", type = "integer", min = 0, max = 9, label = {{ zh = "信函", en = "Letters" }} }}]
forms = [
  {{ key = "talk", stages = ["agreed", "advising"], title = {{ zh = "面谈", en = "Talk" }}, fields = [
    {{ key = "minutes", type = "integer", label = {{ zh = "分钟", en = "Minutes" }} }},
  ] }},
  {{ key = "close", outcome = true, stages = ["advising"], title = {{ zh = "办结", en = "Close" }} }},
]
"""

HOOKS = """
from referral_hub.api import (
    Acknowledgement, Changes, Label, Problem, Receipt, Screening, ServiceEvent, hookimpl,
)

def say(text):
    return [Problem(message=Label(zh=text, en=text))]

@hookimpl
def hub_check_settings(settings):
    return globals()[settings["do"]](settings) if "do" in settings else []

@hookimpl
def hub_receive(referral, documents, settings, now):
    return Receipt(decision="accepted")

@hookimpl
def hub_apply(entry, documents, settings, now):
    return Changes()

@hookimpl
def hub_withdraw(withdrawal, documents, now):
    return Acknowledgement(deleted=True)
"""


def write_module(
    folder: Path,
    key: str = "legal",
    *,
    code: str = "",
    hooks: str = HOOKS,
    manifest: str | None = MANIFEST,
    network: str = "[]",
    entry: str | None = None,
) -> Path:
    """Write module `key` into `folder/key` as an installed distribution; returns that place."""
    place = folder / key
    package = place / f"hub_{key}"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(textwrap.dedent(hooks) + textwrap.dedent(code), encoding="utf-8")
    if manifest is not None:
        text = manifest.format(key=key, network=network) if manifest is MANIFEST else manifest
        (package / "hub-module.toml").write_text(text, encoding="utf-8")
    info = place / f"{key}_module-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {key}-module\nVersion: 1.0.0\n", encoding="utf-8")
    entry = f"[referral_hub.modules]\n{key} = hub_{key}\n" if entry is None else entry
    (info / "entry_points.txt").write_text(entry, encoding="utf-8")
    return place
