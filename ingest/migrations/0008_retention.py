"""Counts of what is collected where, and the erasure of what may be kept no longer."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [
        ("ingest", "0006_quarantine"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReadTally",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="ingest.batch",
                    ),
                ),
                (
                    "camera_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                (
                    "days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateField(), size=None
                    ),
                ),
                (
                    "counties",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), size=None
                    ),
                ),
                (
                    "counts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), size=None
                    ),
                ),
                (
                    "last_ats",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateTimeField(), size=None
                    ),
                ),
            ],
            options={
                "db_table": "ingest_tally",
            },
        ),
        migrations.CreateModel(
            name="SuspectPhotograph",
            fields=[
                ("sha256", models.BinaryField(primary_key=True, serialize=False)),
                ("queued_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="photograph",
            name="is_shared",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="photograph",
            name="read_from",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="photograph",
            name="read_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="ErasedPhotograph",
            fields=[
                ("sha256", models.BinaryField(primary_key=True, serialize=False)),
                ("queued_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("removed_at", None)),
                        fields=["queued_at"],
                        name="erased_photograph_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("erased_at", models.DateTimeField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "counties",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), size=None
                    ),
                ),
                ("reads", models.BigIntegerField()),
                ("photographs", models.BigIntegerField()),
                ("is_month", models.BooleanField()),
            ],
            options={
                "ordering": ["-erased_at"],
                "indexes": [models.Index(fields=["-erased_at"], name="erasure_newest")],
            },
        ),
        migrations.CreateModel(
            name="Coverage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("county", models.IntegerField()),
                ("collected", models.IntegerField()),
                ("held", models.IntegerField()),
                ("last_at", models.DateTimeField()),
                (
                    "camera",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ingest.camera",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "coverage",
                "indexes": [
                    models.Index(
                        condition=models.Q(("held__gt", 0)),
                        fields=["day"],
                        name="coverage_still_held",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["day", "county", "camera"], name="coverage_once"
                    )
                ],
            },
        ),
        run_sql_files(__file__, "0008_retention"),
    ]
