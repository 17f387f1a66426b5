"""What a recipient says with its answer: a module speaks to each reader in their language, a person in their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.api import Label, Receipt

NOTE = Label(zh="请带身份证", en="Bring your card")


@pytest.mark.parametrize(
    "receipt",
    [
        Receipt(decision="accepted", note=NOTE),
        Receipt(decision="waitlisted", note=NOTE),
        Receipt(decision="declined", reason="no_capacity", note=NOTE),
    ],
    ids=lambda receipt: receipt.decision,
)
def test_what_a_module_says_is_read_in_the_language_of_the_reader(
    loop: Loop, signed_in_as: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch, receipt: Receipt
) -> None:
    _, sent = loop.sent()
    with monkeypatch.context() as answering:
        answering.setattr(loop.hub.modules, "call", lambda *_a, **_n: receipt)
        assert loop.deliver()
    readers = [("worker", f"/referrals/{sent.id}"), ("partner", f"/inbox/{sent.id}/slip")]
    if receipt.decision == "declined":
        readers.pop()  # Its access has ended, and what it knew is erased.
    for login, path in readers:
        reader = signed_in_as(login)
        for language, read, not_read in (("zh", NOTE.zh, NOTE.en), ("en", NOTE.en, NOTE.zh)):
            page = reader.get(f"{path}?lang={language}").text
            assert read in page, (login, language)
            assert not_read not in page, (login, language)


def test_what_a_person_typed_is_read_as_it_was_typed(loop: Loop, signed_in_as: Callable[[str], Browser]) -> None:
    _, sent = loop.sent()
    loop.accept(sent.id, note='{"zh": "周三来"}')
    worker = signed_in_as("worker")
    for language in ("zh", "en"):
        assert "{&#34;zh&#34;: &#34;周三来&#34;}" in worker.get(f"/referrals/{sent.id}?lang={language}").text
