"""What stands in the top bar for each role, and where each role begins.

An entry appears only if a page is mounted at its address, so the bar never leads nowhere.
"""

from __future__ import annotations

import msgspec

from referral_hub.actor import Role
from referral_hub.i18n import Label


class Entry(msgspec.Struct, frozen=True):
    """One entry of the top bar."""

    path: str
    label: Label
    icon: str


_TODAY = Entry("/today", Label(zh="今日", en="Today"), "calendar-due")
_CASES = Entry("/cases", Label(zh="个案", en="Cases"), "folder")
_REFERRALS = Entry("/referrals", Label(zh="转介", en="Referrals"), "send")
_STATISTICS = Entry("/statistics", Label(zh="统计报表", en="Returns"), "file-spreadsheet")
_LEDGER = Entry("/ledger", Label(zh="救助台账", en="Ledger"), "list-details")
_CONTRACTS = Entry("/contracts", Label(zh="合同", en="Contracts"), "file-text")
_DIRECTORY = Entry("/directory", Label(zh="服务目录", en="Directory"), "building-community")

NAVIGATION: dict[Role, tuple[Entry, ...]] = {
    "worker": (_TODAY, _CASES, _REFERRALS, _DIRECTORY),
    "supervisor": (
        Entry("/team", Label(zh="团队", en="Team"), "users"),
        _CASES,
        _REFERRALS,
        _DIRECTORY,
        _STATISTICS,
        _CONTRACTS,
    ),
    "partner": (
        Entry("/inbox", Label(zh="收件箱", en="Inbox"), "inbox"),
        Entry("/places", Label(zh="名额", en="Places"), "layout-grid"),
        Entry("/figures", Label(zh="本机构数据", en="Our statistics"), "chart-bar"),
        _LEDGER,
        _CONTRACTS,
    ),
    "civil": (
        Entry("/assistance", Label(zh="救助情况", en="Assistance"), "chart-bar"),
        _STATISTICS,
        _LEDGER,
        _CONTRACTS,
    ),
    "admin": (
        Entry("/admin", Label(zh="运行状况", en="System status"), "activity"),
        Entry("/admin/organisations", Label(zh="机构", en="Organisations"), "building"),
        Entry("/admin/offerings", Label(zh="服务", en="Offerings"), "heart-handshake"),
        Entry("/admin/accounts", Label(zh="账号", en="Accounts"), "user-cog"),
        Entry("/admin/modules", Label(zh="模块", en="Modules"), "puzzle"),
    ),
    "auditor": (
        Entry("/audit", Label(zh="审计记录", en="Audit log"), "shield-check"),
        Entry("/audit/seals", Label(zh="封存核验", en="Seals"), "lock-check"),
    ),
    "system": (),
}


def home_of(role: Role) -> str:
    """The first page of a role."""
    entries = NAVIGATION[role]
    return entries[0].path if entries else "/account"


def entries_for(role: Role, mounted: frozenset[str]) -> tuple[Entry, ...]:
    """The role's entries whose page exists."""
    return tuple(entry for entry in NAVIGATION[role] if entry.path in mounted)


def current_entry(entries: tuple[Entry, ...], path: str) -> str | None:
    """The address of the entry the page belongs to: the longest that begins the page's own."""
    fitting = [e.path for e in entries if path == e.path or path.startswith(f"{e.path}/")]
    return max(fitting, key=len, default=None)
