"""What a bridge promises about its news. A module without `hub_poll` has nothing to promise here.

The hub takes each piece of news once, by its id, and asks on from the cursor it was given last. It may ask again from
an earlier one (a backup was restored, a reply was lost), so both must mean the same each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from referral_hub.api import Update, Updates
from referral_hub.calendar.clock import SystemClock
from referral_hub.isolation.errors import ModuleReplyInvalid
from referral_hub.registry.reply_checks import check_changes, check_receipt
from referral_hub.testing.check import demand
from referral_hub.testing.subject import Subject

_MAX_POLLS = 20


def the_cursor_goes_forward(subject: Subject) -> None:
    """Polling on from each cursor never leads back to an earlier one, and news always comes with a cursor."""
    before: list[str | None] = [None]
    for reply in _polls(subject, SystemClock().now()):
        demand(
            reply.cursor is not None or not reply.updates,
            "带来了消息却没有游标（cursor）：以后每次都会带来同样的消息",
            "it returns updates without a cursor: the same updates would come with every poll",
        )
        demand(
            reply.cursor is None or reply.cursor == before[-1] or reply.cursor not in before,
            f"游标退回到了以前的 {reply.cursor}",
            f"the cursor moves back to {reply.cursor}",
        )
        before.append(reply.cursor)


def the_same_cursor_brings_the_same_news(subject: Subject) -> None:
    """Each piece under the same id with the same content; what happened meanwhile may come on top.

    A piece that came twice under one id is dropped by the hub; under another id it would count twice.
    """
    known: dict[str, Update] = {}
    cursor: str | None = None
    at = SystemClock().now()
    for reply in _polls(subject, at):
        again = _poll(subject, cursor, at)
        by_id = {update.id: update for update in again.updates} if again else {}
        for update in reply.updates:
            demand(
                update.id in by_id,
                f"从同一游标再问一次，消息 {update.id} 不见了",
                f"polled again with the same cursor, the update {update.id} is missing",
            )
            demand(
                by_id[update.id] == update == known.get(update.id, update),
                f"编号 {update.id} 前后指的不是同一条消息",
                f"the id {update.id} refers to two different updates",
            )
            known[update.id] = update
        cursor = reply.cursor


def news_fits_the_manifest(subject: Subject) -> None:
    """Each answer and each change would be a valid one for some service of the module in some stage."""
    at = SystemClock().now()
    for reply in _polls(subject, at):
        for update in reply.updates:
            wrong = _misfit(subject, update, at)
            demand(
                wrong is None,
                f"消息 {update.id} 不合清单：{wrong}",
                f"the update {update.id} does not conform to the manifest: {wrong}",
            )


def _misfit(subject: Subject, update: Update, at: datetime) -> str | None:
    """Why no service of the module could have this news; None when one could."""
    found: list[str] = []
    for service in subject.manifest.services:
        for stage in service.stages:
            try:
                if update.receipt is not None:
                    check_receipt(service, update.receipt, module_key=subject.manifest.key, at=at)
                if update.changes is not None:
                    check_changes(
                        service, stage.key, update.changes, module_key=subject.manifest.key, sent_at=None, at=at
                    )
            except ModuleReplyInvalid as error:
                found.append(str(error.details["detail"]))
            else:
                return None
    # What is wrong in every stage says more than that it is not the time for it.
    return next((text for text in found if "does not follow" not in text), found[0])


def _polls(subject: Subject, at: datetime) -> Iterator[Updates]:
    """The replies from the beginning until nothing new comes; none for a module that is no bridge."""
    cursor: str | None = None
    for _ in range(_MAX_POLLS):
        reply = _poll(subject, cursor, at)
        if reply is None:
            return
        yield reply
        if reply.cursor is None or reply.cursor == cursor:
            return
        cursor = reply.cursor


def _poll(subject: Subject, cursor: str | None, at: datetime) -> Updates | None:
    # At the real time of day: what a partner's system tells may well have happened today.
    reply: Updates | None = subject.call("hub_poll", cursor=cursor, settings=subject.settings, now=at)
    return reply
