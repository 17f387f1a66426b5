"""Words that must not stand in anything a partner, a client's telephone or a passer-by can see (R20)."""

from __future__ import annotations

DENIED_WORDS: tuple[str, ...] = (
    "戒毒",
    "吸毒",
    "禁毒",
    "涉毒",
    "毒",
    "管控",
    "帮教对象",
    "尿检",
    "社戒",
    "社康",
    "强戒",
    "复吸",
    "康复人员",
    "美沙酮",
    "drug",
    "addict",
    "methadone",
    "narcotic",
    "relapse",
    "urine test",
)

# Ordinary words that only contain a denied one: people disinfect dishes for a living.
_ORDINARY_WORDS = ("消毒", "病毒", "杀毒", "食物中毒", "煤气中毒", "drugstore")


def denied_words(text: str) -> list[str]:
    """The denied words found in `text`, longest reading first, so that `戒毒` is not also named as `毒`.

    Ordinary words that contain a denied one (`消毒`, `drugstore`) are not found.
    """
    lowered = text.lower()
    for word in _ORDINARY_WORDS:
        lowered = lowered.replace(word, " ")
    found: list[str] = []
    for word in sorted(DENIED_WORDS, key=len, reverse=True):
        if word in lowered and not any(word in longer for longer in found):
            found.append(word)
    return found
