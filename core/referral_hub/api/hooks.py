"""The hooks of a service module. A module implements what it needs, as plain functions marked `hookimpl`.

Every call is made with keyword arguments in a worker process; a function may name fewer arguments than listed here.
Functions are pure: what they need comes in, what they want comes out, and the same call twice gives the same answer.
A reply is a proposal: the hub checks it against the manifest, the transition table and the consent, then writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pluggy

from referral_hub.api.values import (
    Acknowledgement,
    Capacity,
    Changes,
    Document,
    Enquiry,
    Entry,
    Offering,
    Problem,
    Receipt,
    Referral,
    Screening,
    Updates,
    Withdrawal,
)

PROJECT = "referral_hub"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Settings = Mapping[str, Any]

REQUIRED_HOOKS = ("hub_check_settings", "hub_receive", "hub_apply", "hub_withdraw")
OPTIONAL_HOOKS = ("hub_screen", "hub_poll", "hub_capacity")


@hookspec(firstresult=True)
def hub_check_settings(settings: Settings) -> list[Problem]:  # type: ignore[empty-body]
    """Say whether these settings are usable: an empty list, or each problem with the setting's key."""


@hookspec(firstresult=True)
def hub_screen(enquiry: Enquiry, offering: Offering, settings: Settings) -> Screening:  # type: ignore[empty-body]
    """Say who could be served, before any consent, from the declared screening fields alone."""


@hookspec(firstresult=True)
def hub_receive(  # type: ignore[empty-body]
    referral: Referral, documents: list[Document], settings: Settings, now: datetime
) -> Receipt:
    """Take a referral: accepted, waitlisted, declined with a reason, or left to a person. Idempotent on its id."""


@hookspec(firstresult=True)
def hub_apply(  # type: ignore[empty-body]
    entry: Entry, documents: list[Document], settings: Settings, now: datetime
) -> Changes:
    """Say what a filled-in form leads to: next stage, service events, assistance, outcome, flags, documents."""


@hookspec(firstresult=True)
def hub_withdraw(  # type: ignore[empty-body]
    withdrawal: Withdrawal, documents: list[Document], settings: Settings, now: datetime
) -> Acknowledgement:
    """Stop and erase. The hub deletes the module's documents itself; a bridge tells the partner's system."""


@hookspec(firstresult=True)
def hub_poll(cursor: str | None, settings: Settings, now: datetime) -> Updates:  # type: ignore[empty-body]
    """Bring news from the partner's own system, at least once; the hub drops ids it has seen."""


@hookspec(firstresult=True)
def hub_capacity(  # type: ignore[empty-body]
    offering: Offering, documents: list[Document], now: datetime
) -> Capacity:
    """Say how much is free, held and waited for, and from when, where `capacity` is `fund` or `open`: places are the
    hub's own count, and it does not ask. `documents` is always empty: they are kept by referral, none by offering.
    """
