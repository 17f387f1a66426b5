"""The notice: one page in plain words, read or read aloud before anyone is asked (R12; PIPL 14, 17, 23, 29, 30).

The text is versioned and hashed; a consent names the version it was given under. A new wording is a new version, and
the old one stays here for as long as consents given under it are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date

import msgspec

from referral_hub.api.manifest import SENSITIVE_CATEGORIES, Service
from referral_hub.codes import METHODS
from referral_hub.codes.case_fields import CATEGORY_TEXTS
from referral_hub.i18n import Label
from referral_hub.workflow.release import wanted_fields

VERSION = "2026-11"

GREETING = Label(
    zh="您好。为了帮您联系「{service}」，我们想把下面这些信息交给{recipient}（电话：{recipient_phone}）。",
    en="Hello. To arrange “{service}” for you, we would like to give the information "
    "below to {recipient} (telephone {recipient_phone}).",
)
WHAT = Label(
    zh="交什么：逐项打勾，没打勾的不会给；不想给的某一项也可以单独划掉。",
    en="What is shared: you tick each item yourself; what is not ticked is not shared, and you may exclude any "
    "single item.",
)
WHY = Label(
    zh="用来做什么：只用于「{service}」，用{method}的方式交给对方。",
    en="What for: only for “{service}”, handed over {method}.",
)
KEPT = Label(
    zh="保存到：{keep_until}，之后删除；那天服务还没有结束的，服务一结束就删除。",
    en="Kept until {keep_until}, then deleted; if the service is still running on that day, as soon as it ends.",
)
GOOD = Label(
    zh="有什么好处、可能有什么影响：对方能更快地帮到您；同时，对方会知道您在找这项帮助。",
    en="Benefits and possible effects: they can help you sooner; they will also know that you are looking for this "
    "help.",
)
FREE = Label(
    zh="不想给也可以，不影响您办别的事，别的单位也不会知道您没同意。",
    en="You may say no. It does not affect anything else you ask for, and no other organisation will learn of it.",
)
BACK = Label(
    zh="以后想收回：跟我说一声、打{office_phone}，或写个条都行。我们马上停止再给，并请对方删掉。",
    en="To take it back later: tell me, call {office_phone}, or write a note. We stop "
    "at once and ask them to delete it.",
)
RIGHTS = Label(
    zh="您可以随时来看自己的记录、谁收到过，并要求改错。",
    en="You may come at any time to see the information held about you and who received it, and have mistakes "
    "corrected.",
)
LIMITS = Label(
    zh="有几种情况法律要求我们必须说出来：有人身危险时；法律规定必须报告的情形，例如社区工作人员依法须向公安机关报告的情况。",
    en="In some cases the law obliges us to disclose information: when someone is in danger, or where the law "
    "requires a report, such as the reports that community staff must make to the police.",
)
WHO = Label(
    zh="提供信息的单位：{office}（电话：{office_phone}）。",
    en="Information provided by: {office} (telephone {office_phone}).",
)
_PARAGRAPHS = (GREETING, WHAT, WHY, KEPT, GOOD, FREE, BACK, RIGHTS, LIMITS, WHO)

TEMPLATE_HASH = hashlib.sha256(
    "\n".join(text for part in _PARAGRAPHS for text in (part.zh, part.en)).encode()
).hexdigest()


class Item(msgspec.Struct, frozen=True):
    """One category of the notice, to be ticked by itself: which fields, why, and what giving it may lead to."""

    category: str
    label: Label
    sensitive: bool
    required: bool
    fields: list[Label]
    names: list[str]
    purposes: list[Label]
    effect: Label


class NoticeText(msgspec.Struct, frozen=True):
    """The notice for one request, in both languages."""

    version: str
    template_hash: str
    greeting: Label
    what: Label
    items: list[Item]
    why: Label
    kept: Label
    good: Label
    free: Label
    back: Label
    rights: Label
    limits: Label
    who: Label
    keep_until: date


def build_notice(
    service: Service,
    *,
    recipient: str,
    recipient_phone: str | None,
    office: str,
    office_phone: str | None,
    keep_until: date,
    method: str = "online",
    only: Collection[str] | None = None,
) -> NoticeText:
    """The notice about one service at one recipient. `only` keeps the categories that were asked, for a later print."""
    facts: dict[str, object] = {
        "service": service.title,
        "recipient": recipient,
        "recipient_phone": recipient_phone or "—",
        "office": office,
        "office_phone": office_phone or "—",
        "keep_until": keep_until.isoformat(),
        "method": METHODS[method],
    }
    return NoticeText(
        version=VERSION,
        template_hash=TEMPLATE_HASH,
        greeting=_fill(GREETING, facts),
        what=WHAT,
        items=[item for item in notice_items(service) if only is None or item.category in only],
        why=_fill(WHY, facts),
        kept=_fill(KEPT, facts),
        good=GOOD,
        free=FREE,
        back=_fill(BACK, facts),
        rights=RIGHTS,
        limits=LIMITS,
        who=_fill(WHO, facts),
        keep_until=keep_until,
    )


def notice_items(service: Service) -> list[Item]:
    """The categories this service asks for, plain ones first, each with its fields."""
    wanted = wanted_fields(service)
    order = [category for category in CATEGORY_TEXTS if any(field.category == category for field in wanted)]
    order.sort(key=lambda category: category in SENSITIVE_CATEGORIES)
    items = []
    for category in order:
        fields = [field for field in wanted if field.category == category]
        text = CATEGORY_TEXTS[category]
        items.append(
            Item(
                category=category,
                label=text.label,
                sensitive=category in SENSITIVE_CATEGORIES,
                required=any(field.required for field in fields),
                fields=[field.label for field in fields],
                names=[field.name for field in fields],
                purposes=list(dict.fromkeys(field.purpose for field in fields if field.purpose)),
                effect=text.effect,
            )
        )
    return items


def _fill(label: Label, facts: dict[str, object]) -> Label:
    def text(language: str) -> dict[str, object]:
        return {k: v.text(language) if isinstance(v, Label) else v for k, v in facts.items()}

    return Label(zh=label.zh.format(**text("zh")), en=label.en.format(**text("en")))
