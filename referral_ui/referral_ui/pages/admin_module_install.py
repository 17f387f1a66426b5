"""Uploading a module: it is put into a folder of its own and waits for approval; nothing of it runs here."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile

from referral_hub.i18n import Label
from referral_hub.module_admin.install_actions import install_module
from referral_hub.module_admin.install_errors import NothingToInstall
from referral_ui.forms import Form, Input
from referral_ui.guards import requires
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_TEMPLATE = "admin/module_install.html"
_FIELDS = (
    Input(
        "package",
        "file",
        Label(zh="程序包", en="Package"),
        help=Label(
            zh="模块的 .whl 文件；它还需要别的程序包时，用 .zip 把所有 .whl 一起上传。",
            en="The module's .whl file; if it needs other packages, a .zip with all the .whl files.",
        ),
        required=True,
        accept=".whl,.zip",
    ),
)
_KINDS = (".whl", ".zip")


@get("/admin/install-module", guards=[requires("admin")], sync_to_thread=True)
def ask_package(request: HubRequest) -> Response[str]:
    return page(request, _TEMPLATE, form=Form(_FIELDS))


@post("/admin/install-module", guards=[requires("admin")], sync_to_thread=True)
def install(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    typed = Form(_FIELDS, form)
    with typed.shown_again(_TEMPLATE), TemporaryDirectory(dir=hub.settings.data) as folder:
        done = install_module(hub, _save(typed.clean()["package"], Path(folder)), by=actor)
    said = Label(
        zh=f"已安装“{done.name.zh}”{done.version}。请看清它要什么，再核准。",
        en=f"“{done.name.en}” {done.version} has been installed. Review what it asks for before you approve it.",
    )
    return redirect(request, f"/admin/modules/{done.key}", done=said)


def _save(upload: UploadFile, folder: Path) -> Path:
    """The upload as a file of its own name: a wheel's name says what it is."""
    name = PurePosixPath(upload.filename.replace("\\", "/")).name
    if not name.endswith(_KINDS):
        raise NothingToInstall(name=name)
    path = folder / name
    path.write_bytes(upload.file.read())
    return path


handlers = (ask_package, install)
