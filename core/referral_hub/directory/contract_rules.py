"""What a contract asks for: its targets, how they are written on one line each, and a receipt after its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from referral_hub.actor import Actor, Role
from referral_hub.codes import CONTRACT_TARGETS
from referral_hub.errors import Invalid
from referral_hub.i18n import Label

RECEIPT_DAYS = 10
"""Working days after the end within which the data are deleted or returned, and that is said."""
_MOST = 100_000_000
_PERCENT = frozenset({"satisfaction"})


def own_party(actor: Actor) -> Literal["provider", "purchaser"] | None:
    """As what the actor's organisation stands in the contracts it may see; None where it may see all."""
    parties: dict[Role, Literal["provider", "purchaser"]] = {
        "partner": "provider", "supervisor": "purchaser", "worker": "purchaser"
    }  # fmt: skip
    return parties.get(actor.role)


def read_targets(targets: Mapping[str, object]) -> dict[str, object]:
    """Targets by code of CONTRACT_TARGETS, as whole numbers. Raises `Invalid` at `targets`."""
    for code, amount in targets.items():
        if code not in CONTRACT_TARGETS:
            raise Invalid(
                field="targets",
                message=Label(zh=f"没有“{code}”这种目标。", en=f"There is no target “{code}”."),
            )
        most = 100 if code in _PERCENT else _MOST
        if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= most:
            name = CONTRACT_TARGETS[code]
            raise Invalid(
                field="targets",
                message=Label(
                    zh=f"“{name.zh}”的目标应为 1 到 {most} 的整数。",
                    en=f"The target for {name.en} is a whole number from 1 to {most}.",
                ),
            )
    return dict(targets)


def parse_targets(text: str) -> dict[str, object]:
    """`课时 1200` on each line as `{"class_hour": 1200}`. Raises `Invalid` at `targets`, naming the line."""
    by_word = {word: code for code, label in CONTRACT_TARGETS.items() for word in (label.zh, label.en.lower(), code)}
    targets: dict[str, object] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        *words, amount = line.split()
        code = by_word.get(" ".join(words).lower())
        amount = amount.removesuffix("%")
        if code is None or not amount.isdecimal():
            raise Invalid(
                field="targets",
                message=Label(
                    zh=f"第 {number} 行无法识别，请写成“目标 数量”，例如“课时 1200”。",
                    en=f"Line {number} is not recognised. Write a target and a number, for example “class hours 1200”.",
                ),
            )
        targets[code] = int(amount)
    return targets


def written_targets(targets: Mapping[str, object], language: str) -> str:
    """Targets as `parse_targets` reads them, one on each line."""
    return "\n".join(
        f"{label.text(language)} {targets[code]}" for code, label in CONTRACT_TARGETS.items() if code in targets
    )
