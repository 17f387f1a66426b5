"""`hub import`, as an office types it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from tests.factories import id_number, person_name, phone
from tests.unit.imports.directories import full_service, nested, service
from tests.unit.imports.registers import workbook
from tests.world import World, add_account

from referral_hub.cli.group import hub as command
from referral_hub.cli.say import language
from referral_hub.errors import HubError
from referral_hub.settings import Settings

HEADINGS = ("姓名", "身份证号", "联系电话", "责任人", "尿检结果")
Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run `hub import …` on the test's own installation."""
    assert settings.database_url is not None
    assert settings.database_app_url is not None
    monkeypatch.setenv("HUB_DATA", str(settings.data))
    monkeypatch.setenv("HUB_DEMO", "1")
    monkeypatch.setenv("HUB_LANG", "zh")
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("DATABASE_APP_URL", settings.database_app_url.get_secret_value())
    language.cache_clear()
    yield lambda *words, **more: CliRunner().invoke(command, ["import", *map(str, words)], **more)
    language.cache_clear()


def register(folder: Path, *rows: tuple[object, ...]) -> Path:
    path = folder / "花名册.xlsx"
    path.write_bytes(workbook(HEADINGS, *rows))
    return path


def person(serial: int) -> tuple[object, ...]:
    return (person_name(serial), id_number(serial), phone(serial), "王晓梅", "阴性")


def cases(owner: psycopg.Connection) -> int:
    row = owner.execute("SELECT count(*) FROM client_case").fetchone()
    assert row is not None
    return int(row[0])


def test_a_register_is_shown_asked_about_and_imported(
    run: Run, world: World, owner: psycopg.Connection, tmp_path: Path
) -> None:
    file = register(tmp_path, person(1), person(2))
    refused = run("caseload", file, "--as", "worker", input="n\n")
    assert "表头在第1行" in refused.output
    assert "身份证号 → 身份证号" in refused.output
    assert "尿检结果: 没有读。" in refused.output
    assert (refused.exit_code, cases(owner)) == (0, 0)
    done = run("caseload", file, "--as", "worker", "--yes")
    assert (done.exit_code, cases(owner)) == (0, 2), done.output
    assert "已导入2人" in done.output
    assert id_number(1) not in done.output
    assert owner.execute("SELECT via, account_id FROM audit_entry WHERE action = 'import.caseload'").fetchall() == [
        ("cli", world.worker.account_id)
    ]


def test_bad_rows_are_named_and_written_to_a_workbook_that_can_be_fixed(
    run: Run, world: World, owner: psycopg.Connection, tmp_path: Path
) -> None:
    file = register(tmp_path, person(1), (person_name(2), "12345", "", "张不在", ""))
    report = tmp_path / "要改的行.xlsx"
    refused = run("caseload", file, "--as", "worker", "--yes", "--report", report)
    assert (refused.exit_code, cases(owner)) == (1, 0)
    assert "✗ 第3行 B列 身份证号" in refused.output
    assert "一行也没有导入" in refused.output
    assert report.stat().st_mode & 0o077 == 0
    book = load_workbook(report)
    book["要改的行"]["C3"].value = id_number(2)
    book["要改的行"]["E3"].value = "李国强"
    book.save(report)
    assert run("caseload", report, "--as", "worker", "--yes").exit_code == 0
    assert cases(owner) == 2


def test_people_who_have_a_case_stop_it_until_they_are_to_be_skipped(
    run: Run, world: World, owner: psycopg.Connection, tmp_path: Path
) -> None:
    assert run("caseload", register(tmp_path, person(1)), "--as", "worker", "--yes").exit_code == 0
    file = register(tmp_path, person(1), person(2))
    refused = run("caseload", file, "--as", "worker", "--yes")
    assert (refused.exit_code, cases(owner)) == (1, 1)
    assert "--skip-present" in refused.output
    assert run("caseload", file, "--as", "worker", "--yes", "--skip-present").exit_code == 0
    assert cases(owner) == 2


def test_a_check_writes_nothing(run: Run, world: World, owner: psycopg.Connection, tmp_path: Path) -> None:
    assert run("caseload", register(tmp_path, person(1)), "--as", "worker", "--check").exit_code == 0
    assert cases(owner) == 0


