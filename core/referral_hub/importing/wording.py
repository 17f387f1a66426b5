"""Words in cells to codes: sex, education, employment, housing, and the measure."""

from __future__ import annotations

import re

from referral_hub.importing.values import Gone
from referral_hub.text import plain

_BRACKETED = re.compile(r"[（(].*?[）)]")
_SEX = {"男": "1", "女": "2", "男性": "1", "女性": "2", "男士": "1", "女士": "2", "m": "1", "f": "2"} | {
    "1": "1",
    "2": "2",
    "male": "1",
    "female": "2",
    "未知": "0",
    "0": "0",
    "9": "9",
    "未说明": "9",
}

# The first that fits counts, so the narrower words stand before the wider.
_EDUCATION = [
    (r"研究生|硕士|博士", "10"),
    (r"专升本|本科|学士", "20"),
    (r"大专|专科|高职|高专", "30"),
    (r"中等职业|中专|中职|职高|职业高中|职业中|技校|中技|技工", "40"),
    (r"高中|普高", "60"),
    (r"初中|中学", "70"),
    (r"小学|高小", "80"),
    (r"大学", "20"),
    (r"文盲|半文盲|未上|未读|没上|没读|学前|其他|其它", "90"),
]
_EMPLOYMENT = [
    (r"不愿|拒答|拒绝", "undisclosed"),
    (r"公益", "public_welfare"),
    (r"培训|学徒", "training"),
    (r"在读|在校|就学|上学|学生", "studying"),
    (r"退休|离休|退养", "retired"),
    (r"无劳动能力|丧失劳动|丧劳|伤残|残疾", "unable"),
    (r"未登记|未办理失业", "unemployed"),
    (r"登记失业|失业登记|办理失业", "registered_unemployed"),
    (r"失业|无业|待业|未就业|没工作|无工作|无职业|下岗|^否$|^无$", "unemployed"),
    (r"个体|自雇|自营|经商|创业|老板|开店|自主", "self_employed"),
    (r"灵活|零工|临时工|打零|散工|兼职|务农|农民|摆摊|外卖|快递|临工|自由职业", "flexible"),
    (r"合同|固定工作|正式|企业职工|职工|在职|全职|稳定就业", "contract"),
]
_HOUSING = [
    (r"不愿|拒答", "undisclosed"),
    (r"中途", "halfway_house"),
    (r"救助站", "shelter"),
    (r"无固定|无住|流浪|居无定所|无房无", "none"),
    (r"宿舍|单位住", "employer"),
    (r"借住|寄住|借宿|朋友家", "borrowed"),
    (r"租", "rented"),
    (r"与家人|同住|父母家|父母同|家人|亲属家", "family"),
    (r"自有|自购|自建|自住|产权|商品房|自家", "own"),
]
_MEASURE_KINDS = [
    (r"社区康复|社康", "community_rehabilitation"),
    (r"社区戒毒|社戒", "community_treatment"),
    (r"待报到|未报到", "awaiting_report"),
    (r"自愿戒", "voluntary_treatment"),
    (r"维持治疗|美沙酮|药物维持", "maintenance_treatment"),
    (r"后续照管|后续管理|照管", "aftercare"),
    (r"^无$|^没有$|^无措施$", "none"),
]
_MEASURE_STATUS = [
    (r"待报到|未报到", "awaiting_report"),
    (r"变更执行地|变更|迁出|转出", "moved"),
    (r"中止", "suspended"),
    (r"终止", "terminated"),
    (r"解除|期满|完成|已结束", "discharged"),
    (r"执行|在册|正常|在执|进行|履行|继续", "running"),
]


# What a register says of someone who is not to be met at the office any more. The narrower come first.
_GONE: list[tuple[str, Gone]] = [
    (r"(死亡|病亡|病故|已故|亡故|身故|去世|过世|离世)", "died"),
    (r"(收监|服刑|在押|羁押|逮捕|判刑|入狱|刑拘|强戒|强制隔离(戒毒)?|强隔)", "custody"),
    (r"(解除|终止|期满|期满解除|完成|已结束|出库|注销|撤销|撤管)", "over"),
    (r"(变更执行地|迁出|转出|移交|外迁)", "moved"),
]
_GONE_WHOLE = r"(本人)?(已经?|现|因病|意外|因.{1,4}|于[\d年月日.\-/]{4,12})*%s(了|人员|中|状态)?[（(\d年月日.\-/）)\s]*"


def read_gone(text: str) -> Gone | None:
    """Whether the whole of a short cell says that someone died, is in custody, is through with it, or moved."""
    words = plain(text).replace(" ", "")
    return next((kind for pattern, kind in _GONE if re.fullmatch(_GONE_WHOLE % pattern, words)), None)


def read_sex(text: str) -> str | None:
    return _SEX.get(_BRACKETED.sub("", plain(text)).strip().lower())


def read_education(text: str) -> str | None:
    """GB/T 4658-2006, two digits."""
    return _first(_EDUCATION, text)


def read_employment(text: str) -> str | None:
    return _first(_EMPLOYMENT, text)


def read_housing(text: str) -> str | None:
    return _first(_HOUSING, text)


def read_measure_kind(text: str) -> str | None:
    return _first(_MEASURE_KINDS, text)


def read_measure_status(text: str) -> str | None:
    return _first(_MEASURE_STATUS, text)


def _first(table: list[tuple[str, str]], text: str) -> str | None:
    words = plain(text).replace(" ", "")
    return next((code for pattern, code in table if re.search(pattern, words)), None)
