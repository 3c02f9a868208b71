"""The record of lockouts: ends, lists of accounts, the site's doors, signing keys."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0013_lockouts.sql``."""

    dependencies = [("vault", "0012_places")]
    operations = [
        history(
            "0013_lockouts.sql",
            "dfeedc20ec5e97a3dbac1ed3157c5324f131e1f0ff8b60d860eb85c994bb592b",
        )
    ]
