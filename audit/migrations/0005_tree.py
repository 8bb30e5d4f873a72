"""The tree over the log: leaves, tiles, heads, checkpoints, and the keys that signed them."""

from django.db import migrations

from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_by_behalf")]
    operations = [run_sql_files(__file__, "0005_tree")]
