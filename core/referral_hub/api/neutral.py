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


def denied_words(text: str) -> list[str]:
    """The denied words found in `text`, longest reading first, so that `戒毒` is not also named as `毒`."""
    lowered = text.lower()
    found: list[str] = []
    for word in sorted(DENIED_WORDS, key=len, reverse=True):
        if word in lowered and not any(word in longer for longer in found):
            found.append(word)
    return found
