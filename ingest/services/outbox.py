"""Handing stored reads on to whoever must look at each of them once (ING-8), and corrected ones to
whoever matched them (QRY-10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from uuid import UUID

from django.db import connection, transaction

from ingest.models import Retraction


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """The reads of one batch; the lists run in parallel, one element a read."""

    batch_id: UUID
    stored_at: datetime
    read_ids: list[UUID]
    plate_keys: list[str]
    states: list[str]
    captured_ats: list[datetime]
    camera_ids: list[int]
    latitudes_e7: list[int]
    longitudes_e7: list[int]


def claim_batch(batch_id: UUID) -> ClaimedBatch | None:
    """Take a batch out of the outbox, within the transaction that does with it what is due.

    None when another took it; a roll-back puts it back.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a claim belongs to its work's transaction")
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [batch_id])
        row = cursor.fetchone()
    return ClaimedBatch(*row) if row else None


def claim_batches(batch_ids: Sequence[UUID]) -> list[ClaimedBatch]:
    """Take those of the batches that are still there, oldest first.

    Not for two at once: each might hold what the other waits for. The caller sees to that.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a claim belongs to its work's transaction")
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_SEVERAL, [list(batch_ids)])
        claimed = [ClaimedBatch(*row) for row in cursor.fetchall()]
    return sorted(claimed, key=lambda batch: (batch.stored_at, batch.batch_id))


@dataclass(frozen=True, slots=True)
class ClaimedRetraction:
    """A read that is not what it was; `is_gone`: not of its plate and state any more."""

    correction_id: UUID
    read_id: UUID
    is_gone: bool
    latitude_e7: int
    longitude_e7: int


def claim_retractions() -> list[ClaimedRetraction]:
    """Take what was corrected since the last time, oldest first, within the transaction that acts
    on it; a roll-back puts it back."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a claim belongs to its work's transaction")
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_RETRACTIONS)
        claimed = cursor.fetchall()
    return [ClaimedRetraction(*row[1:]) for row in sorted(claimed, key=itemgetter(0, 1))]


def has_retractions() -> bool:
    """Whether a corrected read waits for whoever matched it."""
    return Retraction.objects.exists()


# Waits while another is at it: then either it is gone, or the other failed and it is ours.
_CLAIM = """
DELETE FROM ingest_outbox WHERE batch_id = %s
RETURNING batch_id, stored_at, read_ids, plate_keys, states, captured_ats, camera_ids,
          latitudes_e7, longitudes_e7
"""

_CLAIM_SEVERAL = """
DELETE FROM ingest_outbox WHERE batch_id = ANY(%s)
RETURNING batch_id, stored_at, read_ids, plate_keys, states, captured_ats, camera_ids,
          latitudes_e7, longitudes_e7
"""

_CLAIM_RETRACTIONS = """
DELETE FROM ingest_retraction
RETURNING created_at, correction_id, read_id, is_gone, latitude_e7, longitude_e7
"""
