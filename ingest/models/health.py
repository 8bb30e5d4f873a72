"""How feeds and cameras are: when each was heard, what each delivered, what was turned away."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ingest.models.sources import Camera, Source


class CameraActivity(models.Model):
    """When a camera's reads last came, to within `ACTIVITY_RESOLUTION`, and how new they were."""

    camera = models.OneToOneField(Camera, on_delete=models.PROTECT, primary_key=True)
    last_received_at = models.DateTimeField()
    last_captured_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "camera activity"

    def __str__(self) -> str:
        return f"{self.camera_id} {self.last_received_at.isoformat()}"


class Device(models.Model):
    """An agent or camera that reports itself, and its last heartbeat.

    `name` is the best of `names`, by one of which a camera of the source may be known.
    """

    class Kind(models.TextChoices):
        """As `ingest.schemas.DeviceKind`."""

        AGENT = "agent", "Agent"
        CAMERA = "camera", "Camera"

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="devices")
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=120)
    names = ArrayField(models.CharField(max_length=120))
    agent = models.CharField(max_length=120, blank=True)
    first_heartbeat_at = models.DateTimeField()
    last_heartbeat_at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True)
    software = models.CharField(max_length=60, blank=True)
    fps = models.FloatField(null=True)
    is_streaming = models.BooleanField(null=True)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("source", "kind", "name", name="device_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class FeedHour(models.Model):
    """What a source delivered in one hour, added up from its batches by the worker: the page that
    shows a feed's rate can't count a nation's single pushes each time it is opened."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    hour = models.DateTimeField()
    deliveries = models.PositiveIntegerField()
    stored = models.PositiveIntegerField()
    duplicate = models.PositiveIntegerField()
    quarantined = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    delivered_at = models.DateTimeField()
    # When a read was last stored in this hour.
    stored_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("source", "hour", name="feedhour_once")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.hour:%Y-%m-%d %H}"


class FeedsCounted(models.Model):
    """One row: up to which batch `FeedHour` holds everything."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    batch_id = models.UUIDField()

    class Meta:
        verbose_name_plural = "feeds counted"
        constraints = [
            models.CheckConstraint(name="feedscounted_one_row", condition=models.Q(id=1))
        ]

    def __str__(self) -> str:
        return str(self.batch_id)


class TurnedAway(models.Model):
    """How many deliveries got no 2xx in one hour, and why; nothing of what they held.

    `source` is empty where the key told nothing. `detail` is the answer to the last of them.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, related_name="+")
    format = models.CharField(max_length=40)
    code = models.SlugField(max_length=60)
    status = models.PositiveSmallIntegerField()
    hour = models.DateTimeField()
    count = models.PositiveIntegerField()
    last_at = models.DateTimeField()
    detail = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "deliveries turned away"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "hour", "format", "code"],
                name="turnedaway_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.hour:%Y-%m-%d %H}"
