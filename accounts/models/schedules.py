"""How long each component keeps what its people print (PIA "Data Retention")."""

from django.db import models
from django.db.models import F, Q

from accounts.history import governed_history
from accounts.models.people import Component


class CountedFrom(models.TextChoices):
    """Where a schedule's years begin."""

    YEAR_END = "year_end", "End of the calendar year of the record"
    RECORD = "record", "Day of the record"


class RecordsSchedule(models.Model):
    """The records schedule of a component's hard copies: when they must be destroyed, and by what
    authority. `on_site_years`: then they go to a records center; empty: they stay."""

    component = models.OneToOneField(
        Component, on_delete=models.PROTECT, related_name="records_schedule"
    )
    title = models.CharField(max_length=200)
    authority = models.CharField(max_length=200)
    counted_from = models.CharField(max_length=20, choices=CountedFrom)
    on_site_years = models.PositiveSmallIntegerField(null=True)
    destroy_years = models.PositiveSmallIntegerField()
    history = governed_history()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="records_schedule_years",
                condition=Q(destroy_years__gte=1)
                & (
                    Q(on_site_years=None)
                    | Q(on_site_years__gte=1, on_site_years__lte=F("destroy_years"))
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.component}: {self.title}"
