"""Which language a person reads, and the English of every Chinese sentence in the templates.

Templates are written in Chinese: the message ids are the Chinese text itself, `{{ _("转介") }}`. The English comes
from `locale/en/<area>.po`, one file per area, all merged into one catalogue when the app starts. Chinese needs no
catalogue. In Python code texts are `Label`s, which carry both languages, so that this module is for
templates, and for the filters and charts that they call, only (decision 0040).

The language and the time of a request are held in a context variable, set by `use_locale` while a page is rendered:
macros, filters and charts read them from here, wherever they are called.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

import msgspec
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from referral_hub.i18n import DEFAULT_LANGUAGE, Label, Language

LOCALE_FOLDER = Path(__file__).parent / "locale"
LANGUAGES: dict[Language, str] = {"zh": "中文", "en": "English"}


class LocaleContext(msgspec.Struct, frozen=True):
    """How the page being rendered speaks, and what time it is there."""

    language: Language
    now: datetime


_voice: ContextVar[LocaleContext | None] = ContextVar("voice", default=None)


@contextmanager
def use_locale(language: Language, now: datetime) -> Iterator[None]:
    """Render in this language and at this time for as long as the block runs."""
    token = _voice.set(LocaleContext(language, now))
    try:
        yield
    finally:
        _voice.reset(token)


def current_language() -> Language:
    voice = _voice.get()
    return voice.language if voice else DEFAULT_LANGUAGE


def current_time() -> datetime:
    """The time of the request, the same all over one page."""
    voice = _voice.get()
    return voice.now if voice else datetime.now(UTC)


@cache
def english() -> Translations:
    """Every `.po` file under `locale/en`, merged. A message translated in two areas takes the first file's English."""
    merged = Translations()
    for path in sorted((LOCALE_FOLDER / "en").glob("*.po"), reverse=True):
        compiled = BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale="en"))
        compiled.seek(0)
        merged.merge(Translations(compiled))
    return merged


def gettext(message: str) -> str:
    """The message in the language of the page. An untranslated one stays Chinese; a policy test finds it."""
    return message if current_language() == "zh" else english().gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Chinese has one form; English picks by `number`."""
    return singular if current_language() == "zh" else english().ngettext(singular, plural, number)


def text_of(label: Label | str | None) -> str:
    """A `Label` in the language of the page; a plain string (data typed by a person) as it is; nothing for None."""
    if label is None:
        return ""
    return label.text(current_language()) if isinstance(label, Label) else str(label)
