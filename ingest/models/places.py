"""Streets and addresses, and what is known of places."""

from django.db import models


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
