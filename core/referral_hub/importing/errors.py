"""Why a file cannot be read or imported. Each sentence says how to fix it."""

from __future__ import annotations

from referral_hub.errors import HubError
from referral_hub.importing.values import EntryProblem, RowProblem


class FileUnreadable(HubError):
    """The file as a whole cannot be taken; nothing was read."""

    status = 422


class FileEmpty(FileUnreadable):
    zh = "文件是空的（0字节）。请重新选择文件。"
    en = "The file is empty (0 bytes). Please choose the file again."


class FileTooLarge(FileUnreadable):
    """Details: `limit`, in MB."""

    zh = "文件超过{limit} MB。请删去图片和多余的工作表，或分成几个文件。"
    en = "The file is larger than {limit} MB. Remove pictures and spare sheets, or split it."


class OldWorkbook(FileUnreadable):
    zh = "这是旧格式的表格（.xls或.et）。请用Excel或WPS打开，“另存为”Excel工作簿（.xlsx）后再上传。"
    en = (
        "This is a workbook in the old format (.xls or .et). Open it in Excel or WPS and save it as Excel "
        "Workbook (.xlsx)."
    )


class BinaryWorkbook(FileUnreadable):
    zh = "这是二进制表格（.xlsb）。请“另存为”Excel工作簿（.xlsx）后再上传。"
    en = "This is a binary workbook (.xlsb). Save it as Excel Workbook (.xlsx)."


class OpenDocumentSheet(FileUnreadable):
    zh = "这是开放文档表格（.ods）。请“另存为”Excel工作簿（.xlsx）后再上传。"
    en = "This is an OpenDocument spreadsheet (.ods). Save it as Excel Workbook (.xlsx)."


class StrictWorkbook(FileUnreadable):
    zh = "这是“Strict Open XML”格式。请另存时选“Excel工作簿（.xlsx）”，不要选带Strict字样的类型。"
    en = "This is a Strict Open XML workbook. Save it as plain Excel Workbook (.xlsx), not the Strict kind."


class ProtectedWorkbook(FileUnreadable):
    zh = "文件设了打开密码。请在Excel里去掉密码（文件→信息→保护工作簿→用密码进行加密，清空），保存后再上传。"
    en = (
        "The file is protected by a password. Remove it in Excel (File, Info, Protect Workbook, Encrypt with "
        "Password, clear it), save, and upload again."
    )


class BrokenTable(FileUnreadable):
    """A text file that is no table."""

    zh = "这个文本文件读不成表格。请向导出它的人要Excel工作簿（.xlsx）；自己另存前，先看身份证号是否完整。"
    en = "The text file cannot be read as a table. Ask the person who exported it for an Excel workbook (.xlsx)."


class WebPageFile(FileUnreadable):
    zh = "这个文件名像表格，里面其实是网页。请用Excel打开，“另存为”Excel工作簿（.xlsx）后再上传。"
    en = (
        "The file name is that of a spreadsheet, but the content is a web page. Open it in Excel and save it as "
        "Excel Workbook (.xlsx)."
    )


class NotAWorkbook(FileUnreadable):
    zh = "这不是Excel工作簿，也不是CSV。请上传.xlsx或.csv文件。"
    en = "This is neither an Excel workbook nor CSV. Please upload an .xlsx or .csv file."


class BrokenWorkbook(FileUnreadable):
    zh = "文件已损坏或没有传完整。请用Excel打开检查，重新保存后再上传。"
    en = "The file is damaged or incomplete. Open it in Excel, save it again and upload that."


class SwollenWorkbook(FileUnreadable):
    """The package unpacks to far more than a register needs (a zip bomb, or a sheet formatted to its last row)."""

    zh = "文件解压后异常大。请把要用的行复制到一个新的工作簿，保存后再上传。"
    en = "The file is abnormally large when unpacked. Copy the rows you need into a new workbook and upload that."


class FarCell(FileUnreadable):
    """Details: `cell`."""

    zh = "单元格{cell}里有内容，离表格太远。请删去它（选中多余的行或列，右键删除），保存后再上传。"
    en = "Cell {cell} has content far from the table. Delete the spare rows or columns, save, and upload again."


class TooManyRows(FileUnreadable):
    """Details: `sheet`, `limit`."""

    zh = "工作表“{sheet}”超过{limit}行。请分成几个文件，逐个导入。"
    en = "Sheet “{sheet}” has more than {limit} rows. Split it into several files."


class SheetNotFound(FileUnreadable):
    """Details: `sheet`, `sheets`."""

    zh = "没有名为“{sheet}”的工作表。文件里有：{sheets}。"
    en = "There is no sheet “{sheet}”. The file has: {sheets}."


class HeaderNotFound(FileUnreadable):
    """Details: `looked`, what came nearest."""

    zh = "没有找到表头。表头要有“姓名”，并有“身份证号”或“联系电话”。{looked}可以下载空白模板对照。"
    en = (
        "No header row was found. It needs 姓名 (name) and 身份证号 (ID number) or 联系电话 (phone). {looked}"
        " Compare it with the blank template."
    )


class CardOfOnePerson(FileUnreadable):
    """Details: `sheet`."""

    zh = "工作表“{sheet}”像是一个人的登记卡，不是花名册。一个人请直接“新建个案”；几个人请一人一行，可下载空白模板。"
    en = (
        "Sheet “{sheet}” looks like a form about one person, not a register. Open one case by hand, or put each person "
        "in a row of the blank template."
    )


class NoRows(FileUnreadable):
    """Details: `sheet`, `row`."""

    zh = "工作表“{sheet}”的表头（第{row}行）下面没有数据。"
    en = "Sheet “{sheet}” has no rows below its header (row {row})."


class ImportRefused(HubError):
    """Nothing was imported, because some rows cannot be. Details: `count`."""

    status = 422
    zh = "有{count}处问题，一行也没有导入。请改好后重新导入。"
    en = "There are {count} problems, so nothing was imported. Fix them and import again."

    def __init__(self, problems: tuple[RowProblem, ...]) -> None:
        self.problems = problems
        super().__init__(count=len(problems))


class RowsAlreadyPresent(HubError):
    """Nothing was imported, because some people already have a case here. Details: `count`."""

    status = 409
    zh = "有{count}行的人在本单位已有个案，一行也没有导入。确认无误后，可以选择“跳过已有的”。"
    en = (
        "{count} rows are people who already have a case here, so nothing was imported. After checking, you may "
        "choose to skip those rows."
    )


class NotJson(FileUnreadable):
    """Details: `where`, a Label."""

    zh = "这不是有效的JSON文件（{where}）。请向提供方索取UTF-8编码的HSDS 3.x JSON文件。"
    en = "This is not a valid JSON file ({where}). Ask the publisher for an HSDS 3.x JSON file in UTF-8."


class NotADirectory(FileUnreadable):
    zh = "文件里没有找到机构或服务。需要Open Referral HSDS 3.x格式：organizations、services，或接口返回的contents。"
    en = (
        "No organisation or service was found in the file. It needs Open Referral HSDS 3.x: organizations, services, "
        "or the contents of an API page."
    )


class DirectoryRefused(HubError):
    """Nothing was imported, because some entries cannot be. Details: `count`."""

    status = 422
    zh = "有{count}处问题，机构和服务都没有导入。请改好后重新导入。"
    en = "There are {count} problems, so nothing was imported. Fix them and import again."

    def __init__(self, problems: tuple[EntryProblem, ...]) -> None:
        self.problems = problems
        super().__init__(count=len(problems))
