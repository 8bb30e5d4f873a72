"""Adding up deliveries by source and hour, so that a feed's page need not (ING-1)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from audit.actors import system
from audit.kinds import Kind
from audit.services import record
from ingest.models import FeedHour, FeedsCounted, TurnedAway
from ingest.rules import FEED_HOURS_KEPT, TURNED_AWAY_KEPT

# A delivery that takes longer from its batch's id to its commit is missing in these sums.
_LAG = timedelta(minutes=2)
# Batches are added up a day of them at a time.
_STEP = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ADD = """
INSERT INTO ingest_feedhour (source_id, hour, deliveries, stored, duplicate, quarantined, refused,
                             delivered_at, stored_at)
SELECT source_id, date_trunc('hour', received_at, 'UTC'), count(*), sum(stored), sum(duplicate),
       sum(quarantined), sum(refused), max(received_at),
       max(received_at) FILTER (WHERE stored > 0)
  FROM ingest_batch WHERE id >= %s AND id < %s
 GROUP BY 1, 2
ON CONFLICT (source_id, hour) DO UPDATE
   SET deliveries = ingest_feedhour.deliveries + excluded.deliveries,
       stored = ingest_feedhour.stored + excluded.stored,
       duplicate = ingest_feedhour.duplicate + excluded.duplicate,
       quarantined = ingest_feedhour.quarantined + excluded.quarantined,
       refused = ingest_feedhour.refused + excluded.refused,
       delivered_at = greatest(ingest_feedhour.delivered_at, excluded.delivered_at),
       stored_at = greatest(ingest_feedhour.stored_at, excluded.stored_at)
"""


def count_feeds(*, now: datetime) -> UUID:
    """Add up what was delivered since the last time; returns up to which batch.

    Safe to run twice, also at once: each batch is added up once.
    """
    end = first_id(now - _LAG)
    with transaction.atomic(durable=True):
        counted, _ = FeedsCounted.objects.select_for_update().get_or_create(
            pk=1, defaults={"batch_id": UUID(int=0)}
        )
        start = counted.batch_id
        while start < end:
            step = min(end, first_id(max(_time_of(start), _oldest(start)) + _STEP))
            with connection.cursor() as cursor:
                cursor.execute(_ADD, [start, step])
            start = step
        counted.batch_id = start
        counted.save(update_fields=["batch_id"])
    return start


def forget_feed_hours(*, now: datetime) -> int:
    """Remove sums and refusals that nobody asks for any more; returns how many.

    The newest hour of each source stays: it tells when its last delivery was.
    """
    with transaction.atomic(durable=True):
        hours = FeedHour.objects.filter(hour__lt=now - FEED_HOURS_KEPT)
        newest = FeedHour.objects.order_by("source_id", "-hour").distinct("source_id")
        removed, _ = hours.exclude(pk__in=newest.values("pk")).delete()
        turned_away, _ = TurnedAway.objects.filter(hour__lt=now - TURNED_AWAY_KEPT).delete()
        if removed or turned_away:
            record(
                actor=system("ingest.forget_feed_hours"),
                kind=Kind.SYSTEM_MAINTAINED,
                fields={
                    "job": "ingest.forget_feed_hours",
                    "object": "ingest_feedhour",
                    "erased": removed + turned_away,
                },
            )
    return removed + turned_away


def first_id(at: datetime) -> UUID:
    """The least id that a batch of this instant or later can have: ids begin with their time."""
    return UUID(int=((at - _EPOCH) // timedelta(milliseconds=1)) << 80)


def _time_of(batch_id: UUID) -> datetime:
    return _EPOCH + timedelta(milliseconds=batch_id.int >> 80)


def _oldest(start: UUID) -> datetime:
    """When the first batch from `start` on was made, so that empty years are no steps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM ingest_batch WHERE id >= %s ORDER BY id LIMIT 1", [start])
        row = cursor.fetchone()
    return _time_of(row[0]) if row else datetime.max.replace(tzinfo=UTC) - 2 * _STEP
