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
