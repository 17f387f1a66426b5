"""From what was published to what would be written: values for organisations and offerings, problems, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from referral_hub.api import denied_words
from referral_hub.codes.written_phones import read_written_phones
from referral_hub.i18n import Label
from referral_hub.importing.hsds import CapacityRead, DirectoryRead, OrganisationRead, ServiceRead
from referral_hub.importing.service_mapping import service_key_of
from referral_hub.importing.values import EntryProblem
from referral_hub.registry.forms import read_form
from referral_hub.registry.registry import FoundService
from referral_hub.text import ValidationIssue
from referral_hub.text_limits import (
    MAX_CONTACT_NAME,
    MAX_GROUP_LABEL,
    MAX_LINE,
    MAX_OFFERING_DESCRIPTION,
    MAX_SHORT_NAME,
)

_STATUS = {"active": "open", "temporarily closed": "paused", "inactive": "closed", "defunct": "closed"}
_MAX_PLACES = 500

NO_ID = ValidationIssue(
    Label(zh="没有id，无法在再次导入时认出。", en="It has no id, so it could not be recognised at the next import."),
    Label(zh="请向提供方索取带id的文件。", en="Ask the publisher for a file with ids."),
)
NO_NAME = ValidationIssue(
    Label(zh="没有名称。", en="It has no name."), Label(zh="请补上name。", en="Add its name to the file.")
)
NO_ORGANISATION = ValidationIssue(
    Label(zh="文件里没有提供这项服务的机构。", en="The organisation that offers it is not in the file."),
    Label(
        zh="请把含有该机构的文件一起导入。", en="Import the file that holds the organisation together with this one."
    ),
)
NEUTRAL = Label(
    zh="请在文件里换成中性的说法：服务对象和其他机构会看到这里。",
    en="Use neutral words in the file: clients and other organisations read this.",
)


class Places(msgspec.Struct, frozen=True):
    """Places to write down: `total` of them, of which `busy` are taken by people the hub does not know."""

    group: str
    sex: str | None
    total: int
    busy: int


class OrganisationPlan(msgspec.Struct, frozen=True):
    external_id: str
    values: dict[str, object]
    short_name: str


class OfferingPlan(msgspec.Struct, frozen=True):
    external_id: str
    organisation: str
    service_key: str
    status: str
    values: dict[str, object]
    places: tuple[Places, ...]


class DirectoryPlan(msgspec.Struct, frozen=True):
    """All that an import would do. `problems` that block stop it all; `notes` are about the whole file."""

    organisations: tuple[OrganisationPlan, ...]
    offerings: tuple[OfferingPlan, ...]
    problems: tuple[EntryProblem, ...]
    notes: tuple[Label, ...]

    @property
    def blocking(self) -> tuple[EntryProblem, ...]:
        return tuple(problem for problem in self.problems if problem.blocks)


def plan_directory(
    read: DirectoryRead,
    installed: Sequence[FoundService],
    *,
    mapping: Mapping[str, str] | None = None,
    settings: Mapping[str, Mapping[str, str]] | None = None,
    skip_unmapped: bool = False,
) -> DirectoryPlan:
    """Work out what to write. `settings` answer, by service key, what a service must know of each of its offerings."""
    planner = _Planner(installed, mapping or {}, settings or {}, skip_unmapped=skip_unmapped)
    known = {organisation.id: organisation for organisation in read.organisations}
    offerings = [plan for service in read.services if (plan := planner.offering(service, known))]
    organisations = [each for one in read.organisations if (each := planner.organisation(one))]
    return DirectoryPlan(
        organisations=tuple(organisations),
        offerings=tuple(offerings),
        problems=tuple(planner.problems),
        notes=_notes(read, planner.left_out),
    )


class _Planner:
    def __init__(
        self,
        installed: Sequence[FoundService],
        mapping: Mapping[str, str],
        settings: Mapping[str, Mapping[str, str]],
        *,
        skip_unmapped: bool,
    ) -> None:
        self._installed = installed
        self._services = {found.service.key: found.service for found in installed}
        self._mapping = mapping
        self._settings = settings
        self._skip_unmapped = skip_unmapped
        self.problems: list[EntryProblem] = []
        self.left_out: list[str] = []

    def organisation(self, read: OrganisationRead) -> OrganisationPlan | None:
        if self._lacks_id_or_name(read.id, read.name):
            return None
        # A short name made from the full one is an abbreviation anyway.
        short_name = self._within(read.id, read.name, read.alternate_name, MAX_SHORT_NAME) or read.name[:MAX_SHORT_NAME]
        self._check_neutral(read.id, read.name, short_name)
        values: dict[str, object] = {
            "name": self._within(read.id, read.name, read.name, MAX_LINE),
            "credit_code": read.credit_code,
            "area_code": read.area_code,
            "contact_name": self._within(read.id, read.name, read.contact_name, MAX_CONTACT_NAME) or None,
            "phone": self._phone(read.id, read.name, read.phones),
        }
        return OrganisationPlan(read.id, {key: value for key, value in values.items() if value}, short_name)

    def offering(self, read: ServiceRead, known: Mapping[str, OrganisationRead]) -> OfferingPlan | None:
        if self._lacks_id_or_name(read.id, read.name):
            return None
        key = service_key_of(read, self._installed, self._mapping)
        if isinstance(key, ValidationIssue):
            if self._skip_unmapped:
                self.left_out.append(read.name)
            else:
                self._tell(read.id, read.name, key)
            return None
        if read.organisation_id not in known:
            self._tell(read.id, read.name, NO_ORGANISATION)
            return None
        service = self._services[key]
        description = _description(read, with_address="housing" not in service.needs)
        description = self._within(read.id, read.name, description, MAX_OFFERING_DESCRIPTION)
        self._check_neutral(read.id, read.name, read.name, description, read.hours)
        phones = (*read.phones, *known[read.organisation_id].phones)
        values: dict[str, object] = {
            "title": self._within(read.id, read.name, read.name, MAX_LINE),
            "description": description or None,
            "hours": read.hours or None,
            "phone": self._phone(read.id, read.name, phones),
            "languages": list(read.languages),
            "area_codes": self._areas(read),
            "eligibility": _eligibility(read),
            "settings": self._answers(read, key),
        }
        return OfferingPlan(
            external_id=read.id,
            organisation=read.organisation_id,
            service_key=key,
            status=_STATUS.get(read.status.lower(), "open"),
            values=values,
            places=self._places(read) if service.capacity == "places" else (),
        )

    def _tell(self, external_id: str, name: str, mistake: ValidationIssue, *, blocks: bool = True) -> None:
        self.problems.append(EntryProblem(name or external_id, external_id, mistake.reason, mistake.fix, blocks))

    def _lacks_id_or_name(self, external_id: str, name: str) -> bool:
        lacking = [mistake for text, mistake in ((external_id, NO_ID), (name, NO_NAME)) if not text]
        for mistake in lacking:
            self._tell(external_id, name, mistake)
        return bool(lacking)

    def _check_neutral(self, external_id: str, name: str, *texts: str) -> None:
        """R20: told here with the entry's name, not at the first write."""
        denied = "、".join(dict.fromkeys(word for text in texts for word in denied_words(text)))
        if denied:
            reason = Label(zh=f"文字里有“{denied}”。", en=f"The text contains “{denied}”.")
            self._tell(external_id, name, ValidationIssue(reason, NEUTRAL))

    def _within(self, external_id: str, name: str, text: str, maximum: int) -> str:
        """The text as far as it fits: what was published is not ours to correct. That the rest is left out is said."""
        if len(text) <= maximum:
            return text
        reason = Label(
            zh=f"“{text[:10]}…”有{len(text)}个字，超过{maximum}个字，后面的没有读入。",
            en=f"“{text[:10]}…” has {len(text)} characters, more than {maximum}; the rest was not imported.",
        )
        fix = Label(zh="请导入后在页面上改短。", en="Shorten it on its page afterwards.")
        self._tell(external_id, name, ValidationIssue(reason, fix), blocks=False)
        return text[: maximum - 1] + "…"

    def _phone(self, external_id: str, name: str, numbers: Sequence[str]) -> str | None:
        """The first that can be read. Any before it that cannot is told, for it may be the main one."""
        for number in numbers:
            read = read_written_phones(number)
            if not isinstance(read, ValidationIssue):
                return read[0].number
            taken_out = Label(
                zh=f"电话“{number[:30]}”没有读入。", en=f"The telephone “{number[:30]}” was not imported."
            )
            self._tell(external_id, name, ValidationIssue(taken_out, read.fix), blocks=False)
        return None

    def _areas(self, read: ServiceRead) -> list[str]:
        if read.has_areas and not read.area_codes:
            mistake = ValidationIssue(
                Label(
                    zh="服务区域没有行政区划代码，暂作不限地区。",
                    en="Its area has no administrative code; recorded as no restriction.",
                ),
                Label(
                    zh="导入后请在服务页面补填区划代码。", en="Enter the area code on the offering's page afterwards."
                ),
            )
            self._tell(read.id, read.name, mistake, blocks=False)
        return list(read.area_codes)

    def _answers(self, read: ServiceRead, key: str) -> dict[str, object]:
        asked = self._services[key].settings
        given = {**self._settings.get(key, {}), **read.settings}
        answers, problems = read_form(asked, {question.key: given.get(question.key) for question in asked})
        for problem in problems:
            fix = Label(
                zh=f"请用 --set {key}.{problem.field}=… 填写，或写在该服务的attributes里。",
                en=f"Answer with --set {key}.{problem.field}=…, or in the service's attributes.",
            )
            self._tell(read.id, read.name, ValidationIssue(problem.message, fix))
        return dict(answers)

    def _places(self, read: ServiceRead) -> tuple[Places, ...]:
        return tuple(_places(capacity, position, read) for position, capacity in enumerate(read.capacities))


