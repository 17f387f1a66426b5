"""All the ways through a module's stages that example answers find, breadth first and bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from referral_hub.api import Changes, Document, Entry, Service
from referral_hub.testing import samples
from referral_hub.testing.subject import Subject

_MAX_CALLS = 600


class Step(msgspec.Struct, frozen=True):
    """One form filled in: what was asked, what the module knew, what it answered."""

    entry: Entry
    documents: list[Document]
    settings: dict[str, Any]
    changes: Changes

    def args(self) -> dict[str, Any]:
        return {"entry": self.entry, "documents": self.documents, "settings": self.settings, "now": samples.NOW}


def walk(subject: Subject, service: Service) -> Iterator[Step]:
    """Fill in every form of every stage that can be reached, in several ways each.

    Done with the settings given and with every setting answered, since settings may open other ways.
    """
    for settings in (subject.settings, {**samples.settings_of(subject.manifest.settings), **subject.settings}):
        yield from _walk(subject, service, settings)


def find_way(subject: Subject, service: Service, states: Collection[str]) -> list[Step]:
    """Forms, one after the other, that lead to a stage in one of these states; empty where examples find none."""
    before: dict[str, Step] = {}
    first = ""
    for step in _walk(subject, service, subject.settings):
        first = first or step.entry.stage
        after = step.changes.stage or step.entry.stage
        if step.changes.problems or after in (step.entry.stage, first) or after in before:
            continue
        before[after] = step
        stage = service.stage(after)
        if stage is not None and stage.state in states:
            way = [step]
            while way[0].entry.stage != first:
                way.insert(0, before[way[0].entry.stage])
            return way
    return []


def _walk(subject: Subject, service: Service, settings: dict[str, Any]) -> Iterator[Step]:
    offering = samples.offering_of(service, subject.offering_settings, subject.attributes)
    referral = samples.referral_of(service, offering, everything=True)
    receipt = subject.call("hub_receive", referral=referral, documents=[], settings=settings, now=samples.NOW)
    waiting = deque([(receipt.stage or service.stages[0].key, list(receipt.documents))])
    seen = {waiting[0][0]}
    calls = 0
    while waiting and calls < _MAX_CALLS:
        stage, documents = waiting.popleft()
        for form in service.forms_at(stage):
            for answers in samples.answers_of(service, form):
                entry = samples.entry_of(service, form, stage, referral, answers)
                changes = subject.call(
                    "hub_apply", entry=entry, documents=documents, settings=settings, now=samples.NOW
                )
                calls += 1
                yield Step(entry=entry, documents=documents, settings=settings, changes=changes)
                after = changes.stage or stage
                if not changes.problems and after not in seen:
                    seen.add(after)
                    waiting.append((after, keep(documents, changes.documents)))


def keep(before: list[Document], changed: list[Document]) -> list[Document]:
    """The documents after a reply: those it names replaced or added."""
    by_name = {document.name: document for document in before}
    by_name |= {document.name: document for document in changed}
    return list(by_name.values())
