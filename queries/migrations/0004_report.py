"""Reports that were ordered, and the files of those that are made, for a day."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import lprsvc.lib.ids
from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [
        ("queries", "0003_hitmark"),
    ]

    operations = [
        migrations.CreateModel(
            name="QueryReport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=lprsvc.lib.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "format",
                    models.CharField(choices=[("pdf", "PDF"), ("xlsx", "Excel")], max_length=4),
                ),
                (
                    "read_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
                ("ordered_at", models.DateTimeField()),
                ("event", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for its turn"),
                            ("running", "Being made"),
                            ("done", "Ready"),
                            ("failed", "Could not be made"),
                            ("canceled", "Canceled"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("claim", models.UUIDField(null=True)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("left_out", models.PositiveIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                ("fault", models.CharField(blank=True, max_length=300)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("size", models.PositiveBigIntegerField(null=True)),
                ("pages", models.PositiveIntegerField(null=True)),
                ("file_until", models.DateTimeField(null=True)),
                (
                    "query",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="queries.recentquery",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReportPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                (
                    "report",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="queries.queryreport",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="queryreport",
            index=models.Index(fields=["query", "-ordered_at"], name="query_report_newest"),
        ),
        migrations.AddIndex(
            model_name="queryreport",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "running"])),
                fields=["ordered_at"],
                name="query_report_open",
            ),
        ),
        migrations.AddIndex(
            model_name="queryreport",
            index=models.Index(fields=["file_until"], name="query_report_file_due"),
        ),
        migrations.AddConstraint(
            model_name="queryreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    models.Q(
                        ("file_until__isnull", False),
                        ("sha256__regex", "^[0-9a-f]{64}$"),
                        ("size__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="report_file_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="reportpart",
            constraint=models.UniqueConstraint(
                fields=("report", "number"), name="report_part_once"
            ),
        ),
        run_sql_files(__file__, "0004_report"),
    ]
