"""The data fields of a case that may ever leave it, each in one category.

A manifest asks for fields by these names; a consent ticks their categories. What is not listed here cannot be
released: the restricted measure, notes and anything about treatment have no name (R3, R4, R16).
"""

from __future__ import annotations

import msgspec

from referral_hub.api.manifest import SENSITIVE_CATEGORIES
from referral_hub.i18n import Label


class CategoryText(msgspec.Struct, frozen=True):
    """A category of data as the notice explains it: its name, why it may be needed, what giving it may lead to."""

    label: Label
    effect: Label


class DataField(msgspec.Struct, frozen=True):
    """One field: its category and its name in words."""

    category: str
    label: Label

    @property
    def sensitive(self) -> bool:
        return self.category in SENSITIVE_CATEGORIES


CATEGORY_TEXTS: dict[str, CategoryText] = {
    "basic": CategoryText(
        Label(zh="称呼、性别和年龄段", en="what to call you, sex and age band"),
        Label(zh="对方知道怎么称呼您。", en="They know what to call you."),
    ),
    "contact": CategoryText(
        Label(zh="电话和方便联系的时间", en="telephone and when to call"),
        Label(
            zh="对方可以直接给您打电话；不填则由您的社工转告。",
            en="They can call you; without it your worker passes messages on.",
        ),
    ),
    "need": CategoryText(
        Label(zh="您需要的帮助和您的想法", en="the help you need and what you wish"),
        Label(zh="对方知道该准备什么。", en="They know what to prepare."),
    ),
    "work": CategoryText(
        Label(
            zh="文化程度、技能和工作意愿",
            en="education, skills and the work you look for",
        ),
        Label(
            zh="便于安排合适的班次或岗位。",
            en="It helps to find a suitable class or post.",
        ),
    ),
    "housing": CategoryText(
        Label(zh="目前的居住情况", en="where you live at present, in general"),
        Label(zh="便于安排住处。", en="It helps to arrange a place to stay."),
    ),
    "identity": CategoryText(
        Label(zh="姓名和身份证号码", en="full name and ID number"),
        Label(
            zh="办理登记或发放补助时需要；对方将知道您是谁。",
            en="Needed to register or to pay an allowance; they will know who you are.",
        ),
    ),
    "address": CategoryText(
        Label(zh="住址", en="address"),
        Label(zh="对方将知道您住在哪里。", en="They will know where you live."),
    ),
    "bank": CategoryText(
        Label(zh="银行账号", en="bank account"),
        Label(zh="仅用于发放款项。", en="Used only to pay money to you."),
    ),
    "health": CategoryText(
        Label(zh="与本服务有关的身体情况", en="health, as far as this service needs it"),
        Label(
            zh="便于避免不适合的安排；可能影响对方的安排。",
            en="It avoids what does not suit you; it may change what they offer.",
        ),
    ),
    "family": CategoryText(
        Label(zh="家庭成员和紧急联系人", en="family and emergency contact"),
        Label(zh="家人的信息也会被对方知道。", en="They will also know about your family."),
    ),
    "finance": CategoryText(
        Label(zh="收入和财产情况", en="income and property"),
        Label(
            zh="用于核定救助；可能需要核对。",
            en="Used to decide on aid; it may be checked.",
        ),
    ),
    "wellbeing": CategoryText(
        Label(zh="情绪和睡眠等感受", en="how you feel and sleep"),
        Label(
            zh="便于安排合适的辅导；对方会保密。",
            en="It helps to plan counselling; they keep it confidential.",
        ),
    ),
}

FIELDS: dict[str, DataField] = {
    "display_name": DataField("basic", Label(zh="称呼", en="Name to use")),
    "sex": DataField("basic", Label(zh="性别", en="Sex")),
    "age_band": DataField("basic", Label(zh="年龄段", en="Age band")),
    "language_needs": DataField("basic", Label(zh="语言或沟通需要", en="Language or communication needs")),
    "phone": DataField("contact", Label(zh="电话", en="Telephone")),
    "contact_note": DataField("contact", Label(zh="方便联系的方式和时间", en="How and when to get in touch")),
    "need_summary": DataField("need", Label(zh="需要的帮助", en="Help needed")),
    "goals": DataField("need", Label(zh="希望达到的目标", en="Goals")),
    "wish": DataField("need", Label(zh="本人意愿", en="The client's own wish")),
    "constraints": DataField("need", Label(zh="时间、交通等限制", en="Limits such as time or transport")),
    "tried": DataField("need", Label(zh="已经尝试过的办法", en="What has been tried")),
    "referrer_name": DataField("need", Label(zh="转介人", en="Referred by")),
    "referrer_phone": DataField("need", Label(zh="转介人电话", en="Referrer's telephone")),
    "referrer_office": DataField("need", Label(zh="转出机构", en="Referring organisation")),
    "education": DataField("work", Label(zh="文化程度", en="Education")),
    "skills": DataField("work", Label(zh="技能和证书", en="Skills and certificates")),
    "work_history": DataField("work", Label(zh="工作经历（本人自述）", en="Work history, in the client's words")),
    "suitable_jobs": DataField("work", Label(zh="适合的工作类别", en="Suitable kinds of work")),
    "availability": DataField("work", Label(zh="可参加的时间", en="Availability")),
    "employment_status": DataField("work", Label(zh="目前就业情况", en="Employment at present")),
    "housing_status": DataField("housing", Label(zh="目前居住情况", en="Housing at present")),
    "full_name": DataField("identity", Label(zh="姓名", en="Full name")),
    "id_number": DataField("identity", Label(zh="身份证号码", en="ID number")),
    "address": DataField("address", Label(zh="现住址", en="Address")),
    "registered_address": DataField("address", Label(zh="户籍地址", en="Registered address")),
    "bank_account": DataField("bank", Label(zh="银行账号", en="Bank account")),
    "health_limits": DataField("health", Label(zh="与服务有关的身体限制", en="Health limits relevant to the service")),
    "household_members": DataField("family", Label(zh="家庭成员", en="Household members")),
    "household_number": DataField("family", Label(zh="户号", en="Household number")),
    "family_contact": DataField("family", Label(zh="紧急联系人", en="Emergency contact")),
    "income": DataField("finance", Label(zh="收入情况", en="Income")),
    "mood": DataField("wellbeing", Label(zh="近来的心情和睡眠", en="Recent mood and sleep")),
}


def category_of(name: str) -> str | None:
    """The category of a case field, or None for a name no case has."""
    field = FIELDS.get(name)
    return field.category if field else None
