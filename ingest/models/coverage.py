"""How many reads were collected where and when."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ingest.models.deliveries import Batch
from ingest.models.sources import Camera


class ReadTally(models.Model):
    """What a batch stored, counted by camera, day of capture (UTC) and county.

    Written with the reads, so counting waits for nothing; rolled up into `Coverage` and removed.
    The arrays run in parallel. `is_correction`: the next version of a read, which is held beside
    its original and was collected before.
    """

    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, primary_key=True)
    camera_ids = ArrayField(models.BigIntegerField())
    days = ArrayField(models.DateField())
    counties = ArrayField(models.IntegerField())
    counts = ArrayField(models.IntegerField())
    is_correction = models.BooleanField(default=False, db_default=False)
    last_ats = ArrayField(models.DateTimeField())

    class Meta:
        db_table = "ingest_tally"

    def __str__(self) -> str:
        return str(self.batch_id)


class Coverage(models.Model):
    """How many reads a camera made in a county on a day (UTC), and how many are still held.

    Counts alone: who may see them sees no read (ING-7). Rebuilt from the reads by
    ``ingest_rebuild_coverage``.
    """

    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    county = models.IntegerField()
    collected = models.IntegerField()
    # Below zero for a moment, when what was just stored is erased before it is rolled up.
    held = models.IntegerField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "coverage"
        constraints = [
            models.UniqueConstraint(fields=["day", "county", "camera"], name="coverage_once"),
        ]
        indexes = [
            models.Index(fields=["day"], condition=models.Q(held__gt=0), name="coverage_still_held")
        ]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.day} {self.county}"
