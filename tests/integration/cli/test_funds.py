from __future__ import annotations

import pytest
from tests.integration.cli.test_user_and_modules import Shell, shell
from tests.world import World

from referral_hub.errors import HubError

__all__ = ["shell"]
FUND = ("--organisation", "区民政局", "--name", "财政救助资金", "--year", "2026")


@pytest.fixture
def funds(shell: Shell, world: World, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line of an installation in which there is a civil-affairs department."""
    return shell


def test_a_fund_is_opened_listed_changed_closed_and_opened_again(funds: Shell) -> None:
    assert "已设立" in funds.do("funds", "open", *FUND, "--source", "treasury", "--budget", "50000")
    assert "余额 50,000.00" in funds.do("funds", "list", "--organisation", "区民政局")
    funds.do("funds", "change", *FUND, "--budget", "60000.50")
    funds.do("funds", "close", *FUND)
    listed = funds.do("funds", "list", "--organisation", "区民政局")
    assert "预算 60,000.50" in listed
    assert "已停用" in listed
    funds.do("funds", "reopen", *FUND)


def test_what_is_wrong_is_said_in_words(funds: Shell) -> None:
    for words in (
        ("open", *FUND, "--source", "lottery", "--budget", "1"),
        ("open", *FUND, "--source", "treasury", "--budget", "many"),
        ("close", *FUND),
        ("list", "--organisation", "没有的机构"),
    ):
        refused = funds.run("funds", *words)
        assert refused.exit_code != 0
        assert "Traceback" not in refused.output
        assert refused.output.strip() or isinstance(refused.exception, HubError)
