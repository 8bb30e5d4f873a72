"""Kinds that open one read: those of the review of a reported error."""

from django.db import migrations

from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_event")]
    operations = [run_sql_files(__file__, "0003_one_read")]
