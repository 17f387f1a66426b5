"""Refusals about what was delivered and what came of it."""

from __future__ import annotations

from referral_hub.errors import HubError


class EventInFuture(HubError):
    status = 422
    zh = "日期不能晚于今天。计划中的服务请在提供之后登记。"
    en = "The date cannot be after today. Record a service once it has been delivered."


class EventCancelled(HubError):
    status = 409
    zh = "这条服务记录已经更正过了。"
    en = "This service entry has already been corrected."


class FollowUpAnswered(HubError):
    status = 409
    zh = "这次回访已经登记过了。"
    en = "This follow-up has already been recorded."


class CodeUnknown(HubError):
    """A code that is in no code set: a module's or a program's mistake, shown with the field."""

    status = 422
    zh = "「{value}」不是可用的选项。"
    en = "“{value}” is not one of the choices."
