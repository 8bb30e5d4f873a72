"""Streets and addresses, and what is known of the places where something was read."""

import django.db.models.deletion
from django.db import migrations, models

from lprsvc.lib.sqlfiles import run_sql_files


class Migration(migrations.Migration):
    dependencies = [
        ("ingest", "0005_jurisdiction"),
    ]

    operations = [
        migrations.CreateModel(
            name="KnownPlace",
            fields=[
                ("cell", models.BigIntegerField(primary_key=True, serialize=False)),
                ("address", models.CharField(blank=True, max_length=200)),
                (
                    "address_method",
                    models.CharField(
                        choices=[
                            ("rooftop", "address point"),
                            ("interpolated", "house number by position along the street"),
                            ("street", "street only"),
                            ("none", "nothing near"),
                            ("no_data", "no data for this area"),
                        ],
                        max_length=12,
                    ),
                ),
                ("address_distance_m", models.FloatField(null=True)),
                ("address_dataset", models.CharField(blank=True, max_length=121)),
                ("intersection", models.CharField(blank=True, max_length=300)),
                ("intersection_distance_m", models.FloatField(null=True)),
                ("intersection_dataset", models.CharField(blank=True, max_length=121)),
                ("resolved_at", models.DateTimeField()),
            ],
            options={
                "db_table": "ingest_place",
            },
        ),
        migrations.CreateModel(
            name="QueuedPlace",
            fields=[
                ("cell", models.BigIntegerField(primary_key=True, serialize=False)),
                ("queued_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(db_index=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "db_table": "ingest_placequeue",
            },
        ),
        migrations.CreateModel(
            name="GeoDataset",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("streets", "Streets and intersections"),
                            ("addresses", "Address points"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.SlugField(max_length=60)),
                ("version", models.CharField(max_length=60)),
                ("format", models.CharField(max_length=20)),
                ("content_sha256", models.BinaryField()),
                ("addresses", models.PositiveIntegerField(default=0)),
                ("segments", models.PositiveIntegerField(default=0)),
                ("intersections", models.PositiveIntegerField(default=0)),
                ("west", models.FloatField(null=True)),
                ("south", models.FloatField(null=True)),
                ("east", models.FloatField(null=True)),
                ("north", models.FloatField(null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("loading", "Being loaded"),
                            ("active", "In use"),
                            ("retired", "Replaced"),
                            ("failed", "Broken off"),
                        ],
                        default="loading",
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("activated_at", models.DateTimeField(null=True)),
                ("retired_at", models.DateTimeField(null=True)),
                ("dropped_at", models.DateTimeField(null=True)),
                ("refresh_cursor", models.BigIntegerField(null=True)),
                ("refresh_total", models.PositiveIntegerField(default=0)),
                ("refresh_done", models.PositiveIntegerField(default=0)),
                ("refreshed_at", models.DateTimeField(null=True)),
                (
                    "replaces",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ingest.geodataset",
                    ),
                ),
            ],
            options={
                "verbose_name": "street and address data",
                "verbose_name_plural": "street and address data",
                "ordering": ["kind", "name", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "active")),
                        fields=("kind", "name"),
                        name="geodataset_one_in_use",
                    )
                ],
            },
        ),
        run_sql_files(__file__, "0004_place"),
    ]
