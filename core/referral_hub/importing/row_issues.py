"""What is told of a cell: why it cannot be taken, and how to put it right."""

from __future__ import annotations

from referral_hub.i18n import Label
from referral_hub.text import ValidationIssue

_WRITE_NAME = Label(zh="请填写姓名，只写名字，不带括号和说明。", en="Enter the name only, without brackets or remarks.")
NO_NAME = ValidationIssue(Label(zh="没有姓名。", en="The name is missing."), _WRITE_NAME)
ODD_NAME = ValidationIssue(
    Label(zh="姓名里有不该有的字符。", en="The name contains characters that do not occur in names."), _WRITE_NAME
)
NOTHING_TO_KNOW_BY = ValidationIssue(
    Label(zh="没有身份证号，也没有电话。", en="There is neither an ID number nor a telephone number."),
    Label(zh="请至少填一项，否则无法发现重复。", en="Enter at least one, or duplicates cannot be found."),
)
SEX_DIFFERS = ValidationIssue(
    Label(zh="性别与身份证号不符。", en="The sex differs from the ID number."),
    Label(zh="请核对身份证号和性别。", en="Check the ID number and the sex."),
)
BIRTH_DIFFERS = ValidationIssue(
    Label(zh="出生日期与身份证号不符。", en="The birth date differs from the ID number."),
    Label(zh="请核对身份证号和出生日期。", en="Check the ID number and the birth date."),
)
ODD_SEX = ValidationIssue(
    Label(zh="无法识别性别。", en="The sex is not recognised."), Label(zh="请填男或女。", en="Enter 男 or 女.")
)
TOO_LONG = ValidationIssue(
    Label(zh="内容太长。", en="The text is too long."),
    Label(zh="请缩短，细节可在个案里补写。", en="Shorten it; details can be written in the case."),
)
NOT_A_CODE = ValidationIssue(
    Label(zh="没有对应的选项，这一格没有读。", en="There is no matching option, so this cell was not imported."),
    Label(zh="导入后可在个案里补选。", en="Choose one in the case afterwards."),
)
NOTE_NOT_HELD = ValidationIssue(
    Label(
        zh="备注里有本系统不保存的内容（检测、用药史、风险等级等），这一格没有读。",
        en="The note mentions matters that the hub does not store (tests, use, risk), so it was not imported.",
    ),
    Label(zh="如需保留其余文字，请删去这些内容后再导入。", en="To keep the rest, delete those words and import again."),
)
ERROR_CELL = ValidationIssue(
    Label(zh="单元格是错误值。", en="The cell contains an error value."),
    Label(zh="请改正公式，或直接填写内容。", en="Correct the formula, or type the content directly."),
)
UNSAVED_FORMULA = ValidationIssue(
    Label(zh="公式的结果没有保存在文件里。", en="The result of the formula was not saved in the file."),
    Label(
        zh="请用Excel或WPS打开文件，保存后再上传。", en="Open the file in Excel or WPS, save it and upload it again."
    ),
)
TWO_PEOPLE = ValidationIssue(
    Label(zh="一格里写了两个人。", en="One cell names two people."),
    Label(zh="请一人一行，姓名、身份证号和电话分开写。", en="Give each person a row of their own."),
)
OF_THE_FAMILY = ValidationIssue(
    Label(
        zh="这是别人的电话，不当作本人电话，记作联系人。",
        en="This is another person's telephone number; it was recorded for the contact person.",
    ),
    Label(zh="如果是本人的，请改写后再导入。", en="If it is the client's own, change the wording and import again."),
)
NO_DAY_TAKEN = ValidationIssue(
    Label(zh="日期没有写到日，这一格没有读。", en="The date has no day, so this cell was not imported."),
    Label(zh="请补写到日，或导入后在个案里填。", en="Add the day, or enter it in the case afterwards."),
)
