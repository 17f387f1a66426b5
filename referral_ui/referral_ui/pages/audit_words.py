"""The audit log in words: what an entry is about, and its details. A code that only a module knows stays a code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from referral_hub.audit.catalogue import ACTIONS, OPENED
from referral_hub.codes import (
    ASK_AGAIN_REASONS,
    BASES,
    CASE_CLOSING_REASONS,
    DECLINE_REASONS,
    EVIDENCE_LEVELS,
    EXPIRY_REASONS,
    NEED_KINDS,
    OUTCOME_CODES,
    WITHDRAW_REASONS,
)
from referral_hub.codes.case_fields import CATEGORY_TEXTS, FIELDS
from referral_hub.i18n import Label
from referral_hub.storage.personal_fields import CLIENT_FIELDS
from referral_hub.workflow.table import STATES

SUBJECTS: Mapping[str, Label] = MappingProxyType(
    {
        "account": Label(zh="账号", en="account"),
        "api_token": Label(zh="接口令牌", en="access token"),
        "assistance_entry": Label(zh="救助记录", en="assistance entry"),
        "calendar": Label(zh="工作日历", en="working calendar"),
        "case": Label(zh="个案", en="case"),
        "consent": Label(zh="同意", en="consent"),
        "contract": Label(zh="合同", en="contract"),
        "disclosure": Label(zh="提供的信息", en="disclosure"),
        "follow_up": Label(zh="回访", en="follow-up"),
        "fund": Label(zh="资金", en="fund"),
        "import": Label(zh="导入", en="import"),
        "keys": Label(zh="密钥", en="keys"),
        "measure": Label(zh="限制信息", en="restricted section"),
        "module": Label(zh="模块", en="module"),
        "need": Label(zh="需求", en="need"),
        "note": Label(zh="服务记录", en="case note"),
        "offering": Label(zh="服务项目", en="offering"),
        "organisation": Label(zh="机构", en="organisation"),
        "outcome": Label(zh="结果", en="outcome"),
        "person": Label(zh="服务对象资料", en="client details"),
        "place": Label(zh="名额", en="place"),
        "plan": Label(zh="计划", en="plan item"),
        "record": Label(zh="审计记录", en="audit log"),
        "referral": Label(zh="转介", en="referral"),
        "service_event": Label(zh="服务记录", en="service entry"),
        "table": Label(zh="统计表", en="table"),
        "task": Label(zh="待办", en="task"),
    }
)
NAMES: Mapping[str, Label] = MappingProxyType(
    {
        "act": Label(zh="撤销的操作", en="undone"),
        "after": Label(zh="改后", en="after"),
        "answer": Label(zh="回答", en="answer"),
        "application": Label(zh="申请", en="application"),
        "basis": Label(zh="依据", en="basis"),
        "before": Label(zh="改前", en="before"),
        "by": Label(zh="查找方式", en="by"),
        "categories": Label(zh="信息类别", en="categories"),
        "changed": Label(zh="变更", en="changed"),
        "code": Label(zh="代码", en="code"),
        "confirmation": Label(zh="服务对象的话", en="client's statement"),
        "consent": Label(zh="同意书", en="consent"),
        "deleted": Label(zh="已删除", en="deleted"),
        "ended": Label(zh="结束", en="ended"),
        "everywhere": Label(zh="全部浏览器", en="all browsers"),
        "found": Label(zh="找到", en="found"),
        "kept_until": Label(zh="保存至", en="kept until"),
        "needs": Label(zh="需求", en="needs"),
        "of": Label(zh="情形", en="exception to"),
        "part": Label(zh="部分", en="part"),
        "passed": Label(zh="通过", en="passed"),
        "days": Label(zh="天数", en="days"),
        "evidence": Label(zh="依据", en="evidence"),
        "fields": Label(zh="项目", en="fields"),
        "form": Label(zh="表", en="form"),
        "from": Label(zh="自", en="from"),
        "ground": Label(zh="原因", en="ground"),
        "how": Label(zh="方式", en="how"),
        "kind": Label(zh="种类", en="kind"),
        "lines": Label(zh="行数", en="lines"),
        "module": Label(zh="模块", en="module"),
        "months": Label(zh="月数", en="months"),
        "on": Label(zh="日期", en="date"),
        "opened": Label(zh="新建", en="opened"),
        "place": Label(zh="名额", en="place"),
        "purpose": Label(zh="服务", en="service"),
        "quantity": Label(zh="数量", en="quantity"),
        "recipient": Label(zh="接收机构", en="recipient"),
        "rows": Label(zh="行数", en="rows"),
        "service": Label(zh="服务", en="service"),
        "since": Label(zh="起", en="from"),
        "skipped": Label(zh="跳过", en="skipped"),
        "stage": Label(zh="阶段", en="stage"),
        "to": Label(zh="至", en="to"),
        "type": Label(zh="类型", en="type"),
        "unit": Label(zh="单位", en="unit"),
        "until": Label(zh="止", en="until"),
        "updated": Label(zh="更新", en="updated"),
        "version": Label(zh="版本", en="version"),
        "what": Label(zh="事项", en="what"),
    }
)
# What a look opened: fields of the person by the catalogue, everything else by the part of the case.
_CALLED = {"person.name": "full_name"}
_OPENED: Mapping[str, Label] = MappingProxyType(
    {"client_case": OPENED["client_case"]}
    | {
        field: FIELDS[name].label if name in FIELDS and field.startswith("person.") else OPENED[field.partition(".")[0]]
        for field in CLIENT_FIELDS
        for name in [_CALLED.get(field, field.partition(".")[2])]
    }
)
_VALUES: Mapping[str, Label] = MappingProxyType(
    {
        **{code.removeprefix("referral."): label for code, label in ACTIONS.items() if code.startswith("referral.")},
        **BASES,
        **ASK_AGAIN_REASONS,
        **CASE_CLOSING_REASONS,
        **WITHDRAW_REASONS,
        **DECLINE_REASONS,
        **EXPIRY_REASONS,
        **EVIDENCE_LEVELS,
        **NEED_KINDS,
        **OUTCOME_CODES,
        **STATES,
        "password": Label(zh="密码", en="password"),
        "password reset": Label(zh="重设密码", en="password reset"),
        "second factor on": Label(zh="开启两步验证", en="two-step sign-in on"),
        "second factor off": Label(zh="关闭两步验证", en="two-step sign-in off"),
        "created": Label(zh="新建", en="created"),
        "changed": Label(zh="修改", en="changed"),
        "closed": Label(zh="停用", en="closed"),
        "reopened": Label(zh="恢复", en="reopened"),
        "unlocked": Label(zh="解除锁定", en="unlocked"),
        **{code: text.label for code, text in CATEGORY_TEXTS.items()},
        **{code: field.label for code, field in FIELDS.items()},
        **_OPENED,
    }
)


class Detail(msgspec.Struct, frozen=True):
    """One detail: its name, and its values as labels where the hub has words for them, else as they were written."""

    name: Label | str
    values: tuple[Label | str, ...]


def reason_in_words(reason: str) -> Label | str:
    """A reason that the hub chose, as its label; what a person wrote, as it is."""
    return _VALUES.get(reason, reason)


def details_in_words(details: Mapping[str, object]) -> Iterator[Detail]:
    """Every detail that says something."""
    for name, value in details.items():
        if value not in (None, "", []):
            values = value if isinstance(value, list) else [value]
            yield Detail(NAMES.get(name, name), tuple(dict.fromkeys(_VALUES.get(str(one), str(one)) for one in values)))
