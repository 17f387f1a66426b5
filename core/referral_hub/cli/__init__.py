"""The command line: `hub`. Commands are imported only when they are called, so that `hub --help` answers at once."""

from __future__ import annotations

from referral_hub.cli.group import main

__all__ = ["main"]
