"""The vault's first tables."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0001_tables.sql``."""

    initial = True
    operations = [
        history(
            "0001_tables.sql", "4beba2f4174499805abf6874a26603ac8b31cbabcdc0cd761b671da25331ae09"
        )
    ]
