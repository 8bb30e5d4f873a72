"""Photographs and reads.

`Read` is hand-written SQL (monthly partitions, row-level security): see ``migrations/sql``. It is
written by `ingest.services` alone, under the database role ``lpr_ingest``.
"""

from django.db import models

from ingest.models.deliveries import Batch
from ingest.models.sources import Camera, Source


class Photograph(models.Model):
    """A picture, stored once under the SHA-256 of its bytes, whoever sent it first."""

    sha256 = models.BinaryField(primary_key=True)
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    stored_at = models.DateTimeField()
    # Between which captures the reads lie that name it; none: no read does, but the quarantine.
    read_from = models.DateTimeField(null=True)
    read_until = models.DateTimeField(null=True)
    # More than one read, or a read and the quarantine, named it once: it can't just go with a read.
    is_shared = models.BooleanField(default=False)

    def __str__(self) -> str:
        return bytes(self.sha256).hex()


class Read(models.Model):
    """A plate seen by a camera. The natural key refuses redelivery and answers every query.

    No foreign keys in the database: cameras and batches are never deleted, and a check a row
    would halve the rate of bulk loads.
    """

    pk = models.CompositePrimaryKey("plate_key", "state", "captured_at", "camera_id")
    plate_key = models.CharField(max_length=10)
    state = models.CharField(max_length=6)
    captured_at = models.DateTimeField()
    camera = models.ForeignKey(Camera, on_delete=models.DO_NOTHING, related_name="+")
    id = models.UUIDField()
    batch = models.ForeignKey(Batch, on_delete=models.DO_NOTHING, related_name="+")
    plate_text = models.CharField(max_length=40)
    latitude_e7 = models.IntegerField()
    longitude_e7 = models.IntegerField()
    confidence = models.FloatField(null=True)
    make = models.CharField(max_length=60, null=True)
    model = models.CharField(max_length=60, null=True)
    color = models.CharField(max_length=40, null=True)
    scene_sha256 = models.BinaryField()
    plate_sha256 = models.BinaryField()
    # The close-up was cut from the scene here, not taken by a camera of its own.
    plate_is_derived = models.BooleanField()
    # FIPS code of the county it was made in: whose law it is kept by.
    county = models.IntegerField(null=True)
    # 1 as it came; each correction stores the same read, under the same id, as the next (QRY-10).
    version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        managed = False
        db_table = "ingest_read"

    def __str__(self) -> str:
        return str(self.id)

    @property
    def latitude(self) -> float:
        """Degrees north."""
        return self.latitude_e7 / 1e7

    @property
    def longitude(self) -> float:
        """Degrees east."""
        return self.longitude_e7 / 1e7
