"""An index for what operators did."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0002_lockout_events.sql``."""

    dependencies = [("vault", "0001_tables")]
    operations = [
        history(
            "0002_lockout_events.sql",
            "c2635127f15fd7273f9e228c5d153a4609aff1dfc3791523d395feeab1d4d61b",
        )
    ]
