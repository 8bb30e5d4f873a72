"""Which hits, in which version, a report's file holds: it is given out only while they are so.

A file made before this has none, and is made again.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("queries", "0004_report"),
    ]

    operations = [
        migrations.AddField(
            model_name="queryreport",
            name="hits_digest",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
    ]
