"""Every column that the cipher writes, and the context that each of its values is bound to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from referral_hub.storage.personal_fields import PERSON_FIELDS

SEALED: Mapping[tuple[str, str], str] = MappingProxyType(
    {("person", field): f"person.{field}:{{id}}" for field in PERSON_FIELDS}
    | {
        ("account", "totp_secret"): "account.totp:{id}",
        ("assistance_entry", "applicant"): "assistance_entry.applicant:{id}",
        ("assistance_entry", "note"): "assistance_entry.note:{id}",
        ("case_note", "words"): "case_note.words:{id}",
        ("client_case", "profile"): "client_case.profile:{id}",
        ("consent", "basis_reason"): "consent.basis_reason:{id}",
        ("consent", "witness"): "consent.witness:{id}",
        ("disclosure", "content"): "disclosure:{id}",
        ("follow_up", "note"): "follow_up.note:{id}",
        ("form_entry", "content"): "form_entry:{id}",
        ("measure", "content"): "measure.content:{id}",
        ("module", "settings"): "module.settings:{key}",
        ("module_document", "content"): "module_document:{module_key}:{referral_id}:{name}",
        ("module_document", "former"): "module_document:{module_key}:{referral_id}:{name}",
        ("module_update", "content"): "module_update:{id}",
        ("need", "words"): "need.words:{id}",
        ("outcome", "note"): "outcome.note:{id}",
        ("plan_item", "goal"): "plan_item.goal:{id}",
        ("referral", "exception_reason"): "referral.exception:{id}",
        ("referral", "reason_note"): "referral.note:{id}",
        ("request_details", "content"): "request_details:{referral_id}",
    }
)
"""Table and column to the context, in which other columns of the same row are named."""
