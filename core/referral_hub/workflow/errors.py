"""Refusals of the loop, each with what to do about it. They are raised by the rules, whoever asks: hub, page or kit."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from referral_hub.api import Problem
from referral_hub.errors import HubError, NotFound
from referral_hub.i18n import Label


class TransitionImpossible(HubError):
    status = 409
    zh = "这张转介单现在是「{state}」，不能{action}。请刷新页面看最新情况。"
    en = "This referral is “{state}”, so this is not possible: {action}. Reload the page for its current state."


class TransitionNotYours(HubError):
    status = 403
    zh = "「{action}」要由{who}来做。"
    en = "“{action}” can only be done by {who}."


class ReasonNeeded(HubError):
    status = 422
    zh = "请选择原因。"
    en = "Choose a reason."


class StillServed(HubError):
    status = 409
    zh = "对方还在办理，要由对方登记结果后结束。机构停办或模块停用时，才能由本单位结束。"
    en = (
        "The provider is still serving the client: it ends the referral by recording the outcome. Your office can "
        "end it only when the organisation has closed or the module is disabled."
    )


class ErasureRequested(HubError):
    status = 409
    zh = "对方的系统已按要求删除了资料，不能重新打开，请另发新的转介。"
    en = (
        "The recipient's system has deleted the data as requested, so this referral cannot be reopened. Send a new one."
    )


class AccessClosed(HubError):
    status = 409
    zh = "本机构现在不能查看这张转介单（合同已结束或机构已暂停），不能办理；可以「不受理」，或联系转出机构。"
    en = (
        "Your organisation cannot view this referral at present (its contract has ended or it is suspended), so it "
        "cannot process it. You can decline the referral, or contact the referring office."
    )


class ReopenTooLate(HubError):
    status = 409
    zh = "结束超过{days}天的转介不能重新打开，请另发新的转介。"
    en = "A referral that ended more than {days} days ago cannot be reopened; send a new one."


class NothingToUndo(HubError):
    status = 409
    zh = "没有可以撤销的步骤：只能撤销最近一步，而且之后没有再登记别的内容。"
    en = "There is no step to undo: only the last one can be undone, and only while nothing was recorded after it."


class UndoTooLate(HubError):
    status = 409
    zh = "超过 {hours} 小时的步骤不能撤销。已结束的转介，可请转出机构的督导重新打开。"
    en = (
        "A step older than {hours} hours cannot be undone. If the referral has ended, a supervisor of the referring "
        "office can reopen it."
    )


class UndoNotYours(HubError):
    status = 403
    zh = "这一步要由登记的人自己撤销，或由转出机构的督导撤销。"
    en = "This step can only be undone by the person who recorded it, or by a supervisor of the referring office."


class AlreadyLeft(HubError):
    """Something of the step is outside the hub's hands. Details: `what`."""

    status = 409
    zh = "这一步不能撤销：{what}"
    en = "This step cannot be undone: {what}"


class CaseOver(HubError):
    status = 409
    zh = "这位服务对象的个案已经结案，请先重新打开个案。"
    en = "The client's case is closed; reopen the case first."


class ConsentMissing(HubError):
    status = 409
    zh = "没有有效的同意：请先就「{recipient}」和本项服务征得服务对象同意，再发出转介。"
    en = (
        "There is no consent in force: ask the client to consent to {recipient} and this service, then send the "
        "referral."
    )


class RequiredNotAgreed(HubError):
    """Details: `fields`, a Label; `missing`, their names."""

    status = 422
    zh = "缺少办理本项服务必需的信息：{fields}。请补充，或与服务对象商量是否提供。"
    en = (
        "Information required for this service is missing: {fields}. Complete it, or ask the client whether it "
        "may be shared."
    )


class RecipientNotReady(HubError):
    status = 409
    zh = "「{recipient}」目前不能接收个人信息：{reason}"
    en = "{recipient} cannot receive personal information at present: {reason}"


class NoPlaceFree(HubError):
    status = 409
    zh = "「{offering}」现在没有合适的空名额，可以列入轮候。"
    en = "{offering} has no suitable free place at present; the client can be wait-listed."


class PlaceNotHere(HubError):
    status = 409
    zh = "只有已受理、按名额提供的服务才能安排名额。"
    en = "A place can be given only to an accepted client, for a service that counts places."


class OthersWaitFirst(NoPlaceFree):
    """There is a free place, and it is for someone who waits before this client (R44)."""

    zh = "「{offering}」空出的名额按轮候次序先给前面的人，请先列入轮候。"
    en = "The free places of {offering} go first to those ahead on the waiting list; wait-list the client."


class NeedHasPlace(NoPlaceFree):
    """One need holds one place."""

    zh = "这项需求已在别处安排了名额，不能再占用「{offering}」的名额。"
    en = "This need already has a place elsewhere; it cannot take one of {offering} as well."


