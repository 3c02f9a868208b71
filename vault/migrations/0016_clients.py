"""Clients that authenticate by keys, overlapping secrets, consents, claims asked for one by one."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0016_clients.sql``."""

    dependencies = [("vault", "0015_voided_proofs")]
    operations = [
        history(
            "0016_clients.sql",
            "da34068f5fa5de706ac6ab536b916ba3e6b9b5b3a73bfd882d754c501c9adb88",
        )
    ]
