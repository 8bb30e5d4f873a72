"""Who delivers reads, by which cameras, with which keys."""

from django.db import models
from django.db.models.functions import Lower

from accounts.history import governed_history
from ingest.rules import SILENT_AFTER_HOURS


class SourceKind(models.TextChoices):
    """The four kinds of source the contract names (PIA, Overview)."""

    TOLL_ROAD = "toll_road", "Toll road"
    PARKING = "parking", "Parking lot"
    REPOSSESSION = "repossession", "Vehicle repossession"
    LAW_ENFORCEMENT = "law_enforcement", "Law enforcement"


class Source(models.Model):
    """An operator of cameras. `name` is what a hit shows, as "Delaware toll road camera"."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=SourceKind)
    state = models.CharField(max_length=6)
    is_paused = models.BooleanField(default=False)
    # The vendor is warned when no read has come for so long; 0: never.
    silent_after_hours = models.PositiveSmallIntegerField(
        "warn when silent for hours", default=SILENT_AFTER_HOURS
    )
    created_at = models.DateTimeField()
    history = governed_history()

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Camera(models.Model):
    """One camera; a fixed one holds its coordinates (1e-7 degrees), a mobile one has none."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="cameras")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    is_mobile = models.BooleanField(default=False)
    latitude_e7 = models.IntegerField(null=True)
    longitude_e7 = models.IntegerField(null=True)
    timezone = models.CharField(max_length=60)
    # State of registration to assume when the camera's software sends none.
    default_state = models.CharField(max_length=6, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    history = governed_history()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint("source", "code", name="camera_code_unique"),
            models.CheckConstraint(
                name="camera_fixed_has_place",
                condition=models.Q(is_mobile=True)
                | models.Q(latitude_e7__isnull=False, longitude_e7__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CameraName(models.Model):
    """Another name of a camera: what its software calls it, as a serial number or an agent's id."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="names")
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    history = governed_history()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("source", Lower("name"), name="camera_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class FeedKey(models.Model):
    """A camera operator's credential, never a person's. Only its SHA-256 is kept."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="feed_keys")
    label = models.CharField(max_length=120)
    key_hash = models.BinaryField(unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    history = governed_history(excluded_fields=["key_hash"])

    def __str__(self) -> str:
        return self.label
