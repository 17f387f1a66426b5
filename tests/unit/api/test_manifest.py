from __future__ import annotations

import msgspec
import pytest
from tests.integration.modules.made import MANIFEST

from referral_hub.api import Manifest, ManifestError, parse_manifest

GOOD = MANIFEST.format(key="legal", network='["example.org:443"]')
S = "services[0]"
QUESTION = 'key = "minutes", type = "integer"'


def problems(old: str, new: str) -> dict[str | None, str]:
    """The problems of the good manifest after one change, by key path."""
    assert old in GOOD
    with pytest.raises(ManifestError) as caught:
        parse_manifest(GOOD.replace(old, new, 1))
    assert all(problem.message.zh for problem in caught.value.problems)
    return {problem.field: problem.message.en for problem in caught.value.problems}


def test_a_good_manifest_is_read() -> None:
    manifest = parse_manifest(GOOD)
    assert manifest.key == "legal"
    assert manifest.ports() == {443}
    service = manifest.service("legal.advice")
    assert service is not None
    assert service.screening_names() == {"age_band"}
    assert service.categories() == {"basic"}
    assert [form.key for form in service.forms_at("advising")] == ["talk", "close"]
    assert manifest.service("legal.other") is None


def test_a_manifest_may_name_ordinary_work_that_contains_a_denied_character() -> None:
    title = 'title = { zh = "法律咨询", en = "Legal advice" }'
    assert title in GOOD
    (service, *_) = parse_manifest(
        GOOD.replace(title, 'title = { zh = "餐具消毒员培训", en = "Drugstore work" }')
    ).services
    assert service.title.zh == "餐具消毒员培训"


def test_a_manifest_kept_as_json_reads_back_the_same() -> None:
    manifest = parse_manifest(GOOD)
    assert msgspec.json.decode(msgspec.json.encode(manifest), type=Manifest) == manifest


@pytest.mark.parametrize(
    ("old", "new", "path", "told"),
    [
        ("capacity_unit", "capacity_units", f"{S}.capacity_units", "no such key"),
        ('version = "1.0.0"', "", "version", "missing"),
        ('version = "1.0.0"', "version = 1", "version", "Expected `str`, got `int`"),
        ('capacity = "open"', 'capacity = "ajar"', f"{S}.capacity", "Invalid enum value 'ajar'"),
        ('key = "legal"', 'key = "Legal Help"', "key", "lower-case letters"),
        ('key = "legal.advice"', 'key = "other.advice"', f"{S}.key", "legal.name"),
        ("example.org:443", "example.org", "network[0]", "host:port"),
        ("example.org:443", "example.org:99999", "network[0]", "host:port"),
        ('needs = ["legal"]', "needs = []", f"{S}.needs", "which kinds of need"),
        ("retention_days = 90", "retention_days = 0", f"{S}.fields[0].retention_days", "1 to 3650"),
        (
            '"age_band", category = "basic"',
            '"age_band", category = "identity"',
            f"{S}.fields[1].screening",
            "before",
        ),
        ('name = "age_band"', 'name = "display_name"', f"{S}.fields", "twice"),
        ('state = "accepted"', 'state = "in_service"', f"{S}.stages", "first stage"),
        ('next = ["advising"]', 'next = ["nowhere"]', f"{S}.stages[0].next", "no stage “nowhere”"),
        ('next = ["advising"]', 'next = ["done"]', f"{S}.stages[0].next", "from accepted to completed"),
        ('next = ["advising"]', "next = []", f"{S}.stages[1]", "the stage “advising” cannot be reached"),
        ('next = ["done"]', 'next = ["advising"]', f"{S}.stages[1]", "no final stage can be reached"),
        (
            'state = "completed"',
            'state = "completed", next = ["advising"]',
            f"{S}.stages[2].next",
            "no stage may follow",
        ),
        ("outcome = true, ", "", f"{S}.forms", "could be completed"),
        ('stages = ["advising"]', 'stages = ["somewhere"]', f"{S}.forms[1].stages", "no stage “somewhere”"),
        (
            'key = "minutes", type = "integer"',
            'key = "minutes", type = "choice"',
            f"{S}.forms[0].fields[0].choices",
            "must list",
        ),
        (
            'key = "minutes", type = "integer"',
            'key = "minutes", type = "secret"',
            f"{S}.forms[0].fields[0].type",
            "settings",
        ),
        ("min = 0, max = 9", "min = 9, max = 0", f"{S}.outcome[0].min", "above"),
        ("信函", "涉毒", f"{S}.outcome[0].label.zh", "涉毒"),
        ("Letters", "Drug letters", f"{S}.outcome[0].label.en", "drug"),
        ("信函", " ", f"{S}.outcome[0].label.zh", "empty"),
    ],
)
def test_a_error_is_named_with_its_key_path(old: str, new: str, path: str, told: str) -> None:
    found = problems(old, new)
    assert path in found
    assert told in found[path]


def test_every_error_is_named_at_once() -> None:
    changed = GOOD.replace('key = "legal"', 'key = "L"', 1).replace("信函", "毒", 1)
    with pytest.raises(ManifestError) as caught:
        parse_manifest(changed)
    assert len(caught.value.problems) >= 3


@pytest.mark.parametrize(("api", "incompatible"), [("2.0", True), ("1.1", True), ("0.9", True), ("1", False)])
def test_the_interface_version_is_looked_at_before_anything_else(api: str, *, incompatible: bool) -> None:
    with pytest.raises(ManifestError) as caught:
        parse_manifest(f'api = "{api}"\na_key_of_a_later_time = 1\n')
    assert caught.value.incompatible is incompatible
    assert [problem.field for problem in caught.value.problems] == ["api"]
