"""What voids proofs that were given so far, and browsers' secrets that leaked."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0015_voided_proofs.sql``."""

    dependencies = [("vault", "0014_sights")]
    operations = [
        history(
            "0015_voided_proofs.sql",
            "0515eb71fba4d4877ff380e548acc5de1e1076ee7d4cb16c762db152f95fe058",
        )
    ]
