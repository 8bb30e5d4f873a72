"""The partitioned table of reads with its row-level security."""

from django.db import migrations

from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("ingest", "0001_initial"), ("audit", "0002_event")]
    operations = [run_sql_files(__file__, "0002_read")]
