"""Requests to end somebody's access."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import lprsvc.lib.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_training"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalTermination",
            fields=[
                (
                    "id",
                    models.UUIDField(db_index=True, default=lprsvc.lib.ids.uuid7, editable=False),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[("system", "Made in the system"), ("email", "Received by e-mail")],
                        max_length=10,
                    ),
                ),
                ("requested_by", models.CharField(blank=True, max_length=200)),
                ("received_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("entered_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waiting to be carried out"),
                            ("done", "Carried out"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "effect",
                    models.CharField(
                        blank=True,
                        choices=[("closed", "Closed for ever"), ("suspended", "Suspended")],
                        max_length=10,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                ("taken", models.DurationField(null=True)),
                ("managers_told_at", models.DateTimeField(null=True)),
                ("vendor_told_at", models.DateTimeField(null=True)),
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
                (
                    "entered_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical termination",
                "verbose_name_plural": "historical terminations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Termination",
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
                    "origin",
                    models.CharField(
                        choices=[("system", "Made in the system"), ("email", "Received by e-mail")],
                        max_length=10,
                    ),
                ),
                ("requested_by", models.CharField(blank=True, max_length=200)),
                ("received_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("entered_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waiting to be carried out"),
                            ("done", "Carried out"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "effect",
                    models.CharField(
                        blank=True,
                        choices=[("closed", "Closed for ever"), ("suspended", "Suspended")],
                        max_length=10,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                ("taken", models.DurationField(null=True)),
                ("managers_told_at", models.DateTimeField(null=True)),
                ("vendor_told_at", models.DateTimeField(null=True)),
                (
                    "entered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="terminations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["due_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["due_at"],
                        name="termination_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("user",),
                        name="termination_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("effect", ""),
                                ("ended_at", None),
                                ("state", "open"),
                                ("taken", None),
                            ),
                            models.Q(
                                ("effect", ""),
                                ("ended_at__isnull", False),
                                ("state", "withdrawn"),
                                ("taken", None),
                            ),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("state", "done"),
                                ("taken__isnull", False),
                                ("effect__in", ["closed", "suspended"]),
                            ),
                            _connector="OR",
                        ),
                        name="termination_state_complete",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("received_at__lte", models.F("entered_at")),
                            ("received_at__lte", models.F("due_at")),
                        ),
                        name="termination_times_in_order",
                    ),
                ],
            },
        ),
    ]
