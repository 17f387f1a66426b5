"""Rules of consent that need no database: periods, signatures, who may sign, which basis an office may use."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from referral_hub.api.manifest import Service
from referral_hub.codes import BASES, CONSENT_STATES, SIGNED_HOW
from referral_hub.codes.case_fields import CATEGORY_TEXTS
from referral_hub.consent.errors import (
    BasisNotAllowed,
    CategoryNotAsked,
    GuardianNeeded,
    NothingAgreed,
    SignatureIncomplete,
)
from referral_hub.i18n import Label, untranslated
from referral_hub.text_limits import MAX_RELATION, MAX_WITNESS, read_line

MAX_DAYS = 365
"""No consent runs for longer than a year; it is asked for again (PIPL 19)."""
DEFAULT_DAYS = 180
GUARDIAN_UNDER = 14

STATES = CONSENT_STATES
_BASES_OF_ROLE: dict[str, frozenset[str]] = {
    "statutory": frozenset(BASES),
    "entrusted": frozenset({"consent", "application", "emergency"}),
    "independent": frozenset({"consent", "emergency"}),
}


def check_categories(service: Service, categories: Collection[str]) -> None:
    """Raises `NothingAgreed` or `CategoryNotAsked`: a consent names exactly what a service asks for, or less."""
    if not categories:
        raise NothingAgreed(field="categories")
    asked = service.categories() | {"need"}
    unasked = sorted(set(categories) - asked)
    if unasked:
        names = Label(
            zh="、".join(CATEGORY_TEXTS[c].label.zh if c in CATEGORY_TEXTS else c for c in unasked),
            en=", ".join(CATEGORY_TEXTS[c].label.en if c in CATEGORY_TEXTS else c for c in unasked),
        )
        raise CategoryNotAsked(field="categories", categories=names)


def check_signature(signed_how: str, *, witness: str | None, signer: str, signer_relation: str | None) -> None:
    """Raises `SignatureIncomplete`: what is spoken or by thumbprint has a witness, a guardian names the relation."""
    if signed_how not in SIGNED_HOW:
        raise SignatureIncomplete(
            field="signed_how",
            message=Label(zh="请选择签署方式。", en="Choose how the consent was signed."),
        )
    read_line(witness, "witness", maximum=MAX_WITNESS)
    read_line(signer_relation, "signer_relation", maximum=MAX_RELATION)
    if signed_how in ("oral", "fingerprint") and not (witness or "").strip():
        raise SignatureIncomplete(
            field="witness",
            message=Label(
                zh="口头同意或按手印须有见证人：请填写见证人姓名。",
                en="A spoken consent or a thumbprint needs a witness: enter their name.",
            ),
        )
    if signer not in ("self", "guardian"):
        raise SignatureIncomplete(field="signer", message=Label(zh="请选择由谁签署。", en="Choose who signed."))
    if signer == "guardian" and not (signer_relation or "").strip():
        raise SignatureIncomplete(
            field="signer_relation",
            message=Label(zh="请填写监护人与本人的关系。", en="State the guardian's relation to the client."),
        )


def check_signer_age(*, birth_year: int | None, signer: str, on: date) -> None:
    """Raises `GuardianNeeded` under 14 (PIPL 31, R13). Only the year is known: the doubtful year counts as under."""
    if birth_year is not None and on.year - birth_year <= GUARDIAN_UNDER and signer != "guardian":
        raise GuardianNeeded(field="signer")


def basis_allowed(basis: str, processor_role: str) -> bool:
    """Whether an office of this role may rely on the basis (R1)."""
    return basis in _BASES_OF_ROLE[processor_role]


def check_basis(basis: str, *, processor_role: str) -> None:
    """Raises `BasisNotAllowed` for a basis the office's role does not give it (R1)."""
    if not basis_allowed(basis, processor_role):
        raise BasisNotAllowed(basis=BASES.get(basis, untranslated(basis)))


def valid_until(on: date, days: int | None, service: Service) -> date:
    """The last day of a consent given on `on` for `days` days, and the day until which what it gives is kept.

    Held to `MAX_DAYS`, and to the shortest `retention_days` among the fields of the service: one day for all of
    them, as a module can erase a referral and not a single field of it.
    """
    wished = DEFAULT_DAYS if days is None else days
    needed = min((field.retention_days for field in service.fields), default=MAX_DAYS)
    return on + timedelta(days=max(1, min(wished, MAX_DAYS, needed)))
