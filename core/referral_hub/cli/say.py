"""The language of the command line, chosen once: `HUB_LANG`, then the system's own setting, else Chinese."""

from __future__ import annotations

import os
from functools import cache

from referral_hub.i18n import Language


@cache
def language() -> Language:
    """`en` where HUB_LANG, LC_ALL, LC_MESSAGES or LANG (the first that is set) begins with it."""
    for name in ("HUB_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "en" if value.lower().startswith("en") else "zh"
    return "zh"


def say(zh: str, en: str) -> str:
    """The one of two texts that this person reads."""
    return en if language() == "en" else zh
