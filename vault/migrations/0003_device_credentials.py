"""Browsers that have signed in to an account before."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0003_device_credentials.sql``."""

    dependencies = [("vault", "0002_lockout_events")]
    operations = [
        history(
            "0003_device_credentials.sql",
            "8f1fab731500a7cf0bfef3bed193518c2707522f66269121c60266466a5bbaba",
        )
    ]