def test_an_unknown_account_or_a_file_that_is_no_workbook_is_reported_in_a_sentence(
    run: Run, world: World, tmp_path: Path
) -> None:
    nobody = run("caseload", register(tmp_path, person(1)), "--as", "nobody")
    assert (nobody.exit_code, "没有在用的账号 nobody" in nobody.output) == (1, True)
    page = tmp_path / "花名册.xls"
    page.write_text("<html><table></table></html>", "utf-8")
    refused = run("caseload", page, "--as", "worker")
    assert isinstance(refused.exception, HubError)
    assert "网页" in refused.exception.label.zh


def test_the_template_is_written_once(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "空白.xlsx"
    assert run("template", path).exit_code == 0
    assert load_workbook(path).sheetnames == ["服务对象登记表", "填写说明"]
    assert run("template", path).exit_code == 1


def test_a_directory_is_shown_asked_about_and_imported(run: Run, owner: psycopg.Connection, tmp_path: Path) -> None:
    file = tmp_path / "directory.json"
    file.write_bytes(nested(full_service(), service("图书借阅", "library"), service("临时救助", "living")))
    refused = run("directory", file, "--yes")
    assert refused.exit_code == 1
    assert "✗ 图书借阅" in refused.output
    assert "资金来源" in refused.output
    assert owner.execute("SELECT count(*) FROM organisation").fetchone() == (0,)
    choices = ("--map", "图书借阅=counselling.sessions", "--set", "living.assistance.fund=charity")
    checked = run("directory", file, *choices, "--check")
    assert checked.output.splitlines()[-1] == "可以导入：1家机构，3项服务。"
    done = run("directory", file, *choices, input="y\n")
    assert done.exit_code == 0, done.output
    assert "烹饪技能班 → employment.training" in done.output
    assert "机构：新增1，更新0，不变0。服务：新增3" in done.output
    assert "影响评估" in done.output
    again = run("directory", file, *choices, "--yes")
    assert "服务：新增0，更新0，不变3" in again.output


@pytest.mark.parametrize("choice", [("--map", "x"), ("--map", "=x"), ("--set", "fund=x")])
def test_a_choice_written_wrongly_is_reported(run: Run, tmp_path: Path, choice: tuple[str, str]) -> None:
    file = tmp_path / "directory.json"
    file.write_bytes(nested(full_service()))
    refused = run("directory", file, *choice)
    assert (refused.exit_code, choice[1] in refused.output) == (2, True)


@pytest.mark.parametrize("words", [(), ("caseload",), ("directory",), ("template",)])
def test_every_command_has_help(run: Run, words: tuple[str, ...]) -> None:
    shown = run(*words, "--help")
    assert (shown.exit_code, "导入" in shown.output or "写" in shown.output) == (0, True)


_NEXT = ("姓名", "身份证号", "联系电话", "现住址", "责任人", "状态")


def _row(
    serial: int, *, name: str = "张三", address: str = "", worker: str = "", status: str = "在册"
) -> tuple[str, ...]:
    return (name, id_number(serial), phone(serial), address, worker, status)


def test_the_command_line_ends_a_check_with_its_verdict_and_updates_when_asked(
    run: Run, world: World, owner: psycopg.Connection, tmp_path: Path
) -> None:
    add_account(owner, world.office_id, "worker-2", "worker", "李社工")
    file = tmp_path / "花名册.xlsx"
    file.write_bytes(workbook(_NEXT, _row(1, address="旧街1号", worker="老李"), _row(2, name="李四", status="死亡")))
    checked = run("caseload", file, "--as", "worker", "--check")
    assert checked.exit_code == 1
    assert "一行也没有导入" in checked.output.splitlines()[-1]
    checked = run("caseload", file, "--as", "worker", "--check", "--worker", "老李=worker-2")
    assert checked.output.splitlines()[-1] == "可以导入：新建1个个案，更新0人，跳过1人。"
    assert run("caseload", file, "--as", "worker", "--worker", "老李=worker-2", "--yes").exit_code == 0
    file.write_bytes(workbook(_NEXT, _row(1, address="新街9号"), _row(3, name="王五")))
    shown = run("caseload", file, "--as", "worker", "--check", "--update")
    assert "旧街1号 → 新街9号" in shown.output
    assert shown.output.splitlines()[-1] == "可以导入：新建1个个案，更新1人，跳过0人。"
    done = run("caseload", file, "--as", "worker", "--update", "--yes")
    assert "已导入1人，更新1人，跳过0人。" in done.output
