"""Refusals of consent, each with what to do about it."""

from __future__ import annotations

from referral_hub.errors import HubError


class ConsentEnded(HubError):
    status = 409
    zh = "这份同意已经结束（{state}），不能再变更。"
    en = "This consent has already ended ({state}) and cannot be changed."


class CategoryNotAsked(HubError):
    status = 422
    zh = "本项服务不需要这类信息：{categories}。请只勾选列出的类别。"
    en = "This service does not ask for: {categories}. Tick only the categories listed."


class NothingAgreed(HubError):
    status = 422
    zh = "请至少勾选一类信息；如果服务对象都不愿意提供，请选择「不同意」。"
    en = "Tick at least one category; if the client agrees to none, choose “does not agree”."


class AskedTooSoon(HubError):
    status = 409
    zh = "服务对象在{refused_on}拒绝过同样的请求，{until}之前不要再问；如果是本人主动提出，请勾选「本人主动提出」。"
    en = (
        "The client refused the same request on {refused_on}; do not ask again before "
        "{until} unless the client brings it up."
    )


class SignatureIncomplete(HubError):
    status = 422
    zh = "{message}"
    en = "{message}"


class GuardianNeeded(HubError):
    status = 422
    zh = "服务对象未满14周岁，须由监护人同意：请选择「监护人」并填写与本人的关系。"
    en = "The client is under 14: a guardian must consent. Choose “guardian” and state the relation."


class BasisNotAllowed(HubError):
    status = 403
    zh = "贵单位不能以「{basis}」为依据提供信息；请征得服务对象同意。"
    en = "Your organisation may not rely on “{basis}”; ask the client for consent."


class OwnRelease(HubError):
    """The supervisor who approved a release would review it, though the office has another one."""

    status = 409
    zh = "这一件由您批准，请由本单位其他督导复核。"
    en = "You approved this release; another supervisor of your office has to review it."


class AlreadyReviewed(HubError):
    status = 409
    zh = "这一件已经复核。"
    en = "This release has already been reviewed."


class MonthUnknown(HubError):
    """Details: `field`."""

    status = 422
    zh = "月份写成 2026-03 这样，限最近 36 个月。"
    en = "Write the month as 2026-03; the last 36 months can be asked for."


class ApproverNeeded(HubError):
    status = 403
    zh = "不经同意提供信息须由督导批准，请由督导办理。"
    en = "A release without consent is approved by a supervisor; ask yours to do it."
