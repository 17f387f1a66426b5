"""What was looked at, and what is so."""

from __future__ import annotations

from typing import Literal

import msgspec

from referral_hub.i18n import Label

State = Literal["ok", "warning", "wrong"]


class Finding(msgspec.Struct, frozen=True):
    """One part of the installation. `fix` says what to do unless all is well; `warning` can wait, `wrong` cannot."""

    subject: Label
    state: State
    found: Label
    fix: Label | None = None
