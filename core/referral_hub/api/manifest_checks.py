"""Checks of a manifest beyond its shape: keys, references, the stage graph, bounds, and neutral words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from referral_hub.api.manifest import Field, Form, Manifest, Service, Stage
from referral_hub.api.neutral import denied_words
from referral_hub.api.values import Problem
from referral_hub.i18n import Label

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,39}")
_HOST = re.compile(r"(?=.{1,253}:)[a-z0-9]([a-z0-9.-]*[a-z0-9])?:([1-9]\d{0,4})", re.IGNORECASE)
_FINAL = frozenset({"completed", "discontinued"})
# What one stage may lead to, by the state it stands for: the module's part of the hub's transition table.
_MOVES = {
    "accepted": frozenset({"accepted", "in_service"}),
    "in_service": frozenset({"in_service", "on_hold", "completed", "discontinued"}),
    "on_hold": frozenset({"on_hold", "in_service", "completed", "discontinued"}),
}
# Asked before any consent, so nothing that tells who or where the person is.
_NEVER_SCREENED = frozenset({"contact", "identity", "address", "bank"})
_RETENTION_LIMIT_DAYS = 3650
_OUTCOME_KEY = "outcome"


def check_manifest(manifest: Manifest) -> list[Problem]:
    """Every problem found, in the order of the file; empty when the manifest can be used."""
    return list(_check_all(manifest))


def _check_all(manifest: Manifest) -> Iterator[Problem]:
    yield from _check_key("key", manifest.key)
    if not _VERSION.fullmatch(manifest.version):
        yield _problem(
            "version",
            "请写明版本号，例如 1.2.0（最多 40 个字母、数字和 . + - _）。",
            "state the version, for example 1.2.0 (at most 40 letters, digits and . + - _).",
        )
    for index, host in enumerate(manifest.network):
        match = _HOST.fullmatch(host)
        if match is None or int(match[2]) > 65535:
            yield _problem(
                f"network[{index}]",
                f"“{host}”应写成 主机:端口，例如 example.org:443。",
                f"write “{host}” as host:port, for example example.org:443.",
            )
    yield from _check_fields("settings", manifest.settings, secrets=True)
    if not manifest.services:
        yield _problem("services", "至少要有一项服务。", "declare at least one service.")
    yield from _check_unique("services", [service.key for service in manifest.services])
    for index, service in enumerate(manifest.services):
        yield from _check_service(f"services[{index}]", service, manifest.key)
    for path, label in manifest.labels():
        yield from _check_words(path, label)


def _check_service(path: str, service: Service, module: str) -> Iterator[Problem]:
    prefix, _, own = service.key.partition(".")
    if prefix != module or not _KEY.fullmatch(own):
        yield _problem(
            f"{path}.key",
            f"服务代码“{service.key}”应写成 {module}.名称（小写字母、数字、下划线）。",
            f"write the service key “{service.key}” as {module}.name (lower-case letters, digits, underscores).",
        )
    if not service.needs:
        yield _problem(
            f"{path}.needs",
            "请写明服务于哪些需求。",
            "state which kinds of need it serves.",
        )
    yield from _check_numbers(path, service)
    yield from _check_wanted(path, service)
    yield from _check_fields(f"{path}.settings", service.settings, secrets=True)
    yield from _check_fields(f"{path}.intake", service.intake)
    for index, field in enumerate(service.intake):
        if field.category is None:
            yield _problem(
                f"{path}.intake[{index}].category",
                "接案问题必须写明信息类别，才能按同意书放行。",
                "an intake question must name its category of data, so that its release follows the consent.",
            )
    yield from _check_stages(f"{path}.stages", service.stages)
    yield from _check_places(path, service)
    yield from _check_forms(path, service)
    for name, keys in (
        ("units", [unit.key for unit in service.units]),
        ("outcomes", [choice.code for choice in service.outcomes]),
        ("event_kinds", [choice.code for choice in service.event_kinds]),
        ("flags", [choice.code for choice in service.flags]),
    ):
        yield from _check_keys(f"{path}.{name}", keys)
        if not keys and name not in ("event_kinds", "flags"):
            yield _problem(f"{path}.{name}", "不能为空。", "must not be empty.")


def _check_places(path: str, service: Service) -> Iterator[Problem]:
    """Who is accepted gets a place, so the first stage has it; what counts no places has none to free."""
    for index, stage in enumerate(service.stages):
        if stage.holds_place:
            continue
        at = f"{path}.stages[{index}].holds_place"
        if service.capacity != "places":
            yield _problem(at, "不按名额计的服务不用写 holds_place。", "this service counts no places; leave it out.")
        elif index == 0:
            yield _problem(at, "受理时就安排名额，第一个阶段必须占用。", "the first stage has to hold the place given.")


def _check_numbers(path: str, service: Service) -> Iterator[Problem]:
    times = {f"times.{name}": getattr(service.times, name) for name in service.times.__struct_fields__}
    for name, number in {**times, "offer_hours": service.offer_hours}.items():
        if number < 1:
            yield _problem(f"{path}.{name}", "必须大于零。", "must be greater than zero.")
    low, high = service.eligibility.min_age, service.eligibility.max_age
    if low is not None and high is not None and low > high:
        yield _problem(f"{path}.eligibility", "最小年龄大于最大年龄。", "the minimum age is above the maximum.")
    for index, months in enumerate(service.followup_months):
        if not 1 <= months <= 60:
            yield _problem(
                f"{path}.followup_months[{index}]",
                "应在 1 至 60 个月之间。",
                "must be 1 to 60 months.",
            )


def _check_wanted(path: str, service: Service) -> Iterator[Problem]:
    yield from _check_keys(f"{path}.fields", [field.name for field in service.fields])
    for index, field in enumerate(service.fields):
        if not 1 <= field.retention_days <= _RETENTION_LIMIT_DAYS:
            yield _problem(
                f"{path}.fields[{index}].retention_days",
                f"保存期限应在 1 至 {_RETENTION_LIMIT_DAYS} 天之间。",
                f"must be 1 to {_RETENTION_LIMIT_DAYS} days.",
            )
        if field.screening and (field.category in _NEVER_SCREENED or field.name == "display_name"):
            yield _problem(
                f"{path}.fields[{index}].screening",
                "能认出或找到本人的信息不能在取得同意之前使用。",
                "information that identifies or locates a person cannot be used before consent.",
            )


def _check_fields(path: str, fields: Sequence[Field], *, secrets: bool = False) -> Iterator[Problem]:
    yield from _check_keys(path, [field.key for field in fields])
    for index, field in enumerate(fields):
        at = f"{path}[{index}]"
        chooses = field.type in ("choice", "choices")
        if chooses != bool(field.choices):
            yield _problem(
                f"{at}.choices",
                "选择题要列出选项，其他类型不能有选项。",
                "a choice must list its choices; other types have none.",
            )
        yield from _check_unique(f"{at}.choices", [choice.code for choice in field.choices])
        if field.min is not None and field.max is not None and field.min > field.max:
            yield _problem(f"{at}.min", "最小值大于最大值。", "the minimum is above the maximum.")
        if field.type == "secret" and not secrets:
            yield _problem(f"{at}.type", "secret 只能用于设置。", "secret is for settings only.")


def _check_stages(path: str, stages: Sequence[Stage]) -> Iterator[Problem]:
    yield from _check_keys(path, [stage.key for stage in stages])
    by_key = {stage.key: stage for stage in stages}
    if not stages or stages[0].state != "accepted":
        yield _problem(
            path,
            "第一个阶段的状态必须是 accepted。",
            "the first stage must have the state accepted.",
        )
        return
    for index, stage in enumerate(stages):
        yield from _check_stage(f"{path}[{index}].next", stage, by_key)
    yield from _check_ways(path, stages, by_key)


def _check_stage(at: str, stage: Stage, by_key: dict[str, Stage]) -> Iterator[Problem]:
    if stage.state in _FINAL and stage.next:
        yield _problem(
            at,
            f"“{stage.key}”已是终点，后面不能再有阶段。",
            f"“{stage.key}” is final; no stage may follow it.",
        )
    if stage.state not in _FINAL and not stage.next:
        yield _problem(at, f"“{stage.key}”之后没有可进入的阶段。", f"no stage follows “{stage.key}”.")
    yield from _check_unique(at, stage.next)
    for key in stage.next:
        if key not in by_key:
            yield _problem(at, f"没有阶段“{key}”。", f"there is no stage “{key}”.")
        elif stage.state not in _FINAL and by_key[key].state not in _MOVES[stage.state]:
            yield _problem(
                at,
                f"转介不能从 {stage.state} 变为 {by_key[key].state}（{stage.key} → {key}）。",
                f"a referral cannot go from {stage.state} to {by_key[key].state} ({stage.key} → {key}).",
            )


def _check_ways(path: str, stages: Sequence[Stage], by_key: dict[str, Stage]) -> Iterator[Problem]:
    reached = _reach(stages[0].key, by_key)
    for index, stage in enumerate(stages):
        if stage.key not in reached:
            yield _problem(
                f"{path}[{index}]",
                f"无法到达阶段“{stage.key}”。",
                f"the stage “{stage.key}” cannot be reached.",
            )
    if not any(by_key[key].state == "completed" for key in reached):
        yield _problem(path, "没有可以到达的办结阶段。", "no completed stage can be reached.")
    for index, stage in enumerate(stages):
        if stage.state not in _FINAL and not any(by_key[k].state in _FINAL for k in _reach(stage.key, by_key)):
            yield _problem(
                f"{path}[{index}]",
                f"从“{stage.key}”无法到达终点。",
                f"no final stage can be reached from “{stage.key}”.",
            )


def _reach(start: str, by_key: dict[str, Stage]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        key = waiting.pop()
        if key in reached or key not in by_key:
            continue
        reached.add(key)
        waiting.extend(by_key[key].next)
    return reached


def _check_forms(path: str, service: Service) -> Iterator[Problem]:
    yield from _check_keys(f"{path}.forms", [form.key for form in service.forms])
    yield from _check_fields(f"{path}.outcome", service.outcome)
    for index, form in enumerate(service.forms):
        yield from _check_form(f"{path}.forms[{index}]", form, service)
    if not any(form.outcome for form in service.forms):
        yield _problem(
            f"{path}.forms",
            "至少要有一张填写结果的表（outcome = true），否则服务无法办结（R25）。",
            "a form must ask for the outcome (outcome = true); otherwise no service could be completed (R25).",
        )
    known = {field.key for form in service.forms for field in form.fields}
    for index, key in enumerate(service.private):
        if key not in known:
            yield _problem(
                f"{path}.private[{index}]",
                f"没有表格问题“{key}”。",
                f"no form asks “{key}”.",
            )


def _check_form(path: str, form: Form, service: Service) -> Iterator[Problem]:
    yield from _check_fields(f"{path}.fields", form.fields)
    if not form.stages:
        yield _problem(
            f"{path}.stages",
            "请写明在哪些阶段填写。",
            "state at which stages it is filled in.",
        )
    for key in form.stages:
        stage = service.stage(key)
        if stage is None:
            yield _problem(f"{path}.stages", f"没有阶段“{key}”。", f"there is no stage “{key}”.")
        elif stage.state in _FINAL and form.outcome:
            yield _problem(
                f"{path}.stages",
                "结果要在办结之前填写。",
                "the outcome must be filled in before the final stage.",
            )
    if form.outcome:
        taken = {field.key for field in service.outcome} | {_OUTCOME_KEY}
        for index, field in enumerate(form.fields):
            if field.key in taken:
                yield _problem(
                    f"{path}.fields[{index}].key",
                    f"“{field.key}”与结果问题重名。",
                    f"“{field.key}” is also the key of an outcome question.",
                )


def _check_keys(path: str, keys: Sequence[str]) -> Iterator[Problem]:
    for index, key in enumerate(keys):
        yield from _check_key(f"{path}[{index}]", key)
    yield from _check_unique(path, keys)


def _check_key(path: str, key: str) -> Iterator[Problem]:
    if not _KEY.fullmatch(key):
        yield _problem(
            path,
            f"代码“{key}”只能用小写字母、数字、下划线，以字母开头，最多 40 个字符。",
            f"the key “{key}” takes lower-case letters, digits, underscores, begins with a letter, 40 at most.",
        )


def _check_unique(path: str, keys: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            yield _problem(path, f"“{key}”出现了两次。", f"“{key}” appears twice.")
        seen.add(key)


def _check_words(path: str, label: Label) -> Iterator[Problem]:
    for language, text in (("zh", label.zh), ("en", label.en)):
        if not text.strip():
            yield _problem(f"{path}.{language}", "不能为空。", "must not be empty.")
        for word in denied_words(text):
            yield _problem(
                f"{path}.{language}",
                f"请换成中性的说法，不要出现“{word}”（R20）。",
                f"use neutral words; “{word}” must not appear (R20).",
            )


def _problem(path: str, zh: str, en: str) -> Problem:
    return Problem(field=path, message=Label(zh=f"{path}：{zh}", en=f"{path}: {en}"))
