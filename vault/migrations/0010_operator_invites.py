"""Links by which operators enrol a passkey, and fresh proofs within their sessions."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0010_operator_invites.sql``."""

    dependencies = [("vault", "0009_assurance")]
    operations = [
        history(
            "0010_operator_invites.sql",
            "82f6bf8201090130980f3f182f4bd191b47658280c97f0e4f7f9974d34baa833",
        )
    ]
