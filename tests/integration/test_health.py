from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from pydantic import SecretStr

from referral_hub.health.doctor import examine
from referral_hub.health.finding import Finding
from referral_hub.settings import Settings

JUNE = datetime(2025, 6, 1, tzinfo=UTC)


def findings(settings: Settings, at: datetime = JUNE) -> dict[str, Finding]:
    return {finding.subject.en: finding for finding in examine(settings, at=at)}


def changed(settings: Settings, **values: object) -> Settings:
    return settings.model_copy(update=values)


def test_a_good_installation_is_found_well(settings: Settings) -> None:
    found = findings(settings)
    for subject in ("Data folder", "Keys", "Database", "Database rights", "Clock", "Working days"):
        assert found[subject].state == "ok", found[subject]


def test_what_is_not_well_says_how_to_fix_it_in_both_languages(settings: Settings) -> None:
    settings.keys_file.chmod(0o644)
    settings.data.chmod(0o755)
    found = findings(settings)
    assert (found["Keys"].state, found["Data folder"].state) == ("wrong", "warning")
    for finding in (found["Keys"], found["Data folder"]):
        assert finding.fix is not None
        assert "chmod" in finding.fix.zh
        assert "chmod" in finding.fix.en


def test_damaged_keys_are_not_to_be_made_again(settings: Settings) -> None:
    settings.keys_file.write_text('{"active": "k1"}')
    finding = findings(settings)["Keys"]
    assert finding.state == "wrong"
    assert "backup" in finding.found.en


def test_an_installation_that_is_not_there_asks_for_init(settings: Settings) -> None:
    found = findings(changed(settings, data=settings.data / "none", database_url=None, database_app_url=None))
    assert found["Data folder"].state == "wrong"
    assert found["Data folder"].fix is not None
    assert "hub init" in found["Data folder"].fix.en


def test_a_database_that_is_away_is_named(settings: Settings) -> None:
    away = SecretStr("postgresql://hub@127.0.0.1:1/hub")
    finding = findings(changed(settings, database_url=away, database_app_url=away))["Database"]
    assert finding.state == "wrong"
    assert "127.0.0.1" in finding.found.en


def test_an_application_that_owns_the_tables_is_found_out(settings: Settings) -> None:
    found = findings(changed(settings, database_app_url=settings.database_url))
    assert found["Database rights"].state == "wrong"


@pytest.mark.parametrize(("month", "state"), [(11, "ok"), (12, "warning")])
def test_next_year_s_holidays_are_missed_from_december_on(settings: Settings, month: int, state: str) -> None:
    assert findings(settings, at=datetime(2026, month, 15, tzinfo=UTC))["Working days"].state == state


def test_loaded_holidays_of_next_year_are_enough(settings: Settings, owner: psycopg.Connection) -> None:
    owner.execute("INSERT INTO calendar_day (day, working) VALUES ('2027-10-01', false)")
    assert findings(settings, at=datetime(2026, 12, 15, tzinfo=UTC))["Working days"].state == "ok"


def test_safe_mode_is_pointed_out(settings: Settings) -> None:
    finding = findings(changed(settings, safe_mode=True))["Service modules"]
    assert finding.state == "warning"
    assert finding.fix is not None
    assert "HUB_SAFE_MODE" in finding.fix.en
