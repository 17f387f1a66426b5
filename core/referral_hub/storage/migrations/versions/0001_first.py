"""The first tables, the checks no code may get round, and row-level security.

Written as SQL, beside this file, because that is what a database administrator reads before agreeing to it.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_PARTS = ("states", "tables", "checks", "policies", "directory", "recipient", "looks", "operations", "statistics")


def upgrade() -> None:
    for part in _PARTS:
        script = Path(__file__).with_name(f"0001_{part}.sql").read_text(encoding="utf-8")
        # The driver would take a per cent sign for the place of a parameter.
        op.get_bind().exec_driver_sql(script.replace("%", "%%"))
