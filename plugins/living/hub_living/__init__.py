"""生活救助 living assistance: an application through its decision stages, money in fen, aid first where it must be.

The hub gives facts no module could know by itself in `offering.attributes`:
`funds`: this year's funds of the organisation, each `{"code", "name", "left_fen"}`;
`earlier_aid`: aid to the same person or household within a year, each with at least `{"month", "type"}`.
No field here asks for, or could hold, anyone's history of treatment: it is no ground for refusing aid.
"""

from __future__ import annotations

from hub_living import funds, stages
from referral_hub.api import (
    Acknowledgement,
    Capacity,
    Changes,
    Document,
    Enquiry,
    Entry,
    Label,
    Offering,
    Problem,
    Receipt,
    Referral,
    Screening,
    Settings,
    Withdrawal,
    hookimpl,
)


@hookimpl
def hub_check_settings(settings: Settings) -> list[Problem]:
    if settings.get("advance_limit") == 0:
        message = Label(
            zh="先行救助最高金额为 0，急难时将无法先行救助；不限额请留空。",
            en="A limit of 0 rules out emergency advances; leave it empty for no limit.",
        )
        return [Problem(field="advance_limit", message=message)]
    return []


@hookimpl
def hub_screen(enquiry: Enquiry, offering: Offering) -> Screening:
    """Never a refusal: only the deciding office can say, by local rules (domain 1.8)."""
    reasons = [
        Label(
            zh="是否符合以当地规定为准，请向受理窗口询问。",
            en="Eligibility depends on local rules; ask the service counter.",
        )
    ]
    if enquiry.fields.get("housing_status") in ("none", "shelter"):
        reasons.append(
            Label(
                zh="没有住处属于急难情形，可申请先行救助。",
                en="Having no home is an emergency: an emergency advance can be requested.",
            )
        )
    if enquiry.fields.get("employment_status") in ("contract", "public_welfare"):
        reasons.append(
            Label(
                zh="有固定收入，可能须按支出型申请。",
                en="With a fixed income, the application may have to be of the expenditure type.",
            )
        )
    if funds.available_fen(offering) == 0:
        reasons.append(Label(zh="该项资金本年余额已用完。", en="The balance of this year's fund is used up."))
    return Screening(verdict="perhaps", reasons=reasons)


@hookimpl
def hub_receive(referral: Referral) -> Receipt:
    """A decision about aid is a person's, always (PIPL art. 24)."""
    return Receipt(decision="person")


@hookimpl
def hub_apply(entry: Entry, documents: list[Document], settings: Settings) -> Changes:
    return stages.apply(entry, documents, settings)


@hookimpl
def hub_withdraw(withdrawal: Withdrawal) -> Acknowledgement:
    note = Label(
        zh="已发放的救助记录按财务规定保存，不再用于其他。",
        en="Records of assistance already paid are kept as financial rules require and used for nothing else.",
    )
    return Acknowledgement(deleted=True, note=note)


@hookimpl
def hub_capacity(offering: Offering) -> Capacity:
    """The balance of the fund, in fen, where the hub provided it."""
    return funds.capacity(offering)
