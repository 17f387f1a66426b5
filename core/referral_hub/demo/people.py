"""Made-up clients: names put together by chance, ID numbers of the place 999999, which no real number has."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import msgspec

from referral_hub.codes.identity import check_character

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_MEN = ("伟", "强", "磊", "军", "洋", "勇", "杰", "涛", "斌", "辉", "建国", "志明", "海波", "文博", "立新", "国庆")
_WOMEN = ("芳", "娜", "敏", "静", "丽", "艳", "娟", "霞", "秀英", "桂兰", "晓燕", "雪梅", "红霞", "玉珍")
_ROADS = ("青禾路", "柳溪巷", "云桥大街", "书院街", "望江路", "新园里")
_SKILLS = (
    "会做家常菜，做过帮厨",
    "开过叉车（证件已过期）",
    "手机操作熟练",
    "会电焊，做过两年",
    "做过收银和理货",
    "会缝纫",
)
_JOBS = ("catering", "housekeeping", "retail", "warehouse", "repair", "online", "crafts", "care")
_EDUCATION = ("70", "70", "60", "40", "80", "30")
_AT_HOME = ("family", "family", "rented", "borrowed", "none", "own")
_WORK = ("unemployed", "unemployed", "registered_unemployed", "flexible")


class MadeUp(msgspec.Struct, frozen=True):
    """One client of the story, as `open_case` takes them."""

    name: str
    sex: str
    values: dict[str, Any]


def make_people(number: int, chance: random.Random, *, on: date) -> list[MadeUp]:
    """So many clients, each with another name and number; the same `chance` makes the same people."""
    people: list[MadeUp] = []
    names: set[str] = set()
    while len(people) < number:
        sex = "2" if chance.random() < 0.3 else "1"
        name = chance.choice(_SURNAMES) + chance.choice(_WOMEN if sex == "2" else _MEN)
        if name in names:
            continue
        names.add(name)
        people.append(_person(len(people), name, sex, chance, on))
    return people


def _person(serial: int, name: str, sex: str, chance: random.Random, on: date) -> MadeUp:
    born = on - timedelta(days=chance.randrange(21 * 365, 58 * 365))
    body = f"999999{born:%Y%m%d}{serial * 2 + (1 if sex == '1' else 0):03d}"
    address = f"示范区{chance.choice(_ROADS)}{chance.randrange(1, 200)}号"
    called = name[0] + ("女士" if sex == "2" else "先生")
    return MadeUp(
        name=name,
        sex=sex,
        values={
            "display_name": called,
            "id_number": body + check_character(body),
            "phone": f"199{serial:08d}",
            "contact_note": chance.choice(("白天打电话方便", "晚上七点以后", "请先发短信", None)),
            "address": address,
            "registered_address": address,
            "household_number": f"H{serial // 2:05d}" if chance.random() < 0.4 else None,
            "profile": {
                "education": chance.choice(_EDUCATION),
                "skills": chance.choice(_SKILLS),
                "wanted_jobs": chance.sample(_JOBS, 2),
                "availability": chance.choice(("工作日白天", "晚上和周末", "随时")),
                "employment_status": chance.choice(_WORK),
                "housing_status": chance.choice(_AT_HOME),
                "household_members": f"与家人同住，共{chance.randrange(1, 5)}人",
                "income": chance.choice(("无收入", "零工收入约每月1500元", "家人接济")),
            },
        },
    )
