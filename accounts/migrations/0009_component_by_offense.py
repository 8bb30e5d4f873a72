"""Components whose time-frame rule is the offense's limitation period (QRY-3)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_help_desk"),
    ]

    operations = [
        migrations.AddField(
            model_name="component",
            name="lookback_by_offense",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="historicalcomponent",
            name="lookback_by_offense",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="component",
            name="max_lookback_years",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="historicalcomponent",
            name="max_lookback_years",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="component",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lookback_by_offense", True), ("max_lookback_years", None)),
                    models.Q(("lookback_by_offense", False), ("max_lookback_years__gte", 1)),
                    _connector="OR",
                ),
                name="component_has_one_time_frame_rule",
            ),
        ),
    ]
