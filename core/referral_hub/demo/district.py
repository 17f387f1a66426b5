"""The organisations of the made-up district, their staff, contracts, funds, offerings and places."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from referral_hub.access.actions import create_account
from referral_hub.actor import Actor, Role
from referral_hub.assistance.actions import add_fund
from referral_hub.calendar.clock import local_date
from referral_hub.directory.actions import (
    activate_organisation,
    add_contract,
    add_offering,
    add_organisation,
    add_places,
    change_contract,
    confirm_capacity,
)
from referral_hub.hub import Hub, Transaction
from referral_hub.module_admin.lifecycle_actions import register_modules
from referral_hub.views.directory.lists import contracts_for_list

AREA = "999999"
STREETS = {"qinghe": "999999001", "liuxi": "999999002", "yunqiao": "999999101"}

# key: name, short name, kind, role under the law, telephone
ORGANISATIONS: dict[str, tuple[str, str, str, str, str]] = {
    "centre": ("示范区服务转介中心", "转介中心", "operator", "entrusted", "0991-5550100"),
    "qinghe": ("青禾街道办事处", "青禾街道", "office", "statutory", "0991-5550111"),
    "liuxi": ("柳溪街道办事处", "柳溪街道", "office", "statutory", "0991-5550112"),
    "yunqiao": ("云桥镇人民政府", "云桥镇", "office", "statutory", "0991-5550113"),
    "civil": ("示范区民政局", "区民政局", "civil_affairs", "statutory", "0991-5550120"),
    "training": ("晨曦职业技能培训中心", "晨曦培训", "provider", "entrusted", "0991-5550131"),
    "craft": ("匠心技工学校", "匠心技校", "provider", "independent", "0991-5550132"),
    "relief": ("示范区社会救助服务中心", "救助中心", "provider", "statutory", "0991-5550141"),
    "charity": ("暖阳慈善会", "暖阳慈善", "provider", "independent", "0991-5550142"),
    "counselling": ("心晴心理服务中心", "心晴", "provider", "entrusted", "0991-5550151"),
    "company": ("同行社会工作服务中心", "同行社工", "provider", "entrusted", "0991-5550152"),
    "house": ("望江过渡居所", "望江居所", "provider", "entrusted", "0991-5550161"),
}

# login: name, organisation, role, may read the restricted section
ACCOUNTS: dict[str, tuple[str, str, Role, bool]] = {
    "worker": ("林晓岚", "qinghe", "worker", False),
    "supervisor": ("周明远", "qinghe", "supervisor", False),
    "officer": ("何建军", "qinghe", "worker", True),
    "worker-liuxi": ("吴静", "liuxi", "worker", False),
    "worker-yunqiao": ("马春生", "yunqiao", "worker", False),
    "partner-training": ("陈思远", "training", "partner", False),
    "partner-craft": ("郭志强", "craft", "partner", False),
    "partner-relief": ("沈丽华", "relief", "partner", False),
    "partner-charity": ("唐慧", "charity", "partner", False),
    "partner-counselling": ("许文静", "counselling", "partner", False),
    "partner-company": ("罗佳", "company", "partner", False),
    "partner-house": ("宋桂兰", "house", "partner", False),
    "civil": ("孙立新", "civil", "civil", False),
    "admin": ("系统管理员", "centre", "admin", False),
    "auditor": ("郑敏", "centre", "auditor", False),
}

# organisation, service, title, settings, places: (group, number, sex, first day of a class, length of it)
_CLASS = 45
OFFERINGS: list[tuple[str, str, str, dict[str, Any], list[tuple[str, int, str | None, int | None]]]] = [
    ("training", "employment.training", "中式烹调师（五级）", {"families": ["catering"]},
     [("第一班", 12, None, -170), ("第二班", 14, None, -90), ("第三班", 16, None, -20)]),
    ("training", "employment.training", "养老护理员", {"families": ["care"]},
     [("第一期", 12, None, -150), ("第二期", 12, None, -40)]),
    ("training", "employment.training", "家政保洁与收纳", {"families": ["housekeeping"]}, [("周末班", 16, None, None)]),
    ("training", "employment.training", "电商运营入门", {"families": ["online"]}, [("晚间班", 14, None, None)]),
    ("training", "employment.training", "职业指导与岗位推荐", {}, [("全年", 60, None, None)]),
    ("craft", "employment.training", "家电维修", {"families": ["repair"]}, [("第一期", 10, None, None)]),
    ("craft", "employment.training", "焊工基础", {"families": ["manufacturing"]}, [("小班", 8, None, None)]),
    ("craft", "employment.training", "美发助理", {"families": ["beauty"]}, [("小班", 8, None, None)]),
    ("craft", "employment.training", "手工编织", {"families": ["crafts"]}, [("小班", 10, None, None)]),
    ("relief", "living.assistance", "临时救助（急难型）", {"fund": "petty"}, []),
    ("relief", "living.assistance", "临时救助（支出型）", {"fund": "petty"}, []),
    ("relief", "living.assistance", "最低生活保障协助申请", {"fund": "petty"}, []),
    ("charity", "living.assistance", "慈善助困", {"fund": "charity"}, []),
    ("charity", "living.assistance", "衣物与生活用品", {"fund": "charity"}, []),
    ("charity", "living.assistance", "子女助学", {"fund": "charity"}, []),
    ("counselling", "counselling.sessions", "个别辅导", {"modes": ["in_person", "phone"]},
     [("咨询师甲", 12, None, None), ("咨询师乙", 12, None, None)]),
    ("counselling", "counselling.sessions", "家庭辅导", {"modes": ["in_person"]}, [("家庭组", 8, None, None)]),
    ("counselling", "counselling.sessions", "成长小组", {"modes": ["group"]}, [("周三组", 10, None, None)]),
    ("counselling", "counselling.sessions", "电话陪伴", {"modes": ["phone"]}, [("热线", 10, None, None)]),
    ("company", "counselling.sessions", "同伴支持", {"modes": ["in_person", "group"]}, [("同伴组", 12, None, None)]),
    ("company", "counselling.sessions", "情绪管理小组", {"modes": ["group"]}, [("周六组", 10, None, None)]),
    ("company", "counselling.sessions", "个别辅导（云桥）", {"modes": ["in_person"]}, [("云桥点", 8, None, None)]),
    ("house", "house.stay", "过渡居所（男）", {}, [("一层", 10, "1", None)]),
    ("house", "house.stay", "过渡居所（女）", {}, [("二层", 6, "2", None)]),
    ("house", "house.stay", "短期安置床位", {}, [("三层", 4, None, None)]),
]  # fmt: skip

CONTRACTS = {
    "training": ("就业培训服务", 180_000_00, {"class_hour": 3000, "person": 60}),
    "counselling": ("心理辅导服务", 120_000_00, {"session": 400, "visit": 30}),
    "company": ("同伴支持服务", 80_000_00, {"session": 250, "group_session": 40}),
    "house": ("过渡居所服务", 200_000_00, {"bed_night": 4000}),
}
FUNDS = [
    ("relief", "临时救助备用金", "petty", 600_000_00),
    ("charity", "助困专项", "charity", 150_000_00),
    ("civil", "困难群众救助资金", "treasury", 400_000_00),
]


class Offer(msgspec.Struct, frozen=True):
    """An offering of the district, and who answers for it."""

    id: UUID
    organisation_id: UUID
    service_key: str
    title: str
    sex: str | None
    counts_places: bool
    partner: Actor


class District(msgspec.Struct, frozen=True):
    """What the story takes place in."""

    organisations: dict[str, UUID]
    actors: dict[str, Actor]
    offers: list[Offer]


def make_district(hub: Hub, password: str, *, by: Actor) -> District:
    """Enter everything that is there before the first client comes, at the hub's clock. Idempotent it is not."""
    at = hub.clock.now()
    today = local_date(at)
    with hub.transaction(by) as session:
        register_modules(session, by=by, at=at)
        organisations = {
            key: add_organisation(
                session,
                name=name,
                short_name=short,
                kind=kind,
                processor_role=role,
                area_code=STREETS.get(key, AREA),
                phone=phone,
                contact_name=next((a[0] for a in ACCOUNTS.values() if a[1] == key), None),
                by=by,
                at=at,
            )
            for key, (name, short, kind, role, phone) in ORGANISATIONS.items()
        }
        _contract_and_activate(session, organisations, today, by=by)
        actors = _accounts(session, organisations, password, by=by, hub=hub)
    with hub.transaction(by) as session:
        for key, name, source, fen in FUNDS:
            for year in sorted({today.year, (today + timedelta(days=190)).year}):
                add_fund(
                    session,
                    organisation_id=organisations[key],
                    name=f"{year}年{name}",
                    source=source,
                    year=year,
                    budget_fen=fen,
                    by=by,
                    at=at,
                )
        offers = _offerings(session, hub, organisations, actors, by=by)
    return District(organisations=organisations, actors=actors, offers=offers)


