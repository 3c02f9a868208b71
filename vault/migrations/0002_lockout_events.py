"""An index for what operators did."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0002_lockout_events.sql``."""

    dependencies = [("vault", "0001_tables")]
    operations = [history("0002_lockout_events.sql")]
