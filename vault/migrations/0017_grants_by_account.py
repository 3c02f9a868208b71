"""Finds what a wiki was given by whose account it is."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0017_grants_by_account.sql``."""

    dependencies = [("vault", "0016_clients")]
    operations = [
        history(
            "0017_grants_by_account.sql",
            "1d3089413b01d1643e8f4f140c5941b903d25a2fb29440b94a8fff5eb09fc101",
        )
    ]
