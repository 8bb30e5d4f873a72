"""What becomes of quarantined reads, and how feeds do."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import lprsvc.lib.ids
from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [
        ("ingest", "0007_mistake"),
    ]

    operations = [
        migrations.CreateModel(
            name="FeedHour",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("deliveries", models.PositiveIntegerField()),
                ("stored", models.PositiveIntegerField()),
                ("duplicate", models.PositiveIntegerField()),
                ("quarantined", models.PositiveIntegerField()),
                ("refused", models.PositiveIntegerField()),
                ("delivered_at", models.DateTimeField()),
                ("stored_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="FeedsCounted",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("batch_id", models.UUIDField()),
            ],
            options={
                "verbose_name_plural": "feeds counted",
            },
        ),
        migrations.CreateModel(
            name="QuarantineJob",
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
                    "act",
                    models.CharField(
                        choices=[("refeed", "Feed again"), ("discard", "Discard")], max_length=10
                    ),
                ),
                ("reason", models.SlugField(blank=True, max_length=60)),
                ("camera", models.CharField(blank=True, max_length=60)),
                ("since", models.DateTimeField(null=True)),
                ("until", models.DateTimeField(null=True)),
                ("why", models.TextField()),
                ("ordered_by", models.CharField(max_length=80)),
                ("ordered_name", models.CharField(max_length=120)),
                ("ordered_at", models.DateTimeField()),
                ("event", models.UUIDField()),
                ("total", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for the worker"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("stopped", "Stopped"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("claim", models.UUIDField(null=True)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("position", models.UUIDField(null=True)),
                ("stored", models.PositiveIntegerField(default=0)),
                ("duplicate", models.PositiveIntegerField(default=0)),
                ("discarded", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                ("fault", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["-ordered_at"],
            },
        ),
        migrations.CreateModel(
            name="TurnedAway",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("format", models.CharField(max_length=40)),
                ("code", models.SlugField(max_length=60)),
                ("status", models.PositiveSmallIntegerField()),
                ("hour", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
                ("last_at", models.DateTimeField()),
                ("detail", models.CharField(max_length=200)),
            ],
            options={
                "verbose_name_plural": "deliveries turned away",
            },
        ),
        migrations.AddField(
            model_name="historicalsource",
            name="silent_after_hours",
            field=models.PositiveSmallIntegerField(
                default=6, verbose_name="warn when silent for hours"
            ),
        ),
        migrations.AddField(
            model_name="quarantinedread",
            name="became",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ingest.batch",
            ),
        ),
        migrations.AddField(
            model_name="quarantinedread",
            name="camera",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="quarantinedread",
            name="erase_after",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="quarantinedread",
            name="photographs",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BinaryField(), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="quarantinedread",
            name="read",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="quarantinedread",
            name="settled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="quarantinedread",
            name="settled_by",
            field=models.CharField(blank=True, db_default="", max_length=80),
        ),
        migrations.AddField(
            model_name="quarantinedread",
            name="source",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="quarantine",
                to="ingest.source",
            ),
        ),
        migrations.AddField(
            model_name="quarantinedread",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("repaired", "Repaired and stored"),
                    ("discarded", "Discarded"),
                ],
                db_default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="silent_after_hours",
            field=models.PositiveSmallIntegerField(
                default=6, verbose_name="warn when silent for hours"
            ),
        ),
        run_sql_files(__file__, "0006_quarantine_fill"),
        migrations.AlterField(
            model_name="quarantinedread",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="quarantine",
                to="ingest.source",
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(
                condition=models.Q(("quarantined__gt", 0), ("refused__gt", 0), _connector="OR"),
                fields=["source", "-received_at"],
                name="batch_troubled",
            ),
        ),
        migrations.AddIndex(
            model_name="quarantinedread",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["source", "reason", "camera", "id"],
                name="quarantine_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="quarantinedread",
            index=models.Index(
                condition=models.Q(("erase_after__isnull", False)),
                fields=["erase_after"],
                name="quarantine_erasable",
            ),
        ),
        migrations.AddIndex(
            model_name="quarantinedread",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["photographs"], name="quarantine_photographs"
            ),
        ),
        migrations.AddConstraint(
            model_name="quarantinedread",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("erase_after__isnull", True),
                        ("settled_at__isnull", True),
                        ("state", "waiting"),
                    ),
                    models.Q(
                        models.Q(("state", "waiting"), _negated=True),
                        ("erase_after__isnull", False),
                        ("settled_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="quarantine_settled_whole",
            ),
        ),
        migrations.AddField(
            model_name="feedhour",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ingest.source"
            ),
        ),
        migrations.AddConstraint(
            model_name="feedscounted",
            constraint=models.CheckConstraint(
                condition=models.Q(("id", 1)), name="feedscounted_one_row"
            ),
        ),
        migrations.AddField(
            model_name="quarantinejob",
            name="source",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ingest.source",
            ),
        ),
        migrations.AddField(
            model_name="turnedaway",
            name="source",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ingest.source",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedhour",
            constraint=models.UniqueConstraint(
                models.F("source"), models.F("hour"), name="feedhour_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="turnedaway",
            constraint=models.UniqueConstraint(
                fields=("source", "hour", "format", "code"),
                name="turnedaway_once",
                nulls_distinct=False,
            ),
        ),
        run_sql_files(__file__, "0006_quarantine"),
    ]