def _contract_and_activate(session: Transaction, organisations: dict[str, UUID], today: date, *, by: Actor) -> None:
    at = session.hub.clock.now()
    for number, (key, (title, amount, targets)) in enumerate(CONTRACTS.items(), start=1):
        add_contract(
            session,
            number=f"示采{today.year}-{number:03d}",
            title=title,
            purchaser_id=organisations["civil"],
            provider_id=organisations[key],
            purpose=title,
            categories=["basic", "contact", "need", "work", "housing", "identity", "family", "wellbeing", "health"],
            safeguards="专人办理，本机构内保存，到期删除并书面回报。",
            starts_on=today - timedelta(days=30),
            ends_on=today + timedelta(days=600),
            amount_fen=amount,
            targets=dict(targets),
            by=by,
            at=at,
        )
    for number, (key, (_, _, kind, _, _)) in enumerate(ORGANISATIONS.items(), start=1):
        if kind == "provider":
            activate_organisation(
                session,
                organisation_id=organisations[key],
                assessment_reference=f"评估{today.year}-{number:02d}",
                assessment_on=today,
                by=by,
                at=at,
            )


def _accounts(
    session: Transaction, organisations: dict[str, UUID], password: str, *, by: Actor, hub: Hub
) -> dict[str, Actor]:
    at = hub.clock.now()
    actors = {}
    for serial, (login, (name, organisation, role, statutory)) in enumerate(ACCOUNTS.items()):
        account_id = create_account(
            session,
            organisation_id=organisations[organisation],
            login=login,
            name=name,
            role=role,
            password=password,
            statutory=statutory,
            phone=f"0991-55502{serial:02d}",
            must_change_password=False,
            by=by,
            at=at,
        )
        actors[login] = Actor(
            account_id=account_id,
            organisation_id=organisations[organisation],
            role=role,
            name=name,
            statutory=statutory,
        )
    return actors


