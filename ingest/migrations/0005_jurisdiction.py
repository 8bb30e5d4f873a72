"""What the law of each state and county says of reads made there."""

import simple_history.models
from django.db import migrations, models

from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [
        ("ingest", "0003_feeds"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalJurisdictionRule",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("state", models.CharField(max_length=6)),
                ("geoid", models.PositiveIntegerField(verbose_name="place")),
                ("is_lawful", models.BooleanField(verbose_name="collection is lawful")),
                (
                    "retention_days",
                    models.PositiveSmallIntegerField(verbose_name="days a read may be kept"),
                ),
                ("citation", models.CharField(max_length=300, verbose_name="source of the rule")),
                ("valid_from", models.DateField()),
                ("created_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("history_user_id", models.CharField(max_length=200, null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical jurisdiction rule",
                "verbose_name_plural": "historical jurisdiction rules",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="JurisdictionRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("state", models.CharField(max_length=6)),
                ("geoid", models.PositiveIntegerField(verbose_name="place")),
                ("is_lawful", models.BooleanField(verbose_name="collection is lawful")),
                (
                    "retention_days",
                    models.PositiveSmallIntegerField(verbose_name="days a read may be kept"),
                ),
                ("citation", models.CharField(max_length=300, verbose_name="source of the rule")),
                ("valid_from", models.DateField()),
                ("created_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["state", "geoid", "-valid_from"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("geoid", "valid_from"),
                        name="jurisdiction_rule_once",
                        violation_error_message="This place has another rule from the same day on.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retention_days__lte", 3660),
                            models.Q(
                                ("is_lawful", False), ("retention_days__gte", 1), _connector="OR"
                            ),
                        ),
                        name="jurisdiction_rule_days",
                    ),
                ],
            },
        ),
        run_sql_files(__file__, "0005_jurisdiction"),
    ]
