"""Where reads come from, the reads, and what became of each delivery.

`Read` is hand-written SQL (monthly partitions, row-level security): see ``migrations/sql``. It is
written by `ingest.services` alone, under the database role ``lpr_ingest``.
"""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.history import governed_history
from accounts.models import Agency, User
from ingest.rules import MAX_AGE, SILENT_AFTER_HOURS
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
        indexes = [
            models.Index(fields=["source", "-received_at"], name="batch_newest"),
            models.Index(
                fields=["source", "-received_at"],
                name="batch_troubled",
                condition=models.Q(quarantined__gt=0) | models.Q(refused__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class QuarantineState(models.TextChoices):
    """What became of a read in quarantine; the last two are for good."""

    WAITING = "waiting", "Waiting"
    REPAIRED = "repaired", "Repaired and stored"
    DISCARDED = "discarded", "Discarded"


class QuarantinedRead(models.Model):
    """A read that can't be accepted as it is (ING-5).

    `payload` is what came, its photographs named by hash; `read` the same in our own JSON as far
    as it was understood, which is what is repaired and fed again; `photographs` the hashes of all
    pictures it keeps. The payload never changes; once settled, nothing does (the database sees to
    both), until it is erased whole after `erase_after`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="quarantine")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="quarantine")
    index = models.PositiveIntegerField()
    reason = models.SlugField(max_length=60)
    detail = models.TextField()
    camera = models.CharField(max_length=60, blank=True)
    read = models.JSONField(default=dict)
    payload = models.JSONField()
    photographs = ArrayField(models.BinaryField(), default=list)
    quarantined_at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=QuarantineState, db_default=QuarantineState.WAITING
    )
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=80, blank=True, db_default="")
    erase_after = models.DateTimeField(null=True)
    # The receipt under which the repaired read was stored.
    became = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["-quarantined_at"], name="quarantine_newest"),
            models.Index(
                fields=["source", "reason", "camera", "id"],
                name="quarantine_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["erase_after"],
                name="quarantine_erasable",
                condition=models.Q(erase_after__isnull=False),
            ),
            GinIndex(fields=["photographs"], name="quarantine_photographs"),
        ]
        constraints = [
            models.CheckConstraint(
                name="quarantine_settled_whole",
                condition=models.Q(
                    state="waiting", settled_at__isnull=True, erase_after__isnull=True
                )
                | models.Q(
                    ~models.Q(state="waiting"),
                    settled_at__isnull=False,
                    erase_after__isnull=False,
                ),
            ),
        ]

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


class QuarantineAct(models.TextChoices):
    """What can be done with many quarantined reads at once."""

    REFEED = "refeed", "Feed again"
    DISCARD = "discard", "Discard"


class JobState(models.TextChoices):
    """How far a job of many quarantined reads has come."""

    WAITING = "waiting", "Waiting for the worker"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"


class QuarantineJob(models.Model):
    """One order about all quarantined reads that a filter finds, and how far it has come.

    `reason`, `camera` (empty: any) and the rest of the filter are as `ingest.quarantine.Which`
    has them. `position` is the last read that was looked at; `event` the order's log entry.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    act = models.CharField(max_length=10, choices=QuarantineAct)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.SlugField(max_length=60, blank=True)
    camera = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    why = models.TextField()
    ordered_by = models.CharField(max_length=80)
    ordered_name = models.CharField(max_length=120)
    ordered_at = models.DateTimeField()
    event = models.UUIDField()
    total = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=JobState, default=JobState.WAITING)
    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    position = models.UUIDField(null=True)
    stored = models.PositiveIntegerField(default=0)
    duplicate = models.PositiveIntegerField(default=0)
    discarded = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-ordered_at"]

    def __str__(self) -> str:
        return f"{self.get_act_display()}, ordered {self.ordered_at:%Y-%m-%d %H:%M}"

    @property
    def done(self) -> int:
        """How many reads it has looked at."""
        return self.stored + self.duplicate + self.discarded + self.unchanged

    @property
    def is_open(self) -> bool:
        """Whether it will go on."""
        return self.state in {JobState.WAITING, JobState.RUNNING}


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


class Erasure(models.Model):
    """A stretch of reads that was erased because their time was over, in one transaction.

    `counties`: where; what was captured in [since, until) there is gone. The database writes it,
    with the transaction's id (column ``txid``), and demands an `ingest.erased` event beside it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    erased_at = models.DateTimeField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    counties = ArrayField(models.IntegerField())
    reads = models.BigIntegerField()
    photographs = models.BigIntegerField()
    # A whole month's partition was dropped.
    is_month = models.BooleanField()

    class Meta:
        ordering = ["-erased_at"]
        indexes = [models.Index(fields=["-erased_at"], name="erasure_newest")]

    def __str__(self) -> str:
        return str(self.id)


class SuspectPhotograph(models.Model):
    """A photograph that lost a read or a quarantined one, and may be named by nobody any more."""

    sha256 = models.BinaryField(primary_key=True)
    queued_at = models.DateTimeField()

    def __str__(self) -> str:
        return bytes(self.sha256).hex()


class ErasedPhotograph(models.Model):
    """A photograph whose row is gone and whose file is to go, or went at `removed_at`.

    Kept a while after that: who stores the same picture meanwhile has perhaps found the file still
    there, and must write it again.
    """

    sha256 = models.BinaryField(primary_key=True)
    queued_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["queued_at"],
                condition=models.Q(removed_at=None),
                name="erased_photograph_due",
            )
        ]

    def __str__(self) -> str:
        return bytes(self.sha256).hex()


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


class GeoKind(models.TextChoices):
    """What a data set holds; each kind is loaded by a command of its own."""

    STREETS = "streets", "Streets and intersections"
    ADDRESSES = "addresses", "Address points"


class GeoStatus(models.TextChoices):
    """Where a data set is in its life; only an active one is asked for addresses."""

    LOADING = "loading", "Being loaded"
    ACTIVE = "active", "In use"
    RETIRED = "retired", "Replaced"
    FAILED = "failed", "Broken off"


class GeoDataset(models.Model):
    """Streets or addresses that one load brought, in partitions of their own (`geo_…_d<id>`).

    A newer one of the same kind and name takes its place at once or not at all. Edges are Web
    Mercator metres. `refresh_…`: how far the places known before it have been looked up anew.
    """

    kind = models.CharField(max_length=10, choices=GeoKind)
    name = models.SlugField(max_length=60)
    version = models.CharField(max_length=60)
    format = models.CharField(max_length=20)
    # Of the files and of how they were read: the same load again is known by it.
    content_sha256 = models.BinaryField()
    addresses = models.PositiveIntegerField(default=0)
    segments = models.PositiveIntegerField(default=0)
    intersections = models.PositiveIntegerField(default=0)
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)
    status = models.CharField(max_length=10, choices=GeoStatus, default=GeoStatus.LOADING)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    # When its partitions were dropped.
    dropped_at = models.DateTimeField(null=True)
    refresh_cursor = models.BigIntegerField(null=True)
    refresh_total = models.PositiveIntegerField(default=0)
    refresh_done = models.PositiveIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["kind", "name", "-id"]
        verbose_name = "street and address data"
        verbose_name_plural = "street and address data"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name"],
                name="geodataset_one_in_use",
                condition=models.Q(status=GeoStatus.ACTIVE),
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Name and version, as a place says where it is from."""
        return f"{self.name} {self.version}"

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """West, south, east and north edge; None while nothing is loaded."""
        edges = (self.west, self.south, self.east, self.north)
        return None if None in edges else edges  # type: ignore[return-value]


class AddressMethod(models.TextChoices):
    """How a place's address was found; a person must know what it is worth."""

    ROOFTOP = "rooftop", "address point"
    INTERPOLATED = "interpolated", "house number by position along the street"
    STREET = "street", "street only"
    NONE = "none", "nothing near"
    NO_DATA = "no_data", "no data for this area"


class KnownPlace(models.Model):
    """The nearest address and intersection of one cell (`ingest.cells`), for every read in it.

    No column of a read names it: the cell is a function of the coordinates alone. Distances are
    ground metres from the cell's centre.
    """

    cell = models.BigIntegerField(primary_key=True)
    address = models.CharField(max_length=200, blank=True)
    address_method = models.CharField(max_length=12, choices=AddressMethod)
    address_distance_m = models.FloatField(null=True)
    address_dataset = models.CharField(max_length=121, blank=True)
    intersection = models.CharField(max_length=300, blank=True)
    intersection_distance_m = models.FloatField(null=True)
    intersection_dataset = models.CharField(max_length=121, blank=True)
    resolved_at = models.DateTimeField()

    class Meta:
        db_table = "ingest_place"

    def __str__(self) -> str:
        return str(self.cell)


class QueuedPlace(models.Model):
    """A cell in which something was read and of which nothing is known yet."""

    cell = models.BigIntegerField(primary_key=True)
    queued_at = models.DateTimeField()
    # Not before then: it was tried and failed.
    due_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "ingest_placequeue"

    def __str__(self) -> str:
        return str(self.cell)


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


class Wrong(models.TextChoices):
    """What of a read may be wrong."""

    PLATE = "plate", "Plate number"
    STATE = "state", "State of registration"
    VEHICLE = "vehicle", "Make, model or color"
    PLACE = "place", "Place"
    PHOTOGRAPH = "photograph", "Photograph"


class Amendment(models.Model):
    """An individual's request to amend what is recorded, entered by an agency's privacy office.

    The office names plate, state and days; which reads that may be it is never shown. Each read
    of them becomes an `ErrorReport`; where there is none, one report names no read.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # The office's own number or the individual's name; never shown to the vendor.
    reference = models.CharField(max_length=200)
    basis = models.CharField(max_length=200)
    plate_text = models.CharField(max_length=40)
    plate_key = models.CharField(max_length=10)
    state = models.CharField(max_length=6)
    start = models.DateTimeField()
    end = models.DateTimeField()
    entered_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["agency", "-entered_at"], name="amendment_newest")]

    def __str__(self) -> str:
        return str(self.id)


class ReportStatus(models.TextChoices):
    """How far a report of an error has come; steps are in `ingest.states`."""

    OPEN = "open", "Open"
    UNDER_REVIEW = "under_review", "Under review"
    CORRECTED = "corrected", "Corrected"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


WAITING_REPORTS = (ReportStatus.OPEN, ReportStatus.UNDER_REVIEW)


class ErrorReport(models.Model):
    """That somebody says a read is wrong, and what became of it (QRY-10).

    Holds what names the read, so that the review opens it and no other (QRY-2). No history table:
    the row is erased some time after it is closed (`ingest.rules.REPORT_KEPT`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    # Never shown to the vendor (AUD-5).
    reporter = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    amendment = models.ForeignKey(
        Amendment, on_delete=models.CASCADE, null=True, related_name="reports"
    )
    # The read as it was reported; all empty for an amendment that no read answers to.
    read_id = models.UUIDField(null=True)
    version = models.PositiveSmallIntegerField(null=True)
    captured_at = models.DateTimeField(null=True)
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, null=True, related_name="+")
    plate_text = models.CharField(max_length=40)
    plate_key = models.CharField(max_length=10)
    state = models.CharField(max_length=6)
    wrong = ArrayField(models.CharField(max_length=10, choices=Wrong))
    # What it should be, as entered: plate, state, make, model, color, place.
    claimed = models.JSONField(default=dict)
    text = models.TextField(blank=True)
    # The event of the log by which the reporter saw the read.
    cause = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=ReportStatus, default=ReportStatus.OPEN)
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    # Why it was rejected or withdrawn, or what the vendor says of the correction.
    answer = models.TextField(blank=True)
    # The correction that came of it, the parts of the read that it changed (none: the read was
    # withdrawn), and what they became where that may be told.
    correction = models.UUIDField(null=True)
    changed = ArrayField(models.CharField(max_length=10, choices=Wrong), default=list)
    became = models.JSONField(default=dict)
    erase_after = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # One at a time of each person about each read; those of an amendment are its own.
            models.UniqueConstraint(
                fields=["reporter", "read_id"],
                name="report_once_while_open",
                condition=Q(status__in=WAITING_REPORTS, amendment=None),
            ),
            models.CheckConstraint(
                name="report_closed_has_end",
                condition=Q(status__in=WAITING_REPORTS, closed_at=None, erase_after=None)
                | Q(closed_at__isnull=False, erase_after__isnull=False)
                & ~Q(status__in=WAITING_REPORTS),
            ),
            models.CheckConstraint(
                name="report_names_read_or_amendment",
                condition=Q(
                    read_id__isnull=False,
                    version__isnull=False,
                    captured_at__isnull=False,
                    camera__isnull=False,
                )
                | Q(amendment__isnull=False, read_id=None),
            ),
        ]
        indexes = [
            models.Index(fields=["reporter", "-opened_at"], name="report_newest"),
            # The vendor's queue, and what the database asks before a review opens a read.
            models.Index(
                fields=["due_at"], name="report_waiting", condition=Q(status__in=WAITING_REPORTS)
            ),
            models.Index(
                fields=["read_id"],
                name="report_waiting_read",
                condition=Q(status__in=WAITING_REPORTS),
            ),
            models.Index(
                fields=["erase_after"],
                name="report_due_erasure",
                condition=Q(erase_after__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_waiting(self) -> bool:
        """Nobody has decided it yet."""
        return self.status in WAITING_REPORTS


class CorrectionOutcome(models.TextChoices):
    """What a correction made of a version of a read."""

    CORRECTED = "corrected", "Corrected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    MERGED = "merged", "Merged with the same read"


class Correction(models.Model):
    """A version of a read that was found wrong: its values, out of the index, and by whom and why.

    Hand-written SQL, like `Read`, and seen under the same rule (QRY-2). It answered queries from
    `valid_from` to `valid_until`; of `ingest_read`, what holds now, the batch knows since when.
    """

    id = models.UUIDField(primary_key=True)
    read_id = models.UUIDField()
    version = models.PositiveSmallIntegerField()
    key_id = models.UUIDField()
    outcome = models.CharField(max_length=10, choices=CorrectionOutcome)
    merged_into = models.UUIDField(null=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    event_id = models.UUIDField()
    corrected_by = models.CharField(max_length=200)
    corrected_by_name = models.CharField(max_length=200)
    reason = models.TextField()
    plate_key = models.CharField(max_length=10)
    state = models.CharField(max_length=6)
    captured_at = models.DateTimeField()
    camera = models.ForeignKey(Camera, on_delete=models.DO_NOTHING, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.DO_NOTHING, related_name="+")
    latitude_e7 = models.IntegerField()
    longitude_e7 = models.IntegerField()
    confidence = models.FloatField(null=True)
    plate_is_derived = models.BooleanField()
    scene_sha256 = models.BinaryField()
    plate_sha256 = models.BinaryField()
    plate_text = models.CharField(max_length=40)
    make = models.CharField(max_length=60, null=True)
    model = models.CharField(max_length=60, null=True)
    color = models.CharField(max_length=40, null=True)
    county = models.IntegerField(null=True)

    class Meta:
        managed = False
        db_table = "ingest_correction"

    def __str__(self) -> str:
        return str(self.id)


class Retraction(models.Model):
    """A read that is no longer what it was, for whoever matched it; taken out with what is done.

    `is_gone`: no read of that plate and state any more. Otherwise its place may be another.
    """

    correction_id = models.UUIDField(primary_key=True)
    read_id = models.UUIDField()
    is_gone = models.BooleanField()
    latitude_e7 = models.IntegerField()
    longitude_e7 = models.IntegerField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.correction_id)


def read_id(*, plate_key: str, state: str, captured_at: datetime, camera_id: int) -> UUID:
    """The id of the read with this natural key: the same for every delivery of it (ING-4)."""
    if captured_at.tzinfo is not UTC:
        captured_at = captured_at.astimezone(UTC)
    at = captured_at.isoformat(timespec="microseconds")
    return content_uuid(f"{plate_key}\n{state}\n{at}\n{camera_id}".encode())


def delivery_key(source_id: int, key: str) -> UUID:
    """How the id that a source's software gave to a sighting is kept."""
    return content_uuid(f"{source_id}\n{key}".encode(errors="replace"))


# Version 8 of RFC 9562: the application says what the other bits mean.
_UUID_VERSION_8 = 0x8000 << 64 | 0x8000 << 48
_UUID_FREE_BITS = ~(0xF000 << 64 | 0xC000 << 48)


def content_uuid(content: bytes) -> UUID:
    """A UUID that the content alone decides."""
    bits = int.from_bytes(hashlib.sha256(content).digest()[:16])
    return UUID(int=bits & _UUID_FREE_BITS | _UUID_VERSION_8)
