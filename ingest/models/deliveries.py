"""What came in one request or file, and what is still to be done with it."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from ingest.models.sources import FeedKey, Source
from lprsvc.lib.ids import uuid7


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
