"""Letters: codes to type, undoing and disowning, a limit for each address, known networks."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0011_letters.sql``."""

    dependencies = [("vault", "0010_operator_invites")]
    operations = [
        history(
            "0011_letters.sql",
            "cecfb78351b13cbe08d51f212261abb05b83e4970c81b3e9c3fca688e4b39854",
        )
    ]
