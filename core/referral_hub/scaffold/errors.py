"""Why a new module was not written."""

from __future__ import annotations

from referral_hub.errors import Conflict, Invalid
from referral_hub.i18n import Label


class FolderTaken(Conflict):
    """Nothing is ever overwritten."""

    zh = "{folder} 已存在，不会覆盖。换一个位置：--folder DIR。"
    en = "{folder} already exists and will not be overwritten. Choose another location: --folder DIR."


def no_key() -> Invalid:
    return Invalid(
        field="key",
        message=Label(
            zh="从名称得不出模块代码。请写成 --service 模块.服务，例如 --service legal.advice。",
            en="No module key can be derived from the name. Write --service module.service, for example --service "
            "legal.advice.",
        ),
    )


def bad_name(field: str, text: str) -> Invalid:
    return Invalid(
        field=field,
        message=Label(
            zh=f"“{text}”不能用作名称：1 至 60 个字符，不含引号、反斜杠和换行。",
            en=f"“{text}” cannot be a name: use 1 to 60 characters without quotes, backslashes or line breaks.",
        ),
    )


def several_modules() -> Invalid:
    return Invalid(
        field="service",
        message=Label(
            zh="各项服务要属于同一个模块：--service legal.advice --service legal.court。",
            en="All services must belong to one module: --service legal.advice --service legal.court.",
        ),
    )
