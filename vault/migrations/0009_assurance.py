"""A wiki's least level, what it asks for by default, and what was asked for with a grant."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0009_assurance.sql``."""

    dependencies = [("vault", "0008_ceremonies")]
    operations = [
        history(
            "0009_assurance.sql",
            "137d023b1f5f923f4be3099bf836da7ffbd6dc5ea807ccc5161f98c818bfcbc1",
        )
    ]
