"""Where reads come from, the reads, and what became of each delivery.

`Read` is hand-written SQL (monthly partitions, row-level security): see ``migrations/sql``. It is
written by `ingest.services` alone, under the database role ``lpr_ingest``.
"""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Lower

from accounts.history import governed_history
from ingest.rules import MAX_AGE
from lprsvc.lib.ids import uuid7


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


class Photograph(models.Model):
    """A picture, stored once under the SHA-256 of its bytes, whoever sent it first."""

    sha256 = models.BinaryField(primary_key=True)
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    stored_at = models.DateTimeField()

    def __str__(self) -> str:
        return bytes(self.sha256).hex()


class Batch(models.Model):
    """One delivery and its receipt: what became of each read in it.

    `exceptions` lists every read that was not stored: index, outcome, reason, id. `note` says what
    else the delivery was, as a heartbeat. The database sets a further column, ``txid``, that ties
    the batch to its transaction.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="batches")
    feed_key = models.ForeignKey(FeedKey, on_delete=models.PROTECT, null=True, related_name="+")
    format = models.CharField(max_length=40)
    received_at = models.DateTimeField()
    stored = models.PositiveIntegerField(default=0)
    duplicate = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    exceptions = models.JSONField(default=list)
    note = models.CharField(max_length=120, blank=True, default="", db_default="")

    class Meta:
        verbose_name_plural = "batches"
        indexes = [models.Index(fields=["source", "-received_at"], name="batch_newest")]

    def __str__(self) -> str:
        return str(self.id)


class QuarantinedRead(models.Model):
    """A read that can't be accepted as it is (ING-5); `payload` names its photographs by hash."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="quarantine")
    index = models.PositiveIntegerField()
    reason = models.SlugField(max_length=60)
    detail = models.TextField()
    payload = models.JSONField()
    quarantined_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-quarantined_at"], name="quarantine_newest")]

    def __str__(self) -> str:
        return f"{self.reason} {self.id}"


class DeliveryKey(models.Model):
    """The id that a vendor's software gave to a sighting, and the read that became of it.

    `key` is a hash of source, format and id. Forgotten after a while: see `DELIVERY_KEYS_KEPT`.
    """

    key = models.UUIDField(primary_key=True)
    read_id = models.UUIDField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [BrinIndex(fields=["seen_at"], name="delivery_key_seen")]

    def __str__(self) -> str:
        return str(self.key)


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


class OutboxEntry(models.Model):
    """A batch whose stored reads still have to be matched with the alerts (ING-8).

    Written in the transaction that stores the reads, removed in the one that records the matches.
    The arrays run in parallel, one element a read.
    """

    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, primary_key=True)
    stored_at = models.DateTimeField(db_index=True)
    read_ids = ArrayField(models.UUIDField())
    plate_keys = ArrayField(models.CharField(max_length=10))
    states = ArrayField(models.CharField(max_length=6))
    captured_ats = ArrayField(models.DateTimeField())
    camera_ids = ArrayField(models.BigIntegerField())
    latitudes_e7 = ArrayField(models.IntegerField())
    longitudes_e7 = ArrayField(models.IntegerField())

    class Meta:
        db_table = "ingest_outbox"
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return str(self.batch_id)


class JurisdictionRule(models.Model):
    """What the law of a state, or of one of its counties, says of reads made there (ING-6).

    Never changed, only withdrawn: another rule of the same place takes over on its first day
    (`valid_from`, UTC). Of a state's rule and its county's the stricter holds.
    """

    state = models.CharField(max_length=6)
    # The Census Bureau's number of the place: two digits for a state, five for a county.
    geoid = models.PositiveIntegerField(verbose_name="place")
    is_lawful = models.BooleanField(verbose_name="collection is lawful")
    # Where it is not lawful: how long what was collected before may still be kept.
    retention_days = models.PositiveSmallIntegerField(verbose_name="days a read may be kept")
    citation = models.CharField(max_length=300, verbose_name="source of the rule")
    valid_from = models.DateField()
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    history = governed_history()

    class Meta:
        ordering = ["state", "geoid", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["geoid", "valid_from"],
                condition=models.Q(withdrawn_at=None),
                name="jurisdiction_rule_once",
                violation_error_message="This place has another rule from the same day on.",
            ),
            models.CheckConstraint(
                name="jurisdiction_rule_days",
                condition=models.Q(retention_days__lte=MAX_AGE.days)
                & (models.Q(is_lawful=False) | models.Q(retention_days__gte=1)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} from {self.valid_from}"

    @property
    def place(self) -> str:
        """The state or county by its name."""
        from ingest.regions import place_name

        return place_name(self.geoid)


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


def read_id(*, plate_key: str, state: str, captured_at: datetime, camera_id: int) -> UUID:
    """The id of the read with this natural key: the same for every delivery of it (ING-4)."""
    at = captured_at.astimezone(UTC).isoformat(timespec="microseconds")
    return content_uuid(f"{plate_key}\n{state}\n{at}\n{camera_id}".encode())


def delivery_key(source_id: int, key: str) -> UUID:
    """How the id that a source's software gave to a sighting is kept."""
    return content_uuid(f"{source_id}\n{key}".encode(errors="replace"))


def content_uuid(content: bytes) -> UUID:
    """A UUID that the content alone decides."""
    # Version 8 of RFC 9562: the application says what the bits mean.
    octets = bytearray(hashlib.sha256(content).digest()[:16])
    octets[6] = octets[6] & 0x0F | 0x80
    octets[8] = octets[8] & 0x3F | 0x80
    return UUID(bytes=bytes(octets))