class OfferNotHere(HubError):
    status = 409
    zh = "现在没有为这位服务对象留着的名额：可能已过确认期限，给了下一位。请刷新页面。"
    en = "No place is being kept for this client now: the time to confirm may have passed. Reload the page."


class EventNeeded(HubError):
    """R25: a closure rests on something delivered, or says why nothing was."""

    status = 422
    zh = "还没有服务记录。请先登记至少一条服务记录，或写明没有的原因。"
    en = "No service has been recorded yet. Record at least one service entry, or state why there is none."


class OutcomeRests(HubError):
    """R25: the only service that a stated outcome rests on."""

    status = 409
    zh = "服务结果依据的只有这一条记录。请先撤销办结，或请转出机构的督导重新打开，再作废。"
    en = (
        "The outcome rests on this entry alone. Undo the completion, or ask a supervisor of the referring office to "
        "reopen the referral, then cancel the entry."
    )


class OfferingClosed(HubError):
    status = 409
    zh = "「{offering}」目前不接收转介，请选择别的服务。"
    en = "{offering} is not accepting referrals at present; choose another service."


class NeedEnded(HubError):
    status = 409
    zh = "这项需求已经结束（{state}），请先登记新的需求。"
    en = "This need has ended ({state}); record a new one first."


class AlreadyReferred(HubError):
    status = 409
    zh = "这项需求已有一张正在办理的转介单（{number}）送到同一服务。"
    en = "This need already has an open referral to the same service ({number})."


class DeclinedRecently(HubError):
    """The place declined, or the client refused, so short a time ago that it is not asked again without a reason."""

    status = 409
    zh = "「{recipient}」：{why}请另选一家；确有理由的，请选择再次询问的原因：{allowed}。"
    en = (
        "{recipient}: {why} Choose another provider or, if there is good reason, select why you are asking again: "
        "{allowed}."
    )


class NotEligible(HubError):
    """The offering cannot serve this client (R42). Details: `why`, and `change`, what would have to change."""

    status = 409
    zh = "「{recipient}」不能接收：{why}。须有的变化：{change}。确有必要的，由督导写明理由后发出。"
    en = (
        "{recipient} cannot serve this client: {why}. What would have to change: {change}. A supervisor may send it "
        "all the same, with a reason."
    )


class PlaceOfOtherSex(HubError):
    """A bed is given by the sex recorded, whoever asks."""

    status = 422
    zh = "名额的性别类别与服务对象登记的性别不符。登记有误的，请转出机构更正后再安排。"
    en = (
        "This kind of place does not match the sex recorded. If the record is wrong, the referring office corrects it "
        "first."
    )


class WordsNotNeutral(HubError):
    """What would be released names treatment or supervision (R20). Details: `name`, the field's; `words`."""

    status = 422
    zh = "「{name}」里有不该让对方看到的词（{words}）。请换成中性的说法再发出。"
    en = "“{name}” contains words that the recipient must not see ({words}). Use neutral words, then send it."


class KeyUsed(HubError):
    status = 409
    zh = "这个请求编号已用于另一件事，请换一个编号。"
    en = "This idempotency key has been used for another request; choose a different one."


class FormNotHere(HubError):
    status = 409
    zh = "这张表不能在当前阶段填写，请刷新页面。"
    en = "This form cannot be filled in at the current stage. Reload the page."


class FormInvalid(HubError):
    """The form as typed has problems; details: `problems`, a list of `referral_hub.api.Problem`."""

    status = 422
    zh = "有{count}处需要修改，请看表上的提示。"
    en = "{count} entries need correction; see the notes on the form."

    @property
    def field_problems(self) -> Sequence[tuple[str, Label]]:
        found = msgspec.convert(self.details["problems"], list[Problem])
        return [(f"values.{problem.field}" if problem.field else "values", problem.message) for problem in found]


class ModuleUnknown(HubError):
    status = 409
    zh = "这项服务的模块目前没有启用，请联系管理员。"
    en = "The module of this service is not enabled; ask the administrator."


class NewsUnknown(NotFound):
    """A partner's own system brought news of a referral that this module never received."""

    zh = "它提到的转介单，这个模块没有收到过。"
    en = "It refers to a referral that this module never received."


class NewsTooEarly(HubError):
    """A partner's system tells how a service goes on that the hub does not know to have begun."""

    status = 409
    zh = "这张转介单还没有受理，对方系统传来的进展待受理后登记。"
    en = "This referral has not been accepted yet; the update from the partner's system is kept until it is."


class NewsTooLate(HubError):
    status = 409
    zh = "这张转介单已经结束，对方系统的进展不再登记。"
    en = "This referral has ended; updates from the partner's system are no longer recorded."