def _offerings(
    session: Transaction, hub: Hub, organisations: dict[str, UUID], actors: dict[str, Actor], *, by: Actor
) -> list[Offer]:
    at = hub.clock.now()
    # The story begins 180 days before the end; class days are counted from the end.
    end = local_date(at) + timedelta(days=180)
    offers = []
    for organisation, service_key, title, settings, places in OFFERINGS:
        if hub.modules.find_service(service_key) is None:
            continue
        offering_id = add_offering(
            session,
            organisation_id=organisations[organisation],
            service_key=service_key,
            title=title,
            area_codes=[STREETS["yunqiao"]] if "云桥" in title else [AREA],
            hours="周一至周五 9:00–17:00",
            phone=ORGANISATIONS[organisation][4],
            settings=settings,
            by=by,
            at=at,
        )
        for group, number, sex, first in places:
            starts = end + timedelta(days=first) if first is not None else None
            add_places(
                session,
                offering_id=offering_id,
                labels=[f"{n}号" for n in range(1, number + 1)],
                group_label=group,
                sex=sex,
                starts_on=starts,
                ends_on=starts + timedelta(days=_CLASS) if starts else None,
                by=by,
                at=at,
            )
        confirm_capacity(session, offering_id=offering_id, by=by, at=at)
        offers.append(
            Offer(
                id=offering_id,
                organisation_id=organisations[organisation],
                service_key=service_key,
                title=title,
                sex=next((place[2] for place in places if place[2]), None),
                counts_places=bool(places),
                partner=actors[f"partner-{organisation}"],
            )
        )
    _name_in_contracts(session, offers, by=by)
    return offers


def _name_in_contracts(session: Transaction, offers: list[Offer], *, by: Actor) -> None:
    """Each contract pays for all that its provider offers."""
    at = session.hub.clock.now()
    for contract in contracts_for_list(session, at=at).lines:
        named = [offer.id for offer in offers if offer.organisation_id == contract.provider_id]
        change_contract(session, contract_id=contract.id, offering_ids=named, by=by, at=at)
