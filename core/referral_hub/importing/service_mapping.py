"""Which of our services a published service is: by the publisher's classification, or by the importer's word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from referral_hub.codes import NEED_KINDS
from referral_hub.i18n import Label
from referral_hub.importing.hsds import ServiceRead
from referral_hub.registry.registry import FoundService
from referral_hub.text import ValidationIssue

# Words of taxonomies, Chinese and English, to the kind of need they serve. Only classifications are read this way;
# a service's own name is too thin a ground to send people by.
_NEED_WORDS = (
    ("employment", r"就业|职业|培训|技能|岗位|employ|job|vocation|workforce|work skills"),
    ("counselling", r"心理|咨询辅导|情绪|counsel|psycholog|mental health"),
    ("housing", r"住宿|过渡|中途|租房|安置|housing|shelter|halfway|residential|accommodation"),
    (
        "living",
        r"救助|低保|生活补助|困难补助|慰问|cash assist|financial assist|material assist|basic needs|emergency aid",
    ),
)


def service_key_of(
    service: ServiceRead, installed: Sequence[FoundService], chosen: Mapping[str, str]
) -> str | ValidationIssue:
    """Our service key, or what to do about it.

    `chosen` maps a published service's id, its name, or a taxonomy term's code or name to one of our keys. Without
    it, terms decide: one of our service keys, module keys or need kinds, or words that clearly mean one.
    """
    keys = {found.service.key for found in installed}
    words = [service.id, service.name, *(text for term in service.terms for text in (term.code, term.name))]
    for word in words:
        if word and word in chosen:
            return chosen[word] if chosen[word] in keys else _no_such_key(chosen[word], keys)
    texts = [text.lower() for term in service.terms for text in (term.code, term.name) if text]
    named = [text for text in texts if text in keys]
    if named:
        return named[0]
    modules = {found.service.key for found in installed if found.module_key in texts}
    candidates = modules or _by_need(_needs(texts), installed)
    if len(candidates) == 1:
        return candidates.pop()
    return _undecided(service, candidates, keys)


def _needs(texts: Sequence[str]) -> set[str]:
    exact = {text for text in texts if text in NEED_KINDS} | {
        kind for kind, label in NEED_KINDS.items() if {label.zh, label.en.lower()} & set(texts)
    }
    return exact or {kind for kind, pattern in _NEED_WORDS for text in texts if re.search(pattern, text)}


def _by_need(needs: set[str], installed: Sequence[FoundService]) -> set[str]:
    """Services made for the need first: one that names it as its first need, before those that also help with it."""
    first = {found.service.key for found in installed if found.service.needs[:1] and found.service.needs[0] in needs}
    return first or {found.service.key for found in installed if needs & set(found.service.needs)}


def _undecided(service: ServiceRead, candidates: set[str], keys: set[str]) -> ValidationIssue:
    some = "、".join(sorted(candidates or keys))
    example = f"--map '{service.name}={min(candidates or keys)}'" if keys else ""
    reason = (
        Label(zh="分类对应不止一项服务。", en="Its classification fits more than one of our services.")
        if candidates
        else Label(zh="无法判断对应哪项服务。", en="It is unclear which of our services this is.")
    )
    return ValidationIssue(
        reason,
        Label(
            zh=f"请指明对应关系，例如 {example}；可选：{some}。不需要的可以跳过（--skip-unmapped）。",
            en=f"State which, for example {example}; possible: {some}. Or skip such services (--skip-unmapped).",
        ),
    )


def _no_such_key(key: str, keys: set[str]) -> ValidationIssue:
    return ValidationIssue(
        Label(zh=f"没有已安装的模块提供“{key}”。", en=f"No installed module provides the service “{key}”."),
        Label(zh=f"可选：{'、'.join(sorted(keys))}。", en=f"Possible: {', '.join(sorted(keys))}."),
    )
