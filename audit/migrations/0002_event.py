"""Events, pending queue, append-only guards, and what opens plate reads."""

from django.db import migrations, models

from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_log")]
    operations = [
        run_sql_files(__file__, "0002_event"),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=60)),
                ("seed", models.BinaryField()),
                ("fields", models.JSONField()),
                ("actor", models.CharField(max_length=200)),
                ("behalf", models.CharField(max_length=200, null=True)),
                ("aor", models.CharField(max_length=60, null=True)),
                ("plate", models.CharField(max_length=10, null=True)),
                ("state", models.CharField(max_length=6, null=True)),
                ("reason", models.CharField(max_length=60, null=True)),
                ("outcome", models.CharField(max_length=10)),
                ("parent", models.CharField(max_length=36, null=True)),
            ],
            options={"db_table": 'audit"."event', "managed": False},
        ),
    ]
