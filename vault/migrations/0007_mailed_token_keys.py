"""Which key made a mailed token, and a MAC over the address that it went to."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0007_mailed_token_keys.sql``."""

    dependencies = [("vault", "0006_alerts")]
    operations = [
        history(
            "0007_mailed_token_keys.sql",
            "1353be75c48d4d6993332ab064754a84d16ebe32d31742db38c55ec9803f47a7",
        )
    ]
