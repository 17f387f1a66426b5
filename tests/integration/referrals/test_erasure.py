"""What a module wrote about a person is deleted at a withdrawal, also when the module is there no longer."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.loop import Loop

from referral_hub.referrals.retention import erase_for_absent_modules
from referral_hub.referrals.sending import Sent


def documents(loop: Loop) -> int:
    return int(loop.one("SELECT count(*) FROM module_document")[0])


def served_with_notes(loop: Loop) -> tuple[Sent, UUID]:
    """A referral about which the module keeps a document, and its consent."""
    offering, case = loop.offering(), loop.case()
    consent = loop.consent(case, offering)
    sent = loop.send(loop.draft(case, offering).id)
    loop.deliver()
    loop.accept(sent.id)
    loop.fill(sent.id, "first_meeting", {"way": "in_person", "notes": "按时到"})
    loop.deliver()
    assert documents(loop) == 1
    return sent, consent.id


@pytest.mark.parametrize("state", ["disabled", "missing", "discovered"])
def test_a_module_out_of_use_keeps_nothing_of_a_withdrawn_referral(loop: Loop, state: str) -> None:
    sent, consent_id = served_with_notes(loop)
    loop.owner.execute("UPDATE module SET state = %s", [state])
    assert erase_for_absent_modules(loop.hub) == 0
    loop.withdraw(consent_id)
    assert loop.deliver() == 0
    assert documents(loop) == 1
    assert erase_for_absent_modules(loop.hub) == 1
    assert erase_for_absent_modules(loop.hub) == 0
    assert documents(loop) == 0
    assert loop.one(
        "SELECT count(*) FROM audit_entry WHERE action = 'module.documents' AND referral_id = %s", sent.id
    ) == (1,)


def test_when_it_comes_back_it_is_reported_all_the_same(loop: Loop) -> None:
    _, consent_id = served_with_notes(loop)
    loop.owner.execute("UPDATE module SET state = 'disabled'")
    loop.withdraw(consent_id)
    erase_for_absent_modules(loop.hub)
    loop.owner.execute("UPDATE module SET state = 'enabled'")
    assert loop.deliver() == 1
    assert loop.one("SELECT state FROM delivery WHERE kind = 'withdraw'") == ("done",)


def test_a_module_in_use_is_asked_first_whatever_happens(loop: Loop) -> None:
    _, consent_id = served_with_notes(loop)
    loop.withdraw(consent_id)
    assert erase_for_absent_modules(loop.hub) == 0
    assert documents(loop) == 1
    assert loop.deliver() == 1
    assert documents(loop) == 0
