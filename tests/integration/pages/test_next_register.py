"""Next month's register: who is not there any more, who is new, who changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from tests.factories import id_number, phone
from tests.integration.ui.conftest import Browser
from tests.loop import Loop
from tests.unit.imports.registers import workbook

HEADINGS = ("姓名", "身份证号", "联系电话", "现住址", "责任人", "状态")


@pytest.fixture
def worker(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("worker")


def row(
    serial: int, *, name: str = "张三", address: str = "", worker: str = "", status: str = "在册"
) -> tuple[str, ...]:
    return (name, id_number(serial), phone(serial), address, worker, status)


def upload(worker: Browser, *rows: tuple[str, ...], headings: tuple[str, ...] = HEADINGS) -> Any:
    page = worker.post("/caseload/import", files={"register": ("登记表.xlsx", workbook(headings, *rows))})
    assert page.status_code == 200, page.text[:600]
    return page


def confirm(worker: Browser, page: Any, **answers: str) -> Any:
    found = re.search(r'name="sealed" value="([^"]+)"', page.text)
    assert found
    return worker.post("/caseload/import/confirm", {"filename": "登记表.xlsx", "sealed": found[1], **answers})


def cases(loop: Loop) -> int:
    return int(loop.one("SELECT count(*) FROM client_case")[0])


@pytest.mark.parametrize("status", ["死亡", "已死亡", "收监", "服刑中", "解除", "期满解除", "变更执行地"])
def test_nobody_who_died_is_in_custody_or_was_released_becomes_an_open_case_unnoticed(
    loop: Loop, worker: Browser, status: str
) -> None:
    page = upload(worker, row(71), row(72, name="李四", status=status), row(73, name="王五"))
    assert "不建案的人" in page.text
    confirm(worker, page)
    assert cases(loop) == 2


def test_the_released_get_a_case_when_asked_for_and_the_dead_never(loop: Loop, worker: Browser) -> None:
    page = upload(worker, row(71, status="解除"), row(72, name="李四", status="死亡"), row(73, name="王五"))
    confirm(worker, page, open_gone="1")
    assert cases(loop) == 2


def test_a_death_reported_in_a_column_that_is_not_read_is_seen_and_a_fathers_is_not(
    loop: Loop, worker: Browser
) -> None:
    headings = ("姓名", "身份证号", "联系电话", "人员去向", "父亲情况")
    page = upload(
        worker,
        ("张三", id_number(71), phone(71), "病故", ""),
        ("李四", id_number(72), phone(72), "在家", "已故"),
        headings=headings,
    )
    confirm(worker, page)
    assert cases(loop) == 1


def test_what_the_register_says_otherwise_is_shown_first_and_taken_over_after(loop: Loop, worker: Browser) -> None:
    confirm(worker, upload(worker, row(71, address="旧街1号"), row(72, name="李四", address="旧街2号")))
    page = upload(worker, row(71, address="新街9号"), row(72, name="李四"), row(73, name="王五"))
    assert "旧街1号" in page.text
    assert "新街9号" in page.text
    assert "旧街2号" not in page.text  # an empty cell takes nothing away
    refused = confirm(worker, page)
    assert refused.status_code == 422
    assert cases(loop) == 2
    confirm(worker, page, present="update")
    assert cases(loop) == 3
    again = upload(worker, row(71, address="新街9号"), row(72, name="李四"))
    assert "现在 → 登记表" not in again.text
    looks = loop.one("SELECT count(*) FROM audit_entry WHERE action = 'case.read'")
    assert looks[0] == 1  # the case whose address was shown


def test_an_unknown_worker_is_asked_about_once_with_those_there_are(
    loop: Loop, worker: Browser, owner: psycopg.Connection
) -> None:
    page = upload(
        worker,
        *(row(serial, name=name, worker="老李") for serial, name in enumerate(("张一", "张二", "张三"), start=71)),
    )
    assert page.text.count("worker:老李") == 1
    confirm(worker, page, **{"worker:老李": "supervisor"})
    rows = owner.execute(
        "SELECT a.login, count(*) FROM client_case c JOIN account a ON a.id = c.responsible_id GROUP BY 1"
    ).fetchall()
    assert rows == [("supervisor", 3)]


def test_an_answer_that_names_nobody_of_the_office_is_no_answer(loop: Loop, worker: Browser) -> None:
    page = upload(worker, row(71, worker="老李"))
    assert confirm(worker, page, **{"worker:老李": "partner"}).status_code == 422
    assert cases(loop) == 0


def test_a_closed_case_and_a_shared_telephone_are_shown_as_perhaps_the_same(
    loop: Loop, worker: Browser, owner: psycopg.Connection
) -> None:
    confirm(worker, upload(worker, row(71), row(72, name="李四")))
    owner.execute(
        "UPDATE client_case SET status = 'closed', closed_on = opened_on, closing_reason = 'moved_away'"
        " WHERE id = (SELECT min(id::text)::uuid FROM client_case)"
    )
    owner.commit()
    page = upload(worker, row(71), ("李思", "", phone(72), "", "", ""))
    assert "可能是已经认识的人" in page.text
    assert "已结案" in page.text
    assert "电话相同、姓名不同" in page.text


def test_the_page_writes_a_name_as_the_register_does(loop: Loop, worker: Browser) -> None:
    """One person, typed with another dot, zero or apostrophe, is not opened twice."""
    for serial, (typed, written) in enumerate(
        [("买买提•吐尔逊", "买买提·吐尔逊"), ("刘○", "刘〇"), ("O’Brien", "O'Brien")], start=74
    ):
        confirm(worker, upload(worker, (typed, "", phone(serial), "", "", "")))
        page = upload(worker, (written, "", phone(serial), "", "", ""))
        assert "已有个案的人" in page.text, typed
    assert cases(loop) == 3


def test_comparing_costs_the_same_statements_however_many_people_the_register_has(
    loop: Loop, worker: Browser, count_statements: Any
) -> None:
    people = [row(serial, name=name, address="旧街1号") for serial, name in enumerate("赵钱孙李周吴郑王", start=71)]
    people = [(f"{each[0]}某", *each[1:]) for each in people]
    confirm(worker, upload(worker, *people))
    with count_statements() as two:
        upload(worker, *people[:2])
    with count_statements() as eight:
        upload(worker, *people)
    assert len(eight) == len(two)
