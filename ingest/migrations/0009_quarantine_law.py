"""A quarantined read is erased when the law of its place wants it, settled or not."""

from django.db import migrations

from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [
        ("ingest", "0008_retention"),
    ]

    operations = [
        run_sql_files(__file__, "0009_quarantine_law"),
    ]
