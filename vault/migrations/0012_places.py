"""From where sessions were opened, and what became of telling their wikis."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0012_places.sql``."""

    dependencies = [("vault", "0011_letters")]
    operations = [
        history(
            "0012_places.sql",
            "a9bd11a4f8c811184916a9ba79a66e4415e72f8583f497e083c9b5dd209d9550",
        )
    ]
