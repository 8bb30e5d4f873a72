"""Matching new reads with hot plates, a batch at a time (ALT-5, ING-8)."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from alerts import rules
from alerts.models import AlertEntry, EntryStatus, Match, Notification
from alerts.services import queue
from alerts.services.facts import job_for, match_fields, owner_of
from alerts.services.retracting import retract_corrected
from audit.kinds import Kind
from audit.services import record
from ingest.selectors import list_unmatched
from ingest.services import outbox
from ingest.services.outbox import ClaimedBatch

JOB = "alerts.match_batch"

# One join for the whole batch, on the index alert_entry_active. FOR KEY SHARE: an entry that is
# being removed is waited for and then left out, instead of failing the whole batch on its key.
_MATCH = """
INSERT INTO alerts_match
       (id, entry_id, read_id, captured_at, camera_id, latitude_e7, longitude_e7, matched_at)
SELECT gen_random_uuid(), e.id, r.read_id, r.captured_at, r.camera_id, r.latitude_e7,
       r.longitude_e7, %(now)s
  FROM unnest(%(read_ids)s::uuid[], %(plate_keys)s::text[], %(states)s::text[],
              %(captured_ats)s::timestamptz[], %(camera_ids)s::bigint[],
              %(latitudes_e7)s::integer[], %(longitudes_e7)s::integer[])
       AS r (read_id, plate_key, state, captured_at, camera_id, latitude_e7, longitude_e7)
  JOIN alerts_alertentry e ON e.plate_key = r.plate_key AND e.state = r.state
 WHERE e.status = %(active)s AND e.expires_at > %(now)s
   FOR KEY SHARE OF e
    ON CONFLICT (entry_id, read_id) WHERE withdrawn_at IS NULL DO NOTHING
RETURNING id
"""


_COLUMNS = (
    "read_ids",
    "plate_keys",
    "states",
    "captured_ats",
    "camera_ids",
    "latitudes_e7",
    "longitudes_e7",
)


@dataclass(frozen=True, slots=True)
class Matched:
    """What came of a batch, and of those matched along with it."""

    batches: int
    reads: int
    matches: int


def match_batch(*, batch_id: UUID, now: datetime) -> Matched | None:
    """Match a batch's stored reads with the active entries, once; None when it was done before.

    One transaction: the batch leaves the outbox, matches and notifications are made, and each
    match is recorded in its agency's log. A second worker waits for the first, and then finds
    nothing to claim; when anything fails, the batch is still in the outbox, for the sweep. Mails
    are handed to the worker after the commit.
    """
    with transaction.atomic(durable=True):
        claim = outbox.claim_batch(batch_id)
        return _match([claim], now) if claim else None


def match_waiting(*, first: UUID, now: datetime) -> Matched | None:
    """Match `first` and every other batch that waits, as `match_batch` does, all in one go.

    When one of them can't be matched none is, and the sweep takes them one by one.
    """
    queue.matching_begins()
    with transaction.atomic(durable=True):
        _one_at_a_time()
        waiting = list_unmatched(older_than=now + rules.CLOCKS_APART, limit=rules.MATCHED_TOGETHER)
        claims = outbox.claim_batches([first, *waiting])
        matched = _match(claims, now) if claims else None
    if len(waiting) == rules.MATCHED_TOGETHER:
        queue.match_later(waiting[-1])
    return matched


def _one_at_a_time() -> None:
    """Two that claim many batches at once might each hold what the other waits for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('alerts.match_waiting', 0))")


def _match(claims: list[ClaimedBatch], now: datetime) -> Matched:
    # Before it: a batch may hold the corrected read, and the match it once was must not pass for
    # the one it is now.
    retract_corrected(now=now)
    matches = _insert_matches(claims, now)
    notifications = _insert_notifications(matches, now)
    batch_of = {read: claim.batch_id for claim in claims for read in claim.read_ids}
    for match in matches:
        record(
            actor=job_for(match.entry, JOB),
            kind=Kind.ALERT_MATCHED,
            fields=match_fields(match) | {"batch": str(batch_of[match.read_id])},
            behalf=owner_of(match.entry),
        )
    if notifications:
        transaction.on_commit(partial(queue.send_later, notifications), robust=True)
    return Matched(batches=len(claims), reads=len(batch_of), matches=len(matches))


def _insert_matches(batches: list[ClaimedBatch], now: datetime) -> list[Match]:
    def column(name: str) -> list[Any]:
        return list(chain.from_iterable(getattr(batch, name) for batch in batches))

    parameters: dict[str, Any] = {"now": now, "active": EntryStatus.ACTIVE.value}
    with connection.cursor() as cursor:
        cursor.execute(_MATCH, parameters | {name: column(name) for name in _COLUMNS})
        inserted = [row[0] for row in cursor.fetchall()]
    if not inserted:
        return []
    return list(
        Match.objects.filter(pk__in=inserted)
        .select_related(
            "entry__alert_list__owner__aor", "entry__alert_list__agency", "camera__source"
        )
        .order_by("captured_at", "pk")
    )


def recipients_of(entry: AlertEntry) -> list[UUID]:
    """Who is told of the entry's matches: in this release its owner alone (ALT-3's default)."""
    return [entry.alert_list.owner_id]


def _insert_notifications(matches: list[Match], now: datetime) -> list[UUID]:
    """One for each match and recipient; the database refuses a second."""
    rows = [
        Notification(match=match, recipient_id=recipient, due_at=now)
        for match in matches
        for recipient in recipients_of(match.entry)
    ]
    return [row.pk for row in Notification.objects.bulk_create(rows)]
