"""What can be wrong in the directory."""

from __future__ import annotations

from typing import ClassVar

from referral_hub.errors import HubError


class AssessmentMissing(HubError):
    """R41, PIPL 55: no recipient is active before its impact assessment is recorded."""

    status: ClassVar[int] = 422
    zh = "启用前请先登记个人信息保护影响评估（编号和日期）。"
    en = "Enter the impact assessment (number and date) before activating the organisation."


class ContractMissing(HubError):
    """R1: an entrusted organisation works under a contract in force."""

    status: ClassVar[int] = 409
    zh = "该机构受委托处理信息，但没有在有效期内的合同，不能启用或开放服务。"
    en = (
        "The organisation processes data on behalf of an office but has no contract in force, so it cannot be "
        "activated or its services opened."
    )


class CreditCodeTaken(HubError):
    """Details: `organisation`."""

    status: ClassVar[int] = 409
    zh = "这个统一社会信用代码已属于“{organisation}”。"
    en = "This social credit code already belongs to “{organisation}”."


class NumberTaken(HubError):
    """Details: `number`."""

    status: ClassVar[int] = 409
    zh = "合同编号 {number} 已被使用。"
    en = "Contract number {number} is already in use."


class ContractClosed(HubError):
    """The data are deleted or returned; what follows is another contract. Details: `number`."""

    status: ClassVar[int] = 409
    zh = "合同 {number} 已结束并已回报，不能再改；继续合作请登记新合同。"
    en = "Contract {number} has ended and its receipt is in: it cannot change. Enter a new contract to go on."


class ReceiptNotAsked(HubError):
    """Details: `number`."""

    status: ClassVar[int] = 409
    zh = "合同 {number} 现在不需要回报：尚未结束，或同一委托方还有后续合同。"
    en = "No receipt is asked for contract {number}: it has not ended, or a later one of the same purchaser goes on."


class OfferingInContract(HubError):
    """The same purchaser pays for the same work once. Details: `offering`, `number`."""

    status: ClassVar[int] = 409
    zh = "“{offering}”在同一时期已列入同一委托方的合同 {number}，不能重复计算。"
    en = 'Contract {number} of the same purchaser already pays for "{offering}" in that time.'


class ServiceUnknown(HubError):
    """Details: `service`."""

    status: ClassVar[int] = 422
    zh = "没有已启用的模块提供“{service}”这项服务。"
    en = "No enabled module provides the service “{service}”."


class PlaceInUse(HubError):
    """A place that someone holds or has is not taken out of service."""

    status: ClassVar[int] = 409
    zh = "这个名额正在使用或已预留，请先安排好服务对象。"
    en = "This place is taken or reserved. Make other arrangements for the client first."


class SettingsUnusable(HubError):
    """Details: `problems`."""

    status: ClassVar[int] = 422
    zh = "服务设置需要修改：{problems}"
    en = "The settings need correction: {problems}"
