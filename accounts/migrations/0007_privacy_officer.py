"""A further role: the agency's privacy officer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_terminations"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="accessrequest",
            name="access_request_roles_known",
        ),
        migrations.RemoveConstraint(
            model_name="user",
            name="user_roles_known",
        ),
        migrations.AddConstraint(
            model_name="accessrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "roles__contained_by",
                        [
                            "investigator",
                            "supervisor",
                            "agency_manager",
                            "auditor",
                            "contracting_officer",
                            "privacy_officer",
                            "vendor_administrator",
                        ],
                    )
                ),
                name="access_request_roles_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "roles__contained_by",
                        [
                            "investigator",
                            "supervisor",
                            "agency_manager",
                            "auditor",
                            "contracting_officer",
                            "privacy_officer",
                            "vendor_administrator",
                        ],
                    ),
                    ("roles__len__gte", 1),
                ),
                name="user_roles_known",
            ),
        ),
    ]
