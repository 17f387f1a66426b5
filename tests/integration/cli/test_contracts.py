from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from tests.factories import contract, offering
from tests.integration.cli.test_user_and_modules import Shell, shell
from tests.world import World

from referral_hub.hub import Hub

__all__ = ["shell"]


@pytest.fixture
def bought(hub: Hub, world: World, owner: psycopg.Connection, keys_file: Path) -> str:
    contract(hub, world.admin, purchaser_id=world.office_id, provider_id=world.partner_id, number="HT-1")
    offering(hub, world.admin, organisation_id=world.partner_id, title="烹饪班")
    return "HT-1"


def test_a_contract_is_listed_and_changed(shell: Shell, bought: str) -> None:
    assert "HT-1" in shell.do("contracts", "list")
    done = shell.do(
        "contracts", "change", bought, "--ends-on", "2027-06-30", "--target", "课时 1200", "--target", "走访 20",
        "--offering", "烹饪班",
    )  # fmt: skip
    assert "已更新" in done
    listed = shell.do("contracts", "list")
    assert "2027-06-30" in listed
    assert "计入 1 项服务" in listed


def test_a_contract_is_ended_and_its_receipt_entered(shell: Shell, bought: str, owner: psycopg.Connection) -> None:
    shell.do("contracts", "end", bought, "--last-day", "2026-03-01", "--reason", "停办")
    assert "待回报，2026-03-13 前" in shell.do("contracts", "list")
    shell.do("contracts", "receipt", bought, "--how", "deleted", "--on", "2026-03-02")
    assert owner.execute("SELECT ends_on::text, receipt_how FROM contract").fetchall() == [("2026-03-01", "deleted")]


def test_what_is_wrong_is_said_in_words(shell: Shell, bought: str) -> None:
    for words in (
        ("change", "HT-没有", "--title", "新名"),
        ("change", bought, "--target", "很多"),
        ("change", bought, "--offering", "没有的班"),
        ("change", bought, "--ends-on", "2020-01-01"),
        ("change", bought, "--ends-on", "明年"),
        ("end", bought, "--last-day", "2030-01-01", "--reason", "停办"),
        ("receipt", bought, "--how", "deleted", "--on", "2026-03-02"),
    ):
        refused = shell.run("contracts", *words)
        assert refused.exit_code != 0, words
        assert "Traceback" not in refused.output
