"""Why something is not given out as a file."""

from __future__ import annotations

from referral_hub.errors import HubError


class ExportTooLarge(HubError):
    """Details: `rows`, `limit` (R24)."""

    status = 422
    zh = "一次最多导出{limit}行，现有{rows}行。请缩小范围后再导出。"
    en = "At most {limit} rows can be exported at once; there are {rows}. Narrow the selection and try again."


class PurposeMissing(HubError):
    """R24: a file says who made it, when and what for."""

    status = 422
    zh = "请写明导出用途（2至40个字），它会印在文件上并记入操作记录。"
    en = "State the purpose of the file in 2 to 40 characters; it is printed on the file and written to the audit log."
