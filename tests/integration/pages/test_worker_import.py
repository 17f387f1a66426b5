"""Bringing in a register through the page: look, fix, then all of it or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from tests.factories import id_number, phone
from tests.integration.ui.conftest import Browser
from tests.loop import Loop


@pytest.fixture
def worker(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("worker")


def register(*rows: tuple[str, str, str]) -> bytes:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["二〇二六年服务对象登记表"])
    sheet.append(["序号", "姓名", "公民身份号码", "手机号"])
    for number, row in enumerate(rows, start=1):
        sheet.append([number, *row])
    saved = BytesIO()
    workbook.save(saved)
    return saved.getvalue()


def upload(worker: Browser, content: bytes) -> Any:
    return worker.post("/caseload/import", files={"register": ("登记表.xlsx", content)})


def carried(page: str) -> dict[str, str]:
    found = re.search(r'name="sealed" value="([^"]+)"', page)
    assert found
    return {"filename": "登记表.xlsx", "sealed": found[1]}


def test_a_register_is_understood_first_and_imported_after(loop: Loop, worker: Browser) -> None:
    page = upload(worker, register(("张三", id_number(71), phone(71)), ("李四", id_number(72), phone(72))))
    assert page.status_code == 200, page.text[:600]
    assert "身份证号" in page.text
    assert id_number(71) not in page.text
    assert loop.one("SELECT count(*) FROM client_case")[0] == 0
    done = worker.post("/caseload/import/confirm", carried(page.text))
    assert done.headers["location"] == "/cases"
    assert loop.one("SELECT count(*) FROM client_case")[0] == 2


def test_one_bad_row_stops_all_and_is_returned_to_be_fixed(loop: Loop, worker: Browser) -> None:
    page = upload(worker, register(("张三", id_number(71), phone(71)), ("李四", "12345", phone(72))))
    assert "下载要改的行" in page.text
    refused = worker.post("/caseload/import/confirm", carried(page.text))
    assert refused.status_code == 422
    assert loop.one("SELECT count(*) FROM client_case")[0] == 0
    rejected = worker.post("/caseload/import/rejected", carried(page.text))
    names = [cell.value for row in load_workbook(BytesIO(rejected.content)).worksheets[0].iter_rows() for cell in row]
    assert "李四" in names
    assert "张三" not in names


def test_the_waiting_file_is_sealed_for_the_account_that_sent_it(
    loop: Loop, worker: Browser, signed_in_as: Callable[[str], Browser]
) -> None:
    page = upload(worker, register(("张三", id_number(71), phone(71))))
    stolen = signed_in_as("supervisor").post("/caseload/import/confirm", carried(page.text))
    assert stolen.headers["location"] == "/caseload/import"
    assert loop.one("SELECT count(*) FROM client_case")[0] == 0


def test_a_file_that_is_no_workbook_is_named_for_what_it_is(loop: Loop, worker: Browser) -> None:
    answer = upload(worker, b"<html><table><tr><td>1</td></tr></table>")
    assert answer.status_code == 422
    assert "请用Excel打开" in answer.text


def test_a_register_in_gb18030_is_read_as_it_is(loop: Loop, worker: Browser) -> None:
    page = upload(worker, f"姓名,身份证号,电话\n张三,{id_number(71)},{phone(71)}\n".encode("gb18030"))
    assert page.status_code == 200, page.text[:600]
    worker.post("/caseload/import/confirm", carried(page.text))
    assert loop.one("SELECT count(*) FROM client_case")[0] == 1


def test_the_empty_register_can_be_loaded_down(loop: Loop, worker: Browser) -> None:
    answer = worker.get("/caseload/import/template")
    assert load_workbook(BytesIO(answer.content)).sheetnames[0] == "服务对象登记表"
