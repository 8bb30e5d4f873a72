"""Reads reported as wrong, and what came of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Agency, User
from ingest.models.deliveries import Batch
from ingest.models.sources import Camera
from lprsvc.lib.ids import uuid7


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
