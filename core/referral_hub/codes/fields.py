"""Which code set the value of a case field belongs to, so that a code is shown in words wherever it arrives."""

from __future__ import annotations

from referral_hub.codes.person import (
    AGE_BANDS,
    EDUCATION,
    EMPLOYMENT_STATUS,
    HOUSING_STATUS,
    JOB_FAMILIES,
    SEX,
)
from referral_hub.codes.sets import Codes

FIELD_CODES: dict[str, Codes] = {
    "sex": SEX,
    "age_band": AGE_BANDS,
    "education": EDUCATION,
    "employment_status": EMPLOYMENT_STATUS,
    "housing_status": HOUSING_STATUS,
    "suitable_jobs": JOB_FAMILIES,
}
