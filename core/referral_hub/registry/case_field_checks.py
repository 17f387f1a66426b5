"""What a manifest names of the hub's own: fields of a case, kinds of need, units, outcome codes. Each must exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from referral_hub.api import Manifest, Problem, Service
from referral_hub.codes import NEED_KINDS, OUTCOME_CODES, SEX, UNITS
from referral_hub.codes.case_fields import FIELDS, category_of
from referral_hub.i18n import Label


def check_fields(manifest: Manifest) -> list[Problem]:
    """Every name the hub does not know, with its key path; empty when all are known."""
    return [
        problem
        for index, service in enumerate(manifest.services)
        for problem in _check_service(f"services[{index}]", service)
    ]


def _check_service(path: str, service: Service) -> Iterator[Problem]:
    yield from _unknown(f"{path}.needs", service.needs, NEED_KINDS)
    yield from _unknown(f"{path}.units", [unit.key for unit in service.units], UNITS)
    yield from _unknown(f"{path}.outcomes", [choice.code for choice in service.outcomes], OUTCOME_CODES)
    yield from _unknown(f"{path}.eligibility.sexes", service.eligibility.sexes, SEX)
    yield from _unknown(f"{path}.fields", [field.name for field in service.fields], FIELDS)
    for index, field in enumerate(service.fields):
        category = category_of(field.name)
        # A field asked for under a milder category would slip past the box the client did not tick.
        if category is not None and category != field.category:
            at = f"{path}.fields[{index}].category"
            yield Problem(
                field=at,
                message=Label(
                    zh=f"{at}：“{field.name}”属于 {category}，不是 {field.category}。",
                    en=f"{at}: “{field.name}” belongs to {category}, not {field.category}.",
                ),
            )
    for index, question in enumerate(service.intake):
        if question.key in FIELDS:
            at = f"{path}.intake[{index}].key"
            yield Problem(
                field=at,
                message=Label(
                    zh=f"{at}：“{question.key}”是个案已有的信息，请写在 fields 里，不要再问一遍（R29）。",
                    en=f"{at}: “{question.key}” is already in the case; declare it in fields instead of asking "
                    "again (R29).",
                ),
            )


def _unknown(path: str, names: Iterable[str], known: Collection[str]) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            yield Problem(
                field=path,
                message=Label(
                    zh=f"{path}：本系统没有“{name}”。可用的有：{'、'.join(known)}。",
                    en=f"{path}: this hub has no “{name}”. It has: {', '.join(known)}.",
                ),
            )
