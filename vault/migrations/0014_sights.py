"""What the operator's pages show at a glance: counts of sign-ins, and the last calls of wikis."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0014_sights.sql``."""

    dependencies = [("vault", "0013_lockouts")]
    operations = [
        history(
            "0014_sights.sql",
            "29b9570ca39dc36ca87817701073aa8fda99019508ff5c3b02999bd223c2cec3",
        )
    ]
