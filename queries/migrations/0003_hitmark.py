"""Relevant or not: what the one who asked thinks of each hit, for as long as the query is kept."""

import django.db.models.deletion
from django.db import migrations, models

from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [("queries", "0002_offense")]

    operations = [
        migrations.CreateModel(
            name="HitMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("read_id", models.UUIDField()),
                ("is_relevant", models.BooleanField(null=True)),
                ("was_relevant", models.BooleanField(null=True)),
                ("change", models.UUIDField()),
                (
                    "query",
                    models.ForeignKey(
                        # The constraint below says what happens: the database does it.
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="queries.recentquery",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("query", "read_id"), name="hit_mark_once")
                ],
            },
        ),
        run_sql_files(__file__, "0003_hitmark"),
    ]
