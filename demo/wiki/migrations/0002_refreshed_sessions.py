from typing import Any

from django.db import migrations, models


def _begin_anew(apps: Any, _schema_editor: Any) -> None:
    """Sessions of before have no tokens to go on with: a new one is found silently."""
    apps.get_model("wiki", "Session").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("wiki", "0001_initial")]

    operations = [
        migrations.RunPython(_begin_anew, migrations.RunPython.noop),
        migrations.CreateModel(
            name="Seen",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("site_epoch", models.PositiveBigIntegerField(default=0)),
                ("latest_time", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.AddField("account", "epoch", models.PositiveBigIntegerField(default=0)),
        migrations.AddField(
            "logouttoken", "sub", models.CharField(blank=True, db_index=True, max_length=255)
        ),
        migrations.AddField("logouttoken", "at", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("session", "claims", models.JSONField(default=dict)),
        migrations.AddField("session", "refresh_token", models.TextField(blank=True)),
        migrations.AddField("session", "confirmed_at", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("session", "failed_at", models.PositiveBigIntegerField(null=True)),
        migrations.AddField("session", "version", models.PositiveBigIntegerField(default=1)),
    ]