def _places(capacity: CapacityRead, position: int, read: ServiceRead) -> Places:
    total = min(max(capacity.maximum or 0, capacity.available), _MAX_PLACES)
    sex = "1" if "男" in capacity.unit else "2" if "女" in capacity.unit else None
    many = len(read.capacities) > 1
    unit = "" if denied_words(capacity.unit) else capacity.unit[:MAX_GROUP_LABEL]
    group = unit or (str(position + 1) if many else "")
    return Places(group=group if many or sex else "", sex=sex, total=total, busy=max(total - capacity.available, 0))


def _description(read: ServiceRead, *, with_address: bool) -> str:
    """Of a house the address stays out: where someone lives is not for a directory."""
    parts = [
        read.description,
        f"服务对象：{read.eligibility}" if read.eligibility else "",
        f"办理：{read.application}" if read.application else "",
        f"需要材料：{'、'.join(read.documents)}" if read.documents else "",
        f"地址：{'；'.join(read.addresses)}" if read.addresses and with_address else "",
    ]
    return " ".join(part for part in parts if part)


def _eligibility(read: ServiceRead) -> dict[str, object]:
    limits: dict[str, object] = {"min_age": read.minimum_age, "max_age": read.maximum_age}
    return {name: age for name, age in limits.items() if age is not None}


def _notes(read: DirectoryRead, left_out: list[str]) -> tuple[Label, ...]:
    notes = []
    if read.missing_pages:
        notes.append(
            Label(
                zh=f"文件说还有{read.missing_pages}页没有导入。把各页文件一起导入即可。",
                en=f"The file states that {read.missing_pages} more pages exist. Import all the files together.",
            )
        )
    if left_out:
        names = "、".join(left_out)
        notes.append(
            Label(
                zh=f"跳过了{len(left_out)}项不对应的服务：{names}。",
                en=f"Skipped {len(left_out)} services without a match: {names}.",
            )
        )
    return tuple(notes)
