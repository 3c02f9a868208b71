"""Second factors and the other credentials, MACs over who somebody is, the sealed trail, alerts."""

from django.db import migrations

from vault.schema import history


class Migration(migrations.Migration):
    """Runs ``sql/history/0004_credentials.sql``."""

    dependencies = [("vault", "0003_device_credentials")]
    operations = [
        history(
            "0004_credentials.sql",
            "6878aa3fd68b6391020c97e9ee64e82a476b281dc50fdc7c9337999674cc5f35",
        )
    ]
