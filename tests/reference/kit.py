"""The author's kit: every check with its level, and the names that tests may use."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from tests.reference.text import first_paragraph, prose, table

from referral_hub import testing
from referral_hub.testing import checks

_QUOTED = re.compile(r": '([^']*)'")
_NAMES = (
    "ModuleContract",
    "FakeHub",
    "SimulatedReferral",
    "FakeCase",
    "FakeConsent",
    "FakeClock",
    "News",
    "DueItem",
    "ModuleReferral",
)
_ERRORS = ("FormRefused", "HubError", "CheckFailed")
_HOW_TO = """How to use it: [Write tests for your module](../how-to/write-tests-for-your-module.md) ·
[给模块写测试](../how-to/write-tests-for-your-module.zh-CN.md).
"""
_CHECKS = """`ModuleContract` runs each of them twice, in the test's process and in a worker; `hub modules check KEY`
runs them on an installed module, in its worker. Before a module is enabled it must pass every required one. What a
bridge promises about its news is only asked of modules that have `hub_poll`.

`ModuleContract` 在测试进程和工作进程里各运行一遍；`hub modules check KEY` 检查已安装的模块。
“必须”的全部通过，模块才能启用。关于消息的几项只对有 `hub_poll` 的模块有要求。
"""
_INSIDE = ("Subject", "InProcess", "InWorker", "find_home", "load_manifest")


def render() -> str:
    return "\n".join(
        [
            "# The author's kit · 作者的测试工具\n",
            prose(testing.__doc__) + "\n",
            _HOW_TO,
            "## Checks · 检查\n",
            _CHECKS,
            table(
                ("Check", "Level · 级别", "What it demands, and whom it protects", "要求什么，保护谁"),
                (
                    (
                        f"[`{check.name}`](#{check.name})",
                        f"{check.level} · {checks.LEVELS[check.level].zh}",
                        f"**{check.title.en}.** {check.protects.en}",
                        f"**{check.title.zh}。**{check.protects.zh}",
                    )
                    for check in checks.CHECKS
                ),
            ),
            "### How to fix what fails · 没有通过怎么改\n",
            *(f"#### {check.name}\n\n{check.fix.en}\n\n{check.fix.zh}\n" for check in checks.CHECKS),
            "## Names · 名称\n",
            "From `referral_hub.testing`. They grow, they do not break.\n",
            *(_class(name) for name in _NAMES),
            "### Errors · 错误\n",
            _words(_ERRORS),
            "### For tools · 给工具用的\n",
            _words(_INSIDE),
        ]
    )


def _words(names: tuple[str, ...]) -> str:
    return table(("Name", "What"), ((f"`{name}`", first_paragraph(getattr(testing, name).__doc__)) for name in names))


def _class(name: str) -> str:
    kind: type[Any] = getattr(testing, name)
    return f"### {name}\n\n{prose(kind.__doc__)}\n\n" + table(("Member", "What"), _members(kind))


def _members(kind: type[Any]) -> Iterator[tuple[str, str]]:
    """Public methods and properties of the class itself and of what it extends, with their first words."""
    if not issubclass(kind, msgspec.Struct) and "__init__" in vars(kind):
        yield f"`{kind.__name__}{_signature(kind.__init__)}`", "makes one"
    seen: set[str] = set()
    for base in kind.__mro__:
        if not base.__module__.startswith(("referral_hub.testing", "referral_hub.calendar.clock")):
            continue
        for name, member in vars(base).items():
            if name.startswith("_") or name in seen:
                continue
            seen.add(name)
            function = getattr(member, "__func__", member)
            if isinstance(member, property):
                yield f"`{name}`", first_paragraph(member.__doc__)
            elif inspect.isfunction(function) and function.__doc__:
                yield f"`{name}{_signature(function)}`", first_paragraph(function.__doc__)


def _signature(function: Any) -> str:
    signature = inspect.signature(function)
    own = [one for name, one in signature.parameters.items() if name not in ("self", "cls")]
    return _QUOTED.sub(r": \1", str(signature.replace(parameters=own, return_annotation=inspect.Signature.empty)))
