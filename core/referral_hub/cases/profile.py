"""What is known of a client beyond who they are: stated by themselves, kept encrypted, released by field (R15)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from referral_hub.codes import EDUCATION, EMPLOYMENT_STATUS, HOUSING_STATUS, JOB_FAMILIES, Codes
from referral_hub.codes.case_fields import FIELDS
from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.text import plain
from referral_hub.text_limits import MAX_PROFILE

_CODED: dict[str, Codes] = {
    "education": EDUCATION,
    "employment_status": EMPLOYMENT_STATUS,
    "housing_status": HOUSING_STATUS,
}


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Strengths and circumstances, in the client's own words. Named as in the catalogue, but for `wanted_jobs`.

    `jobs_barred_until` is the one thing derived from the restricted measure that other workers' acts depend on: a
    date, without its reason.
    """

    education: str | None = None
    skills: str | None = None
    work_history: str | None = None
    wanted_jobs: tuple[str, ...] = ()
    availability: str | None = None
    employment_status: str | None = None
    housing_status: str | None = None
    language_needs: str | None = None
    constraints: str | None = None
    health_limits: str | None = None
    household_members: str | None = None
    family_contact: str | None = None
    income: str | None = None
    mood: str | None = None
    bank_account: str | None = None
    jobs_barred_until: date | None = None


NAMES = tuple(name for name in Profile.__struct_fields__ if name != "jobs_barred_until")


def change(profile: Profile, values: Mapping[str, object]) -> Profile:
    """The profile with `values` taken over: cleaned, codes checked. Raises `Invalid` at the field at fault."""
    unknown = set(values) - set(NAMES)
    if unknown:
        raise _wrong(min(unknown), "没有这个项目。", "There is no such item.")
    changed = {name: _read(name, value) for name, value in values.items()}
    return msgspec.structs.replace(profile, **changed)


def _read(name: str, value: object) -> object:
    if name == "wanted_jobs":
        chosen = tuple(value) if isinstance(value, (list, tuple)) else ()
        if any(job not in JOB_FAMILIES for job in chosen):
            raise _wrong(name, "请从列表中选择工作类别。", "Choose the kinds of work from the list.")
        return tuple(dict.fromkeys(chosen))
    text = plain(str(value)) if value is not None else ""
    if not text:
        return None
    if name in _CODED and text not in _CODED[name]:
        raise _wrong(name, "请从列表中选择。", "Choose one from the list.")
    if name in MAX_PROFILE and len(text) > MAX_PROFILE[name]:
        limit = MAX_PROFILE[name]
        raise _wrong(name, f"请不要超过{limit}个字。", f"At most {limit} characters are allowed.")
    return text


def _wrong(name: str, zh: str, en: str) -> Invalid:
    label = FIELDS[name].label if name in FIELDS else Label(zh="工作意愿", en="Preferred work")
    return Invalid(field=name, message=Label(zh=f"{label.zh}：{zh}", en=f"{label.en}: {en}"))
