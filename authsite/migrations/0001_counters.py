"""Make the table of the shared counters, as `authsite/sql/counters.sql` says."""

from pathlib import Path
from typing import ClassVar

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "counters.sql"


class Migration(migrations.Migration):
    """One unlogged table, without a model: only authsite/counters.py speaks to it."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations = [
        migrations.RunSQL(
            SQL.read_text(encoding="utf-8"), reverse_sql="DROP TABLE authsite_counter"
        )
    ]
