"""Reports of errors in reads, their correction, and what guards it."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import lprsvc.lib.ids
from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_terminations"),
        ("audit", "0003_one_read"),
        ("ingest", "0004_place"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("read_id", models.UUIDField()),
                ("version", models.PositiveSmallIntegerField()),
                ("key_id", models.UUIDField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("corrected", "Corrected"),
                            ("withdrawn", "Withdrawn"),
                            ("merged", "Merged with the same read"),
                        ],
                        max_length=10,
                    ),
                ),
                ("merged_into", models.UUIDField(null=True)),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
                ("event_id", models.UUIDField()),
                ("corrected_by", models.CharField(max_length=200)),
                ("corrected_by_name", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                ("plate_key", models.CharField(max_length=10)),
                ("state", models.CharField(max_length=6)),
                ("captured_at", models.DateTimeField()),
                ("latitude_e7", models.IntegerField()),
                ("longitude_e7", models.IntegerField()),
                ("confidence", models.FloatField(null=True)),
                ("plate_is_derived", models.BooleanField()),
                ("scene_sha256", models.BinaryField()),
                ("plate_sha256", models.BinaryField()),
                ("plate_text", models.CharField(max_length=40)),
                ("make", models.CharField(max_length=60, null=True)),
                ("model", models.CharField(max_length=60, null=True)),
                ("color", models.CharField(max_length=40, null=True)),
                ("county", models.IntegerField(null=True)),
            ],
            options={
                "db_table": "ingest_correction",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Retraction",
            fields=[
                ("correction_id", models.UUIDField(primary_key=True, serialize=False)),
                ("read_id", models.UUIDField()),
                ("is_gone", models.BooleanField()),
                ("latitude_e7", models.IntegerField()),
                ("longitude_e7", models.IntegerField()),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Amendment",
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
                ("reference", models.CharField(max_length=200)),
                ("basis", models.CharField(max_length=200)),
                ("plate_text", models.CharField(max_length=40)),
                ("plate_key", models.CharField(max_length=10)),
                ("state", models.CharField(max_length=6)),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("entered_at", models.DateTimeField()),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ErrorReport",
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
                ("read_id", models.UUIDField(null=True)),
                ("version", models.PositiveSmallIntegerField(null=True)),
                ("captured_at", models.DateTimeField(null=True)),
                ("plate_text", models.CharField(max_length=40)),
                ("plate_key", models.CharField(max_length=10)),
                ("state", models.CharField(max_length=6)),
                (
                    "wrong",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("plate", "Plate number"),
                                ("state", "State of registration"),
                                ("vehicle", "Make, model or color"),
                                ("place", "Place"),
                                ("photograph", "Photograph"),
                            ],
                            max_length=10,
                        ),
                        size=None,
                    ),
                ),
                ("claimed", models.JSONField(default=dict)),
                ("text", models.TextField(blank=True)),
                ("cause", models.UUIDField(null=True)),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("under_review", "Under review"),
                            ("corrected", "Corrected"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("answer", models.TextField(blank=True)),
                ("correction", models.UUIDField(null=True)),
                (
                    "changed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("plate", "Plate number"),
                                ("state", "State of registration"),
                                ("vehicle", "Make, model or color"),
                                ("place", "Place"),
                                ("photograph", "Photograph"),
                            ],
                            max_length=10,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("became", models.JSONField(default=dict)),
                ("erase_after", models.DateTimeField(null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                    ),
                ),
                (
                    "amendment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reports",
                        to="ingest.amendment",
                    ),
                ),
                (
                    "camera",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ingest.camera",
                    ),
                ),
                (
                    "reporter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="amendment",
            index=models.Index(fields=["agency", "-entered_at"], name="amendment_newest"),
        ),
        migrations.AddIndex(
            model_name="errorreport",
            index=models.Index(fields=["reporter", "-opened_at"], name="report_newest"),
        ),
        migrations.AddIndex(
            model_name="errorreport",
            index=models.Index(
                condition=models.Q(("status__in", ("open", "under_review"))),
                fields=["due_at"],
                name="report_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="errorreport",
            index=models.Index(
                condition=models.Q(("status__in", ("open", "under_review"))),
                fields=["read_id"],
                name="report_waiting_read",
            ),
        ),
        migrations.AddIndex(
            model_name="errorreport",
            index=models.Index(
                condition=models.Q(("erase_after__isnull", False)),
                fields=["erase_after"],
                name="report_due_erasure",
            ),
        ),
        migrations.AddConstraint(
            model_name="errorreport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("amendment", None), ("status__in", ("open", "under_review"))),
                fields=("reporter", "read_id"),
                name="report_once_while_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="errorreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at", None),
                        ("erase_after", None),
                        ("status__in", ("open", "under_review")),
                    ),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("erase_after__isnull", False),
                        models.Q(("status__in", ("open", "under_review")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="report_closed_has_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="errorreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("camera__isnull", False),
                        ("captured_at__isnull", False),
                        ("read_id__isnull", False),
                        ("version__isnull", False),
                    ),
                    models.Q(("amendment__isnull", False), ("read_id", None)),
                    _connector="OR",
                ),
                name="report_names_read_or_amendment",
            ),
        ),
        run_sql_files(__file__, "0007_mistake"),
    ]
