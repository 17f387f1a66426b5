"""Bringing a register into a real database: all of it or nothing, nobody twice, the measure behind its door."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from tests.factories import client, id_number, person_name, phone
from tests.unit.imports.registers import TODAY, workbook
from tests.world import World, add_account

from referral_hub.actor import Actor
from referral_hub.cases.actions import close_case
from referral_hub.errors import NotAllowed
from referral_hub.hub import Hub
from referral_hub.importing.actions import Imported, import_caseload
from referral_hub.importing.caseload import understand
from referral_hub.importing.check import Answers, Check, check_caseload
from referral_hub.importing.errors import ImportRefused, RowsAlreadyPresent
from referral_hub.importing.report import rejected_workbook
from referral_hub.importing.values import Understanding
from referral_hub.tasks.standing import standing_still

HEADINGS = (
    "姓名",
    "身份证号",
    "联系电话",
    "责任人",
    "社区康复起止日期",
    "文化程度",
    "就业情况",
    "监护人",
    "监护人电话",
    "备注",
)


def register(*serials: int, responsible: str = "王晓梅") -> Understanding:
    rows = [
        (
            person_name(n),
            id_number(n),
            phone(n),
            responsible,
            "2025.1.1-2027.12.31",
            "初中",
            "无业",
            "张母",
            phone(900),
            "约在周三见面",
        )
        for n in serials
    ]
    return understood(workbook(HEADINGS, *rows))


def understood(data: bytes) -> Understanding:
    return understand(data, "花名册.xlsx", today=TODAY, demo=True)


def check(hub: Hub, understanding: Understanding, by: Actor) -> Check:
    with hub.transaction(by) as session:
        return check_caseload(session, understanding, by=by)


def bring_in(hub: Hub, understanding: Understanding, by: Actor, *, skip_present: bool = False) -> Imported:
    with hub.transaction(by) as session:
        answers = Answers(skip_present=skip_present)
        return import_caseload(session, understanding, by=by, at=hub.clock.now(), answers=answers)


def count(owner: psycopg.Connection, table: str) -> int:
    row = owner.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_every_row_opens_a_case_with_what_the_register_knew(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    told: list[int] = []
    with hub.transaction(world.officer) as session:
        imported = import_caseload(
            session, register(1, 2, 3), by=world.officer, at=hub.clock.now(), progress=told.append
        )
    assert imported == Imported(opened=3, skipped=0)
    assert standing_still(owner) is None
    assert told == [1, 2, 3]
    assert (count(owner, "client_case"), count(owner, "measure"), count(owner, "case_note")) == (3, 3, 3)
    rows = owner.execute("SELECT responsible_id, area_code FROM client_case").fetchall()
    assert set(rows) == {(world.worker.account_id, "999999")}
    stored = " ".join(str(row) for row in owner.execute("SELECT p::text, c::text FROM person p, client_case c"))
    assert person_name(1) not in stored
    assert id_number(1) not in stored
    acts = owner.execute("SELECT details FROM audit_entry WHERE action = 'import.caseload'").fetchall()
    assert acts == [({"opened": 3, "updated": 0, "skipped": 0},)]


def test_the_measure_stays_out_when_the_importer_may_not_read_it(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    checked = check(hub, register(1), world.worker)
    assert any("专职工作人员" in note.zh for note in checked.notes)
    bring_in(hub, register(1), world.worker)
    assert (count(owner, "client_case"), count(owner, "measure")) == (1, 0)
    assert not any("措施" in note.zh for note in check(hub, register(2), world.officer).notes)


def test_one_bad_row_keeps_every_row_out(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    data = workbook(HEADINGS, (person_name(1), id_number(1)), (person_name(2), "12345"))
    with pytest.raises(ImportRefused) as refused:
        bring_in(hub, understood(data), world.worker)
    assert [(p.row, p.column) for p in refused.value.problems] == [(3, "身份证号")]
    assert "一行也没有导入" in refused.value.label.zh
    assert count(owner, "person") == 0


def test_a_failure_in_the_middle_leaves_nothing(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    def stop(done: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), hub.transaction(world.worker) as session:
        import_caseload(session, register(1, 2, 3), by=world.worker, at=hub.clock.now(), progress=stop)
    assert (count(owner, "person"), count(owner, "audit_entry")) == (0, 0)


def test_the_same_file_twice_brings_nobody_in_twice(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    bring_in(hub, register(1, 2), world.worker)
    with pytest.raises(RowsAlreadyPresent) as refused:
        bring_in(hub, register(1, 2, 3), world.worker)
    assert refused.value.details["count"] == 2
    assert count(owner, "person") == 2
    assert bring_in(hub, register(1, 2, 3), world.worker, skip_present=True) == Imported(opened=1, skipped=2)
    assert count(owner, "person") == 3


def test_rows_already_here_are_shown_with_their_case_and_no_full_number(hub: Hub, world: World) -> None:
    opened = client(hub, world.worker, serial=5)
    checked = check(hub, register(4, 5), world.worker)
    assert (checked.ready, checked.blocking) == (1, ())
    assert [(each.row, each.case_number) for each in checked.present] == [(3, opened.number)]
    assert id_number(5) not in checked.present[0].shown


def test_without_an_id_number_name_and_telephone_together_find_a_duplicate(hub: Hub, world: World) -> None:
    client(hub, world.worker, serial=5, id_number=None)
    same = workbook(("姓名", "手机"), (person_name(5), phone(5)), (person_name(6), phone(5)))
    checked = check(hub, understood(same), world.worker)
    assert ([each.row for each in checked.present], checked.ready) == ([2], 1)


def test_a_person_of_another_office_is_no_duplicate_and_not_reported(hub: Hub, world: World) -> None:
    client(hub, world.stranger, serial=1)
    assert check(hub, register(1), world.worker).present == ()


def test_a_person_whose_case_is_closed_is_opened_again(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    opened = client(hub, world.worker, serial=1)
    with hub.transaction(world.worker) as session:
        close_case(session, case_id=opened.id, reason="moved_away", by=world.worker, at=hub.clock.now())
    assert bring_in(hub, register(1), world.worker).opened == 1
    assert (count(owner, "person"), count(owner, "client_case")) == (1, 2)
    assert standing_still(owner) is None


def test_an_unknown_responsible_person_is_reported_with_who_there_is(hub: Hub, world: World) -> None:
    problem = check(hub, register(1, responsible="张不在"), world.worker).blocking[0]
    assert (problem.row, problem.column, problem.shown) == (2, "责任人", "张不在")
    assert "王晓梅" in problem.fix.zh
    assert "周敏" not in problem.fix.zh  # of another office


def test_two_accounts_of_one_name_are_distinguished_before_anything_is_assigned(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    add_account(owner, world.office_id, "worker-2", "worker", "王晓梅")
    assert "同名" in check(hub, register(1), world.worker).blocking[0].reason.zh


def test_rows_without_a_responsible_person_go_to_the_one_chosen_or_to_the_importer(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    assert any("没有写责任人" in note.zh for note in check(hub, register(1, responsible=""), world.worker).notes)
    bring_in(hub, register(1, responsible=""), world.supervisor)
    with hub.transaction(world.supervisor) as session:
        import_caseload(
            session,
            register(2, responsible=""),
            by=world.supervisor,
            at=hub.clock.now(),
            answers=Answers(default_worker=world.worker.account_id),
        )
    rows = owner.execute("SELECT responsible_id FROM client_case ORDER BY id").fetchall()
    assert rows == [(world.supervisor.account_id,), (world.worker.account_id,)]


@pytest.mark.parametrize("role", ["partner", "civil", "admin", "auditor"])
def test_only_an_office_brings_a_register_in(hub: Hub, world: World, role: str) -> None:
    by: Actor = getattr(world, role)
    with pytest.raises(NotAllowed):
        check(hub, register(1), by)
    with pytest.raises(NotAllowed):
        bring_in(hub, register(1), by)


def test_the_report_of_the_check_fixed_is_loaded_again_and_brings_everyone_in(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    understanding = register(1, 2, responsible="张不在")
    checked = check(hub, understanding, world.worker)
    report = rejected_workbook(understanding, checked.problems)
    again = understood(report)
    assert len(again.rows) == 2
    add_account(owner, world.office_id, "new", "worker", "张不在")
    assert bring_in(hub, again, world.worker).opened == 2


def test_a_second_telephone_and_a_guardian_are_kept(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    data = workbook(
        ("姓名", "电话", "手机", "监护人", "与本人关系", "出生日期"),
        ("张三", phone(1), phone(2), "张母", "母亲", date(1999, 1, 2)),
    )
    bring_in(hub, understood(data), world.worker)
    row = owner.execute("SELECT contact_note IS NOT NULL, guardian IS NOT NULL, birth_year FROM person").fetchone()
    assert row == (True, True, 1999)
