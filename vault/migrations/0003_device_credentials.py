"""Browsers that have signed in to an account before."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0003_device_credentials.sql``."""

    dependencies = [("vault", "0002_lockout_events")]
    operations = [history("0003_device_credentials.sql")]
