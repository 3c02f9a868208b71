"""Spent challenges, whose site a passkey is of, trusted browsers, and how far clocks may be off."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0008_ceremonies.sql``."""

    dependencies = [("vault", "0007_mailed_token_keys")]
    operations = [
        history(
            "0008_ceremonies.sql",
            "cc81db773d8b7fca2df4dc31768e355bba5c791a10d799a757e3bfcdf9f99606",
        )
    ]
