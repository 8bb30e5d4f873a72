"""A correction of the same plate is not matched anew, and none is counted as collected again."""

from django.db import migrations, models

from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("ingest", "0009_quarantine_law")]

    operations = [
        migrations.AddField(
            model_name="readtally",
            name="is_correction",
            field=models.BooleanField(default=False, db_default=False),
        ),
        run_sql_files(__file__, "0010_correction"),
    ]
