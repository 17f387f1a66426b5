"""“Write tests for your module”, its code written and run as its reader would, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.docs.walkthrough import Reader, commands_and_code, in_both_languages
from tests.policy.test_docs import ROOT

ENGLISH = ROOT / "docs" / "how-to" / "write-tests-for-your-module.md"
CHINESE = ROOT / "docs" / "how-to" / "write-tests-for-your-module.zh-CN.md"


def test_both_languages_give_the_same_code() -> None:
    assert commands_and_code(ENGLISH) == commands_and_code(CHINESE)


@pytest.mark.slow
@in_both_languages("document", ENGLISH, CHINESE)
def test_what_it_says_to_write_is_written_and_passes(document: Path, scratch: Path, port: int) -> None:
    Reader(document, scratch, port, {}).work_through()
