"""Offenses, what a query may name besides, queries in another's name, reviews."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import lprsvc.lib.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_component_by_offense"),
        ("queries", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalOffense",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40)),
                ("citation", models.CharField(max_length=120)),
                ("title", models.CharField(max_length=200)),
                (
                    "years",
                    models.PositiveSmallIntegerField(null=True, verbose_name="years of limitation"),
                ),
                ("note", models.TextField(blank=True, max_length=1000)),
                ("source", models.CharField(max_length=300)),
                ("verified_by", models.CharField(blank=True, max_length=200)),
                ("verified_on", models.DateField(null=True)),
                ("is_withdrawn", models.BooleanField(default=False, verbose_name="withdrawn")),
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
                "verbose_name": "historical offense",
                "verbose_name_plural": "historical offenses",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="recentquery",
            name="geography",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="recentquery",
            name="group",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.usergroup",
            ),
        ),
        migrations.AddField(
            model_name="recentquery",
            name="offense_code",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="recentquery",
            name="offense_label",
            field=models.CharField(blank=True, max_length=330),
        ),
        migrations.AddField(
            model_name="recentquery",
            name="pinned_as",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.CreateModel(
            name="Offense",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True)),
                ("citation", models.CharField(max_length=120)),
                ("title", models.CharField(max_length=200)),
                (
                    "years",
                    models.PositiveSmallIntegerField(null=True, verbose_name="years of limitation"),
                ),
                ("note", models.TextField(blank=True, max_length=1000)),
                ("source", models.CharField(max_length=300)),
                ("verified_by", models.CharField(blank=True, max_length=200)),
                ("verified_on", models.DateField(null=True)),
                ("is_withdrawn", models.BooleanField(default=False, verbose_name="withdrawn")),
            ],
            options={
                "ordering": ["citation", "code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("years", None), ("years__range", (1, 99)), _connector="OR"
                        ),
                        name="offense_years_possible",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verified_by", ""), ("verified_on", None)),
                            models.Q(
                                ("verified_on__isnull", False),
                                models.Q(("verified_by", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="offense_verified_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AskedInName",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("asked_at", models.DateTimeField()),
                ("objected_at", models.DateTimeField(null=True)),
                ("erase_after", models.DateTimeField()),
                (
                    "asker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "queries asked in another's name",
                "indexes": [
                    models.Index(fields=["officer", "-asked_at"], name="asked_in_name_newest"),
                    models.Index(fields=["erase_after"], name="asked_in_name_due"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("asker", models.F("officer")), _negated=True),
                        name="asked_in_anothers_name",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QueryReview",
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
                    "cause",
                    models.CharField(
                        choices=[
                            ("no_limitation", "Offense without limitation"),
                            ("refused", "Refused by a rule"),
                            ("objection", "The officer named objects"),
                        ],
                        max_length=20,
                    ),
                ),
                ("event_id", models.UUIDField()),
                ("cause_event_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "finding",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("in_order", "In order"),
                            ("advised", "Not in order: spoken with the person"),
                            ("referred", "Not in order: referred to internal affairs"),
                        ],
                        max_length=20,
                    ),
                ),
                ("finding_event_id", models.UUIDField(null=True)),
                ("reviewed_at", models.DateTimeField(null=True)),
                (
                    "asker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["asker", "-created_at"], name="review_by_asker"),
                    models.Index(fields=["reviewed_at"], name="review_done"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("event_id"), models.F("cause"), name="review_once_per_cause"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reviewed_by", None),
                            models.Q(("reviewed_by", models.F("asker")), _negated=True),
                            _connector="OR",
                        ),
                        name="review_never_of_ones_own",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finding", ""),
                                ("finding_event_id", None),
                                ("reviewed_at", None),
                                ("reviewed_by", None),
                            ),
                            models.Q(
                                ("finding__in", ["in_order", "advised", "referred"]),
                                ("finding_event_id__isnull", False),
                                ("reviewed_at__isnull", False),
                                ("reviewed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="review_whole_or_open",
                    ),
                ],
            },
        ),
    ]
