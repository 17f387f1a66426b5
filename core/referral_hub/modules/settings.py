"""A module's settings as its administrator entered them, encrypted as a whole. Secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from sqlmodel import col, select

from referral_hub.actor import Actor, system_actor
from referral_hub.api import Field, Problem
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.modules.breaker import note_failure, note_success
from referral_hub.modules.events import SETTINGS, failure_reason, locked_module, note_event
from referral_hub.registry.errors import ModuleBusy, ModuleFailure, ModuleNotInstalled
from referral_hub.registry.lifecycle import SERVING
from referral_hub.tables.modules import Module

if TYPE_CHECKING:
    from referral_hub.hub import Hub

_FIX = Label(zh="请在模块页面改好设置。", en="Fix the settings on the module's page.")


def settings_of(session: Transaction, key: str) -> dict[str, Any]:
    """The answers to the manifest's settings by key; empty when none were given."""
    sealed = session.exec(select(Module.settings).where(Module.key == key)).one_or_none()
    if sealed is None:
        return {}
    values: dict[str, Any] = session.cipher.decrypt_json(sealed, f"module.settings:{key}")
    return values


def shown_settings(session: Transaction, key: str) -> tuple[dict[str, Any], frozenset[str]]:
    """The answers that may be shown, and the keys of the secrets that are set."""
    values = settings_of(session, key)
    secrets = {field.key for field in _fields(session, key) if field.type == "secret"}
    return {k: v for k, v in values.items() if k not in secrets}, frozenset(secrets & values.keys())


def merged_settings(session: Transaction, key: str, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, with the secrets left empty as they are kept; answers to questions no longer asked are gone."""
    kept = settings_of(session, key)
    secrets = {field.key for field in _fields(session, key) if field.type == "secret"}
    asked = {field.key for field in _fields(session, key)}
    return {**{k: kept[k] for k in secrets & kept.keys()}, **{k: v for k, v in typed.items() if k in asked}}


def problems_of(hub: Hub, key: str, settings: Mapping[str, Any]) -> list[Problem]:
    """What the module says is wrong with these settings, beside what is required and missing.

    Asks the module, so it takes as long as that. A secret that it repeats is masked. Raises a `ModuleFailure` when
    it does not answer.
    """
    fields = hub.modules.manifest(key).settings
    missing = [
        Problem(field=f.key, message=Label(zh=f"“{f.label.zh}”请填写。", en=f"“{f.label.en}” must be filled in."))
        for f in fields
        if f.required and f.key not in settings
    ]
    if missing:
        return missing
    secrets = [str(settings[f.key]) for f in fields if f.type == "secret" and settings.get(f.key)]
    found: list[Problem] = hub.modules.call(key, "hub_check_settings", settings=dict(settings))
    return [msgspec.structs.replace(one, message=_without(secrets, one.message)) for one in found]


def save_settings(session: Transaction, *, key: str, settings: Mapping[str, Any], by: Actor, at: datetime) -> None:
    """Keep the answers, encrypted. Which questions changed is recorded, never an answer."""
    row = locked_module(session, key)
    before = settings_of(session, key)
    changed = sorted(k for k in before.keys() | settings.keys() if before.get(k) != settings.get(k))
    if not changed:
        return
    row.settings = session.cipher.encrypt_json(dict(settings), f"module.settings:{key}")
    row.reason = {}
    session.add(row)
    session.flush()
    note_event(session, key, row.state, row.state, f"修改设置：{'、'.join(changed)}", by=by, at=at)


def check_all_settings(hub: Hub) -> int:
    """Ask every module in use whether its settings are still usable; what is not stands on its page, and what is well
    again no longer. Returns how many are not. For a nightly job: a password expires, an address moves.
    """
    by = system_actor(name="hub")
    with hub.transaction(by) as session:
        kept = {
            key: settings_of(session, key)
            for key in session.exec(select(Module.key).where(col(Module.state).in_(SERVING))).all()
        }
    wrong = 0
    for key, settings in kept.items():
        try:
            problems = problems_of(hub, key, settings)
        except (ModuleBusy, ModuleNotInstalled):
            continue
        except ModuleFailure as failure:
            with hub.transaction(by) as session:
                note_failure(session, key, failure, at=hub.clock.now())
            continue
        wrong += bool(problems)
        with hub.transaction(by) as session:
            note_success(session, key, at=hub.clock.now())
            _note_settings(session, key, problems, by=by, at=hub.clock.now())
    return wrong


def _note_settings(session: Transaction, key: str, problems: list[Problem], *, by: Actor, at: datetime) -> None:
    """Put on the module's page what is wrong, or take it off. Each turn is an event."""
    row = locked_module(session, key)
    noted = row.reason.get("code") == SETTINGS
    if problems:
        why = problems[0].message
        if not noted or row.reason.get("zh") != why.zh:
            row.reason = failure_reason(why, _FIX, at, code=SETTINGS)
            note_event(session, key, row.state, row.state, f"设置不能用了：{why.zh}", by=by, at=at)
    elif noted:
        row.reason = {}
        note_event(session, key, row.state, row.state, "设置又能用了", by=by, at=at)
    session.add(row)


def _without(secrets: Iterable[str], words: Label) -> Label:
    zh, en = words.zh, words.en
    for secret in secrets:
        zh, en = zh.replace(secret, "…"), en.replace(secret, "…")
    return Label(zh=zh, en=en)


def _fields(session: Transaction, key: str) -> list[Field]:
    return session.hub.modules.manifest(key).settings
