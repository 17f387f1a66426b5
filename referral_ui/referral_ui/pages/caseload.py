"""Bringing in the register an office keeps: upload, see what was understood, fix, then all of it or nothing.

Between the steps the file waits in the page itself, encrypted for this account: nothing personal lies on the server
until the worker says so, and any process can serve the next step.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from litestar import Response, Router, get, post

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.cases.measures import MEASURE_KINDS
from referral_hub.errors import HubError
from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_hub.importing.actions import import_caseload
from referral_hub.importing.caseload import ALL_SHEETS, understand
from referral_hub.importing.check import Answers, check_caseload
from referral_hub.importing.report import rejected_workbook, template_workbook
from referral_hub.importing.values import Understanding
from referral_ui.actions import refusal_shown
from referral_ui.forms import Form, Input, choices
from referral_ui.guards import requires
from referral_ui.pages.shown import WORDS, worker_page
from referral_ui.rendering import redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, SubmittedForm, TheForm

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_PROBLEMS = 100
_UPLOAD = "worker/import_upload.html"
_WORKER = "worker:"  # and the name as the register writes it

_FILE = Input(
    "register",
    "file",
    Label(zh="登记表", en="Register"),
    help=Label(
        zh="Excel 工作簿（.xlsx）或 CSV。表头在第几行、列名怎么写都可以，系统会自己认。",
        en="An Excel workbook (.xlsx) or CSV. The header may be in any row; usual column names are recognised.",
    ),
    required=True,
    accept=f".xlsx,.csv,{XLSX},text/csv",
)
_SHEETS = Input(
    "every_sheet", "yes_no", Label(zh="所有像登记表的工作表都读", en="Read every sheet that looks like one")
)
_KIND = Input(
    "measure_kind",
    "choice",
    Label(zh="表里的起止日期属于", en="The start and end dates belong to"),
    help=Label(
        zh="表头没有写明时选；只存入限制信息，只有专职工作人员能看。",
        en="Choose this if the headings do not state it. Stored only in the restricted section, which only "
        "full-time officers can see.",
    ),
    choices=choices(MEASURE_KINDS),
)


@get("/caseload/import", guards=[requires("worker", "supervisor")], sync_to_thread=False)
def show_upload(request: HubRequest, actor: CurrentActor) -> Response[str]:
    return worker_page(request, _UPLOAD, form=Form(_fields(actor)))


@get("/caseload/import/template", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def download_template(request: HubRequest) -> Response[bytes]:
    return _workbook(template_workbook(), "empty-register.xlsx")


@post("/caseload/import", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_understanding(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    """What was understood, before anything is written."""
    typed = Form(_fields(actor), form)
    with typed.shown_again(_UPLOAD, words=WORDS):
        values = typed.clean()
        upload = values["register"]
        data: bytes = upload.file.read()
        understanding = _understand(request, hub, data, str(upload.filename), form)
    return _show(request, hub, actor, understanding, form, _encrypt(hub, actor, data))


@post("/caseload/import/confirm", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def bring_in(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    data = _decrypt(hub, actor, form)
    if data is None:
        return _start_again(request)
    understanding = _understand(request, hub, data, form.text("filename"), form)

    def take_all() -> Response[Any]:
        with hub.transaction(actor) as session:
            imported = import_caseload(session, understanding, by=actor, at=request.now, answers=_answers(form))
        done = Label(
            zh=f"已导入：新建 {imported.opened} 个个案，更新 {imported.updated} 人，跳过 {imported.skipped} 人。",
            en=f"Imported: {imported.opened} cases opened, {imported.updated} people updated, {imported.skipped} "
            "skipped.",
        )
        return redirect(request, "/cases", done=done)

    def show_again(refusal: HubError) -> Response[Any]:
        return _show(request, hub, actor, understanding, form, form.text("sealed"), refusal=refusal.label)

    return refusal_shown(request, take_all, at=show_again)


@post("/caseload/import/rejected", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def download_rejected(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    """The rows to fix with what is wrong beside them; fixed, the same file is loaded again."""
    data = _decrypt(hub, actor, form)
    if data is None:
        return _start_again(request)
    understanding = _understand(request, hub, data, form.text("filename"), form)
    with hub.transaction(actor) as session:
        check = check_caseload(session, understanding, by=actor)
    return _workbook(rejected_workbook(understanding, check.problems), "rows-to-fix.xlsx")


def _fields(actor: Actor) -> tuple[Input, ...]:
    return (_FILE, _SHEETS, _KIND) if actor.statutory else (_FILE, _SHEETS)


def _understand(request: HubRequest, hub: Hub, data: bytes, filename: str, form: SubmittedForm) -> Understanding:
    return understand(
        data,
        filename,
        today=local_date(request.now),
        demo=hub.settings.demo,
        sheets=ALL_SHEETS if form.ticked("every_sheet") else (),
        measure_kind=form.text("measure_kind") or None,
    )


def _show(
    request: HubRequest,
    hub: Hub,
    actor: Actor,
    understanding: Understanding,
    form: SubmittedForm,
    sealed: str,
    *,
    refusal: Label | None = None,
) -> Response[str]:
    with hub.transaction(actor) as session:
        check = check_caseload(session, understanding, by=actor, answers=_answers(form))
    return worker_page(
        request,
        "worker/import_check.html",
        status=422 if refusal else 200,
        refusal=refusal,
        understanding=understanding,
        check=check,
        shown_problems=check.problems[:SHOWN_PROBLEMS],
        answered=_answers(form),
        kept={
            "filename": understanding.filename,
            "sealed": sealed,
            "every_sheet": form.text("every_sheet"),
            "measure_kind": form.text("measure_kind"),
            **{field: form.text(field) for field in form.texts if field.startswith(_WORKER)},
        },
    )


def _answers(form: SubmittedForm) -> Answers:
    """What was decided on the page: who takes over for whom, and what happens to the people who have a case."""
    present = form.text("present")
    return Answers(
        workers={field.removeprefix(_WORKER): form.text(field) for field in form.texts if field.startswith(_WORKER)},
        update_present=present == "update",
        skip_present=present == "skip",
        open_gone=form.ticked("open_gone"),
    )


def _encrypt(hub: Hub, actor: Actor, data: bytes) -> str:
    """The file, encrypted for this account alone, as a text that a hidden field can carry."""
    return base64.b64encode(hub.cipher.encrypt(base64.b64encode(data).decode(), _context(actor))).decode()


def _decrypt(hub: Hub, actor: Actor, form: SubmittedForm) -> bytes | None:
    """The file of the step before; None when it did not arrive whole or is someone else's."""
    try:
        return base64.b64decode(hub.cipher.decrypt(base64.b64decode(form.text("sealed")), _context(actor)))
    except (binascii.Error, ValueError, HubError):
        return None


def _context(actor: Actor) -> str:
    return f"import.register:{actor.account_id}"


def _start_again(request: HubRequest) -> Response[Any]:
    label = Label(
        zh="页面打开得太久，请重新选择文件。", en="The page was open for too long; please choose the file again."
    )
    return redirect(request, "/caseload/import", done=label, tone="note")


def _workbook(content: bytes, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=XLSX, headers=headers)


router = Router(
    "/",
    route_handlers=[show_upload, download_template, show_understanding, bring_in, download_rejected],
    include_in_schema=False,
)
