"""Acts on the ledger of assistance and its funds. Entries are only ever added."""

from referral_hub.assistance.actions.applications import record_application
from referral_hub.assistance.actions.corrections import correct_entry, release_reserved
from referral_hub.assistance.actions.decisions import decide, grant
from referral_hub.assistance.actions.funds import add_fund, change_fund, close_fund, reopen_fund
from referral_hub.assistance.actions.payments import record_payment

__all__ = [
    "add_fund",
    "change_fund",
    "close_fund",
    "correct_entry",
    "decide",
    "grant",
    "record_application",
    "record_payment",
    "release_reserved",
    "reopen_fund",
]
