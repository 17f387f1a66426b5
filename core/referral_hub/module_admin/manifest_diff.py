"""What an upgrade changes of what was approved. Asking for more waits for an administrator; the rest applies itself.

A consent names the fields it covers, so a field that an upgrade adds is in no consent given before (R7): the client
is asked again, whatever was approved here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from referral_hub.api import Manifest, Service
from referral_hub.codes.case_fields import CATEGORY_TEXTS
from referral_hub.i18n import Label, untranslated
from referral_hub.workflow.release import Wanted, wanted_fields

StageInUse = tuple[str, str]
"""Service key and stage key of an open referral."""


class Difference(msgspec.Struct, frozen=True):
    """One change. `widens`: it asks for more than was approved, or takes away what an open referral needs."""

    widens: bool
    label: Label


def differences(approved: Manifest, new: Manifest, in_use: Collection[StageInUse] = ()) -> list[Difference]:
    """Every change that matters to whoever approves, those that widen first."""
    found = [*_whole(approved, new), *_services(approved, new, in_use)]
    return sorted(found, key=lambda difference: not difference.widens)


def widens(approved: Manifest, new: Manifest, in_use: Collection[StageInUse] = ()) -> bool:
    """Whether the upgrade has to wait for approval."""
    return any(difference.widens for difference in differences(approved, new, in_use))


def stranded(approved: Manifest, new: Manifest, in_use: Collection[StageInUse]) -> list[Label]:
    """Services and stages where referrals stand and that the new version no longer has: nobody could serve them on."""
    found = []
    for service_key, stage_key in sorted(in_use):
        before, after = approved.service(service_key), new.service(service_key)
        if after is None:
            found.append(before.title if before else untranslated(service_key))
        elif stage_key and after.stage(stage_key) is None:
            stage = before.stage(stage_key) if before else None
            found.append(stage.title if stage else untranslated(stage_key))
    return list(dict.fromkeys(found))


def _whole(approved: Manifest, new: Manifest) -> Iterator[Difference]:
    if approved.version != new.version:
        yield _same(f"版本 {approved.version} → {new.version}", f"version {approved.version} → {new.version}")
    for host in sorted(set(new.network) - set(approved.network)):
        yield _more(f"要连接 {host}", f"connects to {host}")
    for host in sorted(set(approved.network) - set(new.network)):
        yield _same(f"不再连接 {host}", f"no longer connects to {host}")
    if approved.provider != new.provider:
        yield _more(
            f"提供者由“{approved.provider.zh}”变为“{new.provider.zh}”",
            f"the provider changes from “{approved.provider.en}” to “{new.provider.en}”",
        )


def _services(approved: Manifest, new: Manifest, in_use: Collection[StageInUse]) -> Iterator[Difference]:
    for service in new.services:
        before = approved.service(service.key)
        if before is None:
            yield _more(f"新增服务“{service.title.zh}”", f"adds the service “{service.title.en}”")
        else:
            yield from _fields(before, service)
            yield from _stages(before, service, in_use)
    for service in approved.services:
        if new.service(service.key) is None:
            used = any(key == service.key for key, _ in in_use)
            yield Difference(
                used,
                Label(
                    zh=f"取消服务“{service.title.zh}”" + ("，还有未结的转介" if used else ""),
                    en=f"drops the service “{service.title.en}”" + (", which has open referrals" if used else ""),
                ),
            )


def _fields(before: Service, after: Service) -> Iterator[Difference]:
    old = {field.name: field for field in wanted_fields(before)}
    new = {field.name: field for field in wanted_fields(after)}
    where = (f"“{after.title.zh}”", f"“{after.title.en}”")
    for name, field in new.items():
        was = old.get(name)
        if was is None:
            category = CATEGORY_TEXTS[field.category].label
            yield _more(
                f"{where[0]}还想知道：{field.label.zh}（{category.zh}）",
                f"{where[1]} also asks for {field.label.en} ({category.en})",
            )
        else:
            yield from _field(where, was, field)
    for name in old.keys() - new.keys():
        yield _same(f"{where[0]}不再要：{old[name].label.zh}", f"{where[1]} no longer asks for {old[name].label.en}")
    for asked in after.fields:
        wanted = before.wanted(asked.name)
        if wanted is None:
            continue
        known = new[asked.name].label
        if asked.retention_days > wanted.retention_days:
            yield _more(
                f"{where[0]}保存“{known.zh}”由 {wanted.retention_days} 天延长到 {asked.retention_days} 天",
                f"{where[1]} keeps {known.en} for {asked.retention_days} days instead of {wanted.retention_days}",
            )
        if asked.screening and not wanted.screening:
            yield _more(f"{where[0]}在本人同意之前就要看：{known.zh}", f"{where[1]} reads {known.en} before consent")


def _field(where: tuple[str, str], was: Wanted, field: Wanted) -> Iterator[Difference]:
    if field.category != was.category:
        yield _more(f"{where[0]}把“{field.label.zh}”改了类别", f"{where[1]} moves {field.label.en} to another category")
    if field.purpose != was.purpose:
        to = field.purpose or Label(zh="未说明", en="not stated")
        yield _more(
            f"{where[0]}改了“{field.label.zh}”的用途：{to.zh}",
            f"{where[1]} changes the purpose of {field.label.en}: {to.en}",
        )
    if field.required and not was.required:
        yield _more(f"{where[0]}“{field.label.zh}”变为必需", f"{where[1]} now requires {field.label.en}")


def _stages(before: Service, after: Service, in_use: Collection[StageInUse]) -> Iterator[Difference]:
    for stage in before.stages:
        if after.stage(stage.key) is None:
            used = (after.key, stage.key) in in_use
            yield Difference(
                used,
                Label(
                    zh=f"“{after.title.zh}”取消阶段“{stage.title.zh}”" + ("，还有转介停在那里" if used else ""),
                    en=f"“{after.title.en}” drops the stage “{stage.title.en}”"
                    + (", where referrals still stand" if used else ""),
                ),
            )


def _more(zh: str, en: str) -> Difference:
    return Difference(widens=True, label=Label(zh=zh, en=en))


def _same(zh: str, en: str) -> Difference:
    return Difference(widens=False, label=Label(zh=zh, en=en))
