"""Reads that could not be stored as they came, and work on many of them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from ingest.models.deliveries import Batch
from ingest.models.sources import Source
from lprsvc.lib.ids import uuid7


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
