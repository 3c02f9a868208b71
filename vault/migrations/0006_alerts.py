"""What alerts need beside their own rows: usual rates, and an index for dead letters."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0006_alerts.sql``."""

    dependencies = [("vault", "0005_vouch_for_rows")]
    operations = [
        history(
            "0006_alerts.sql", "a815800e3e53b208a6a02472f829fd28800a988529bc46fbc2b475ba6e200342"
        )
    ]
