"""The log's tables, in a database schema of their own.

`Event` is made by hand-written SQL (partitions, triggers, generated columns; and beside it the
sequencer's queue): see ``migrations/sql``. It is never written through the ORM.
"""

from django.db import models


class Log(models.Model):
    """One RFC 6962 tree: one per agency, and the vendor's own. ``origin`` is its public name."""

    id = models.UUIDField(primary_key=True)
    origin = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = 'audit"."log'

    def __str__(self) -> str:
        return self.origin


class Event(models.Model):
    """What someone did. Append-only: the database refuses anything else to every role.

    ``at`` and ``txid`` are set by the database; the columns after ``fields`` are generated from
    it, so what is searched and what is hashed can't differ.
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    log = models.ForeignKey(Log, on_delete=models.DO_NOTHING, related_name="+")
    kind = models.CharField(max_length=60)
    seed = models.BinaryField()
    fields = models.JSONField()
    actor = models.CharField(max_length=200)
    behalf = models.CharField(max_length=200, null=True)
    aor = models.CharField(max_length=60, null=True)
    plate = models.CharField(max_length=10, null=True)
    state = models.CharField(max_length=6, null=True)
    reason = models.CharField(max_length=60, null=True)
    outcome = models.CharField(max_length=10)
    parent = models.CharField(max_length=36, null=True)

    class Meta:
        managed = False
        db_table = 'audit"."event'

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class ExportState(models.TextChoices):
    """How far an export has come."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Being made"
    DONE = "done", "Ready"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Canceled"


class LogExport(models.Model):
    """What somebody found in the log and ordered as a file (AUD-6); erased when its time is over.

    ``actor``, ``wanted`` and ``sought`` are what is needed to make it without the person: who they
    were, the filter, and the filter in words.
    """

    id = models.UUIDField(primary_key=True)
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+")
    owner = models.CharField(max_length=200)
    actor = models.JSONField()
    wanted = models.JSONField()
    sought = models.TextField()
    form = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.WAITING)
    ordered_at = models.DateTimeField()
    event = models.UUIDField()
    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    finished_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=300, blank=True)
    count = models.PositiveIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(null=True)
    erase_after = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["owner", "-ordered_at"], name="log_export_of_owner")]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_open(self) -> bool:
        """Whether a worker is or will be at it."""
        return self.state in {ExportState.WAITING, ExportState.RUNNING}

    @property
    def is_ready(self) -> bool:
        """Whether there is a file."""
        return self.state == ExportState.DONE


class LogExportPart(models.Model):
    """A megabyte of a finished export's file."""

    export = models.ForeignKey(LogExport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="log_export_part_once")
        ]

    def __str__(self) -> str:
        return f"{self.export_id} {self.number}"
