"""Matches whose read was corrected to another plate."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0001_initial"),
        ("ingest", "0007_mistake"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="match",
            name="match_once_per_entry",
        ),
        migrations.AddField(
            model_name="match",
            name="withdrawn_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="match",
            index=models.Index(fields=["read_id"], name="match_of_read"),
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("entry", "read_id"),
                name="match_once_per_entry",
            ),
        ),
    ]
