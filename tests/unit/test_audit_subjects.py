"""Which columns an audit row takes from the row that it is about."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from referral_hub.audit import subjects
from referral_hub.audit.subjects import AuditSubject, subject_of
from referral_hub.tables.access import WebSession
from referral_hub.tables.audit import AuditEntry
from referral_hub.tables.consent import Consent
from referral_hub.tables.referrals import Referral


def made(table: Any, **values: UUID) -> Any:
    """A row with its keys and nothing else."""
    return table(**values)


def test_every_column_is_filled_from_an_attribute_that_its_table_has() -> None:
    for table, source in subjects._SOURCES.items():
        assert set(source.columns) <= set(AuditEntry.model_fields), table
        assert set(source.columns.values()) <= set(table.model_fields), table


def test_a_subject_has_the_columns_of_the_audit_log_and_no_others() -> None:
    assert set(AuditSubject.__struct_fields__) <= set(AuditEntry.model_fields)


def test_a_referral_is_shown_to_both_sides_and_its_draft_to_the_sender_alone() -> None:
    row = made(Referral, id=uuid4(), case_id=uuid4(), office_id=uuid4(), recipient_id=uuid4())
    whole = subject_of(row)
    assert whole == AuditSubject("referral", row.id, row.case_id, row.office_id, row.id, row.recipient_id)
    assert whole.hidden("recipient_id") == AuditSubject("referral", row.id, row.case_id, row.office_id, row.id)


def test_a_recipient_is_not_shown_how_consent_was_given() -> None:
    row = made(Consent, id=uuid4(), case_id=uuid4(), office_id=uuid4(), recipient_id=uuid4())
    assert subject_of(row).recipient_id is None


def test_a_part_is_seen_by_the_same_people() -> None:
    whole = subject_of(made(Referral, id=uuid4(), case_id=uuid4(), office_id=uuid4(), recipient_id=uuid4()))
    key = uuid4()
    part = whole.part("outcome", key)
    assert (part.subject, part.subject_id) == ("outcome", key)
    assert (part.office_id, part.recipient_id, part.referral_id) == (
        whole.office_id,
        whole.recipient_id,
        whole.referral_id,
    )


def test_a_table_whose_rows_are_not_audited_is_refused() -> None:
    with pytest.raises(KeyError):
        subject_of(made(WebSession))
