"""Column names: which heading of an office's register means which field, and which columns are not taken."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Literal

import msgspec

from referral_hub.i18n import Label
from referral_hub.text import plain

_HEADINGS = tomllib.loads(files(__package__).joinpath("headings.toml").read_text("utf-8"))
FIELDS: dict[str, Label] = {field: Label(zh=entry["zh"], en=entry["en"]) for field, entry in _HEADINGS.items()}
# A heading so general that the values below it must say whether it is about the measure.
VAGUE = frozenset(
    (
        "类别",
        "类型",
        "人员类别",
        "人员类型",
        "人员性质",
        "人员分类",
        "对象类别",
        "对象类型",
        "状态",
        "当前状态",
        "人员状态",
    )
)

_RANGE = re.compile(r"起止|期限|期间|起讫|起至|时间段")
_END = re.compile(r"(结束|截止|终止|期满|到期|届满|解除|(?<!起)止|(?<!起)至)(日期|时间|日|年月日)?$")
_START = re.compile(r"(开始|起始|起算|报到|起|自)(日期|时间|日|年月日)?$")
_SOMEBODY_ELSE = re.compile(r"监护|联系人|家属|亲属|责任|社工|专干|民警|干部|网格|志愿|家庭成员")
_TREATMENT = re.compile(r"社区戒毒|社戒")
_REHABILITATION = re.compile(r"社区康复|社康|社区戒毒康复")

_BRACKETED = re.compile(r"[(（\[【].*?[)）\]】]")

_OWN = frozenset(["行号", "问题", "怎样改", "工作表"])
_NUMBERING = frozenset(["序号", "编号", "序列", "no", "顺序号", "档案号", "档案编号", "自编号", "编码"])
_NOT_HELD = re.compile(
    r"尿检|尿液|毛发|检测|吸毒|吸食|毒品|毒种|毒龄|毒情|滥用|成瘾|复吸|戒断|强戒|强制隔离|强隔|查获|处罚|处置|前科|违法|犯罪|刑"
    r"|风险|危险等级|分级|等级评估|评估等级|颜色|赋码|管控|动态|定位|轨迹|人脸|照片|相片|指纹|驾驶证|驾照|驾证|美沙酮|维持治疗"
    r"|艾滋|hiv|传染病|精神障碍|平安关爱|脱管|失控|戒毒所|出所|公安|派出所|民警|网格警"
)
_NOT_HELD_IN_WORDS = re.compile(
    r"尿检|毛发检|吸毒|吸食|毒品|冰毒|海洛因|白粉|K粉|k粉|麻果|摇头丸|大麻|复吸|成瘾|风险等级|高风险|中风险|低风险|艾滋|HIV|美沙酮"
    r"|强戒|强制隔离|前科|服刑|拘留"
)
_NOT_NEEDED = re.compile(r"民族|政治面貌|党员|宗教|婚姻|婚否|籍贯|身高|血型|服兵役|兵役")

NOT_HELD = Label(
    zh="本系统不保存这类内容（检测、风险等级、用药史、处罚、位置、照片等）。",
    en="The hub does not store this (tests, risk levels, history of use, penalties, location, photographs).",
)
NOT_NEEDED = Label(zh="帮扶用不着，不收集。", en="Not needed for assistance, so not collected.")
FROM_ID = Label(zh="由身份证号得出，不另存。", en="Derived from the ID number; not stored separately.")
NUMBERING = Label(zh="编号由系统给出。", en="The hub assigns its own numbers.")
OWN = Label(zh="这是本系统加的说明列。", en="This column was added by the hub.")
UNKNOWN = Label(
    zh="没有认出这一列。如需导入，请按空白模板改列名。",
    en="Not recognised. To import it, name the column as in the blank template.",
)
REPEATED = Label(zh="前面已有同样的列，以前面的为准。", en="An earlier column has the same content; that one is used.")
VAGUE_VALUES = Label(
    zh="列名笼统，内容也不是措施类型或状态，没有读。",
    en="The heading is general and the values are not kinds or states of a measure; not read.",
)

Reason = Literal["not_held", "not_needed", "unknown", "own", "repeated"]


class Meaning(msgspec.Struct, frozen=True):
    """What a heading means. `kind` is the measure a date column is about, where the heading says so."""

    field: str
    kind: str | None = None


def normal(heading: str) -> str:
    """A heading without spaces, line breaks, brackets, marks and required-signs, in small letters."""
    return re.sub(
        r"[\s*＊★#:：、，,。.；;/／\\|()（）\[\]【】〔〕{}<>《》“”\"'‘’_\-—–·•?？!！和与及]", "", plain(heading)
    ).lower()


_FIELD_OF = {
    normal(heading): field for field, entry in _HEADINGS.items() for heading in [entry["zh"], *entry["headings"]]
}


def meaning_of(heading: str, parent: str = "") -> Meaning | None:
    """The field a heading stands for; `parent` is the cell merged above it in a header of two levels."""
    if not parent:
        above, _, below = heading.rpartition("/")  # how the report of rejected rows writes two levels in one
        return _meaning(heading) or (meaning_of(below, above) if above else None)
    above = re.sub(r"(基本)?(信息|情况|资料)$", "", normal(parent))
    together = _meaning(above + heading)
    if together or _SOMEBODY_ELSE.search(above):
        return together  # a name or a telephone under “guardian” is never the client's
    alone = _meaning(heading)
    if alone and alone.field.startswith("measure_"):
        return Meaning(alone.field, alone.kind or measure_kind_in(above))
    return alone


def why_ignored(heading: str) -> tuple[Reason, Label]:
    """The reason a column that means no field is not taken."""
    text = normal(heading)
    if text in _OWN:
        return "own", OWN
    if text in _NUMBERING:
        return "not_needed", NUMBERING
    if text in ("年龄", "周岁", "岁数"):
        return "not_needed", FROM_ID
    if _NOT_HELD.search(text):
        return "not_held", NOT_HELD
    if _NOT_NEEDED.search(text):
        return "not_needed", NOT_NEEDED
    return "unknown", UNKNOWN


def tells_what_is_not_held(words: str) -> bool:
    """Whether free text, such as a note, speaks of what the hub may not hold (R4)."""
    return bool(_NOT_HELD_IN_WORDS.search(words))


def measure_kind_in(text: str) -> str | None:
    """The measure a heading, a title or a sheet's name speaks of, if it is one of the two community measures."""
    treatment, rehabilitation = bool(_TREATMENT.search(text)), bool(_REHABILITATION.search(text))
    if treatment == rehabilitation or "社区戒毒康复" in text:
        return None
    return "community_treatment" if treatment else "community_rehabilitation"


def _meaning(heading: str) -> Meaning | None:
    """Tried with what is in brackets, without it, and without a number at the end (联系电话2)."""
    whole = normal(heading)
    readings = [whole, whole.rstrip("0123456789一二")]
    bracketed = _BRACKETED.search(plain(heading))
    if bracketed:
        without = normal(_BRACKETED.sub("", plain(heading)))
        about = normal(bracketed.group())
        # 联系电话（家属） is the family's.
        readings.insert(1, about + without if _SOMEBODY_ELSE.search(about) else without)
        readings.append(readings[1].rstrip("0123456789一二"))
    for text in dict.fromkeys(readings):
        if text in _FIELD_OF:
            return Meaning(_FIELD_OF[text])
        if found := _measure_dates(text):
            return found
    return None


def _measure_dates(text: str) -> Meaning | None:
    if not (_TREATMENT.search(text) or _REHABILITATION.search(text)) or re.search(r"强制|强戒|强隔", text):
        return None
    kind = measure_kind_in(text)
    for field, pattern in (("measure_end", _END), ("measure_start", _START), ("measure_range", _RANGE)):
        if pattern.search(text):
            return Meaning(field, kind)
    if re.search(r"(日期|时间)$", text):
        return Meaning("measure_range", kind)
    return None
