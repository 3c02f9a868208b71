"""Clients that authenticate by keys, overlapping secrets, consents, claims asked for one by one."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0016_clients.sql``."""

    dependencies = [("vault", "0015_voided_proofs")]
    operations = [
        history(
            "0016_clients.sql",
            "6be5adc09a75b8e9f7015cfd3e2b2bc2d7c90b4cdff2e7b62989689fe2aa3b11",
        )
    ]
