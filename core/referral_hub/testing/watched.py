"""What a module does beside answering: the fields it asks for, what it prints, what it imports, how long it takes."""

from __future__ import annotations

import ast
import time
from collections.abc import Collection, Iterator
from typing import Any

from referral_hub.api import Withdrawal
from referral_hub.isolation.limits import Limits
from referral_hub.testing import samples
from referral_hub.testing.check import demand, offerings
from referral_hub.testing.subject import Subject
from referral_hub.testing.walk import walk

_OPEN = ("referral_hub.api", "referral_hub.testing")


def only_declared_fields_are_read(subject: Subject) -> None:
    """Fields it did not declare are monitored, in screening, in receiving and when a form is filled in."""
    for hook, args, declared in _calls(subject):
        undeclared = subject.watch(hook, declared=declared, **args).undeclared
        names = "、".join(undeclared)
        demand(
            not undeclared,
            f"{hook} 读取了清单没有声明的信息：{names}",
            f"{hook} reads fields that the manifest does not declare: {names}",
        )


def nothing_is_printed(subject: Subject) -> None:
    """Standard output belongs to nobody; what a module has to say it says in its reply."""
    before = 0
    for hook, args, declared in _calls(subject):
        seen = subject.watch(hook, declared=declared, **args)
        before = max(before, seen.printed_before)
        demand(
            not seen.printed,
            f"{hook} 向标准输出打印了 {seen.printed} 个字节",
            f"{hook} printed {seen.printed} bytes to standard output",
        )
    demand(
        not before,
        f"在导入时或者更早的调用中，向标准输出打印了 {before} 个字节",
        f"it printed {before} bytes to standard output when it was imported, or in an earlier call",
    )


def of_the_hub_only_the_public_names_are_imported(subject: Subject) -> None:
    for file in sorted(subject.home.rglob("*.py")):
        for line, name in _imports(ast.parse(file.read_text(encoding="utf-8"))):
            place = f"{file.relative_to(subject.home.parent).as_posix()}:{line}"
            demand(
                not name.startswith("referral_hub") or name.startswith(_OPEN),
                f"{place} 导入了 {name}；公开的只有 {'、'.join(_OPEN)}",
                f"{place} imports {name}; only {' and '.join(_OPEN)} are public",
            )


def every_stage_can_be_reached(subject: Subject) -> None:
    """By filling in the forms with example answers."""
    for service in subject.manifest.services:
        steps = list(walk(subject, service))
        reached = {service.stages[0].key} | {step.changes.stage or step.entry.stage for step in steps}
        missed = [stage.key for stage in service.stages if stage.key not in reached]
        demand(
            not missed,
            f"{service.key}：没有表格通向阶段 {'、'.join(missed)}",
            f"{service.key}: no form leads to the stage {', '.join(missed)}",
        )


def replies_come_well_within_the_time_limit(subject: Subject) -> None:
    """In half the time the hub waits. That it waits no longer is seen by every check that runs in a worker."""
    limits = Limits()
    subject.call("hub_check_settings", settings=subject.settings)  # starting is not answering
    for hook, args, _ in _calls(subject):
        began = time.monotonic()
        subject.call(hook, **args)
        taken, most = time.monotonic() - began, limits.for_hook(hook) / 2
        demand(
            taken < most,
            f"{hook} 用了 {taken:.1f} 秒，最好不超过 {most:g} 秒",
            f"{hook} took {taken:.1f} s; it should take no more than {most:g} s",
        )


def _calls(subject: Subject) -> Iterator[tuple[str, dict[str, Any], Collection[str]]]:
    """Every hook at least once, every form in one way, with the fields of the client that each may read."""
    settings, now = subject.settings, samples.NOW
    shared: dict[str, Any] = {"documents": [], "settings": settings, "now": now}
    yield "hub_check_settings", {"settings": settings}, ()
    for service, offering in offerings(subject):
        declared = {field.name for field in service.fields} | {field.key for field in service.intake}
        enquiry = samples.enquiry_of(service)
        yield (
            "hub_screen",
            {"enquiry": enquiry, "offering": offering, "settings": settings},
            service.screening_names(),
        )
        referral = samples.referral_of(service, offering, everything=True)
        yield "hub_receive", {"referral": referral, **shared}, declared
        forms: set[tuple[str, str]] = set()
        for step in walk(subject, service):
            if (step.entry.stage, step.entry.form) not in forms:
                forms.add((step.entry.stage, step.entry.form))
                yield "hub_apply", step.args(), declared
        yield "hub_capacity", {"offering": offering, "documents": [], "now": now}, ()
        yield "hub_withdraw", {"withdrawal": Withdrawal(referral_id=referral.id, reason="withdrawn"), **shared}, ()
    yield "hub_poll", {"cursor": None, "settings": settings, "now": now}, ()


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module
            if node.module == "referral_hub":
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
