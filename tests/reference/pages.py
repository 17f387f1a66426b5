"""The pages of the reference by file name, and what renders each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.reference import (
    audit_actions,
    codes,
    command_line,
    compatibility,
    hooks,
    http_api,
    kit,
    modules_api,
    settings,
    states,
)
from tests.reference.text import table

FOLDER = Path(__file__).parents[2] / "docs" / "reference"

PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "command-line.md": ("`hub` and its commands · 命令", command_line.render),
    "settings.md": ("Environment variables · 设置", settings.render),
    "states.md": ("States and transitions of referrals and modules · 状态与变化", states.render),
    "audit-actions.md": ("Audit actions · 操作记录", audit_actions.render),
    "codes.md": ("Code sets, data categories and fields · 代码表", codes.render),
    "http-api.md": ("The JSON API · 接口", http_api.render),
    "hooks.md": ("Hooks of a service module · 模块的函数", hooks.render),
    "values.md": ("Values that cross between hub and module · 模块的数据", modules_api.render_values),
    "manifest.md": ("Keys of `hub-module.toml` · 模块清单", modules_api.render_manifest),
    "kit.md": ("The author's kit: checks and fakes · 作者的测试工具", kit.render),
    "compatibility.md": ("What modules may rely on, and for how long · 兼容承诺", compatibility.render),
}
WRITTEN = {"glossary.md": "Terms: Chinese, English, name in the code · 术语表"}
"""Pages of the reference that are written by hand; the code does not know them."""
_NOTE = "<!-- Made by `make reference` from the code. Do not edit: change the code. -->\n\n"


def render_all() -> dict[str, str]:
    """Every generated page's text by file name, the index and the manifest's JSON Schema among them."""
    pages = {name: _NOTE + render() for name, (_, render) in PAGES.items()}
    titles = {name: title for name, (title, _) in PAGES.items()} | WRITTEN
    lines = table(("Page", "What"), ([f"[{name}]({name})", title] for name, title in titles.items()))
    schema = "The manifest's shape as JSON Schema, for editors: [manifest.schema.json](manifest.schema.json).\n"
    intro = "Every page here but the glossary is made from the code."
    pages["README.md"] = f"{_NOTE}# Reference · 参考\n\n{intro}\n\n{lines}\n{schema}"
    pages["manifest.schema.json"] = modules_api.render_schema()
    return pages
