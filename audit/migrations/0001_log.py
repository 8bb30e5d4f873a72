"""The schema, the roles' way into it, and the list of logs with the vendor's own."""

from typing import Any

import django.utils.timezone
from django.db import migrations, models

VENDOR_LOG_ID = "00000000-0000-7000-8000-000000000001"


def create_vendor_log(apps: Any, _schema_editor: Any) -> None:
    apps.get_model("audit", "Log").objects.create(
        id=VENDOR_LOG_ID, origin="lprsvc/vendor", created_at=django.utils.timezone.now()
    )


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL("CREATE SCHEMA IF NOT EXISTS audit", "DROP SCHEMA audit"),
        migrations.CreateModel(
            name="Log",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("origin", models.CharField(max_length=200, unique=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={"db_table": 'audit"."log'},
        ),
        migrations.RunPython(create_vendor_log, migrations.RunPython.noop),
    ]
