"""From where sessions were opened, and what became of telling their wikis."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0012_places.sql``."""

    dependencies = [("vault", "0011_letters")]
    operations = [
        history(
            "0012_places.sql",
            "d63674decf244e996b52d9988cecd4a45848b1ccc19bd0888f7c63d00626e836",
        )
    ]
