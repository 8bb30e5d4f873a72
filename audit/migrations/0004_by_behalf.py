"""What was done on somebody's behalf is found as quickly as what they did."""

from django.db import migrations

from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_one_read")]
    operations = [run_sql_files(__file__, "0004_by_behalf")]
