"""The few organisations and people that most tests need, put straight into the tables by their owner."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import psycopg

from referral_hub.actor import Actor, Role
from referral_hub.ids import new_id

# Monday 2 March 2026, 10:00 in Shanghai: an ordinary working week, no holiday near.
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


class World(msgspec.Struct, frozen=True):
    """One office, another office, two providers, the civil-affairs department and the operator, with their staff."""

    worker: Actor
    supervisor: Actor
    officer: Actor
    stranger: Actor
    partner: Actor
    other_partner: Actor
    civil: Actor
    admin: Actor
    auditor: Actor

    @property
    def office_id(self) -> UUID:
        return _of(self.worker)

    @property
    def other_office_id(self) -> UUID:
        return _of(self.stranger)

    @property
    def partner_id(self) -> UUID:
        return _of(self.partner)

    @property
    def other_partner_id(self) -> UUID:
        return _of(self.other_partner)


def _of(actor: Actor) -> UUID:
    assert actor.organisation_id is not None
    return actor.organisation_id


def make_world(owner: psycopg.Connection) -> World:
    """Insert the organisations and accounts and return who may act. `officer` may read the restricted measure."""
    office = add_organisation(owner, "青禾街道社区戒毒社区康复工作站", "青禾工作站", "office", "statutory")
    other = add_organisation(owner, "柳溪街道社区戒毒社区康复工作站", "柳溪工作站", "office", "statutory")
    training = add_organisation(owner, "晨曦职业技能培训中心", "晨曦培训", "provider", "entrusted")
    house = add_organisation(owner, "归途过渡之家", "归途之家", "provider", "independent")
    civil = add_organisation(owner, "示范区民政局", "区民政局", "civil_affairs", "statutory")
    operator = add_organisation(owner, "示范区服务转介中心", "转介中心", "operator", "entrusted")
    return World(
        worker=add_account(owner, office, "worker", "worker", "王晓梅"),
        supervisor=add_account(owner, office, "supervisor", "supervisor", "李国强"),
        officer=add_account(owner, office, "officer", "worker", "赵志刚", statutory=True),
        stranger=add_account(owner, other, "stranger", "worker", "周敏"),
        partner=add_account(owner, training, "partner", "partner", "陈思远"),
        other_partner=add_account(owner, house, "other-partner", "partner", "吴桂兰"),
        civil=add_account(owner, civil, "civil", "civil", "孙丽"),
        admin=add_account(owner, operator, "admin", "admin", "管理员"),
        auditor=add_account(owner, operator, "auditor", "auditor", "郑审"),
    )


def add_organisation(owner: psycopg.Connection, name: str, short: str, kind: str, processor_role: str) -> UUID:
    """An active organisation, its impact assessment recorded (R41)."""
    key = new_id()
    owner.execute(
        "INSERT INTO organisation (id, created_at, name, short_name, kind, processor_role, area_code, status,"
        " assessment_reference, assessment_on) VALUES (%s, %s, %s, %s, %s, %s, '999999', 'active', 'PIA-1', %s)",
        [key, MONDAY, name, short, kind, processor_role, MONDAY.date()],
    )
    return key


def add_account(
    owner: psycopg.Connection, organisation_id: UUID, login: str, role: Role, name: str, *, statutory: bool = False
) -> Actor:
    """An account without a password: it acts in tests but cannot sign in."""
    key = new_id()
    owner.execute(
        "INSERT INTO account (id, created_at, organisation_id, login, name, role, statutory, language,"
        " must_change_password, status, failures) VALUES (%s, %s, %s, %s, %s, %s, %s, 'zh', false, 'active', 0)",
        [key, MONDAY, organisation_id, login, name, role, statutory],
    )
    return Actor(account_id=key, organisation_id=organisation_id, role=role, name=name, statutory=statutory)
