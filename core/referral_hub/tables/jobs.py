"""Tables of the hub's own upkeep: working days that an office loaded, probes of the keys, when each job last ran."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from referral_hub.tables.columns import Row, instant


class CalendarDay(SQLModel, table=True):
    """A day that the official calendar of working days decides, for years the built-in calendar lacks."""

    __tablename__ = "calendar_day"

    day: date = Field(primary_key=True)
    working: bool
    note: str | None = None


class KeyProbe(SQLModel, table=True):
    """A word that only one key of the installation opens; the key named `index` is that of the blind index."""

    __tablename__ = "key_probe"

    key: str = Field(primary_key=True)
    probe: bytes


class JobRun(Row, table=True):
    """The last run of a job, for the health page."""

    __tablename__ = "job_run"

    job: str = Field(unique=True)
    started_at: datetime = instant()
    finished_at: datetime | None = instant(optional=True)
    done: int = 0
    problem: str | None = None
