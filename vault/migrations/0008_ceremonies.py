"""Spent challenges, whose site a passkey is of, trusted browsers, and how far clocks may be off."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0008_ceremonies.sql``."""

    dependencies = [("vault", "0007_mailed_token_keys")]
    operations = [
        history(
            "0008_ceremonies.sql",
            "4d1c3f2eea5feae64d1552b2954556bf003957366079c716bb7f32ed0eda4293",
        )
    ]
