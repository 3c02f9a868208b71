"""The vault's first tables."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0001_tables.sql``."""

    initial = True
    operations = [history("0001_tables.sql")]
