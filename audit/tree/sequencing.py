"""Giving committed events their place in the tree: one log at a time, each pass a transaction.

An event is queued by a trigger in the transaction that records it, so none is passed over however
transactions overlap. A pass takes the oldest from the queue, and either all it does is kept or
nothing is.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from audit import leaf
from audit.actors import system
from audit.kinds import Kind
from audit.services import record
from audit.tree import store
from audit.tree.store import Head, Leaf

BATCH = 10_000
# From when on an event without a leaf, that is not queued either, must have been taken out.
LOST_AFTER = "60 seconds"
# How far back such events are looked for: when the sequencer starts, and each minute after.
LOOKED_BACK = "35 days"
LOOKED_BACK_EACH = "1 hour"

_TAKE = """
WITH taken AS (
    DELETE FROM audit.pending p USING (
        SELECT at, id FROM audit.pending WHERE log_id = %(log)s ORDER BY at, id LIMIT %(most)s) q
     WHERE p.log_id = %(log)s AND p.at = q.at AND p.id = q.id
    RETURNING p.at, p.id)
SELECT t.id, t.at, e.kind, e.seed, e.fields
  FROM taken t LEFT JOIN audit.event e ON e.log_id = %(log)s AND e.at = t.at AND e.id = t.id
 ORDER BY t.at, t.id
"""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A queued event that can't be hashed, and why."""

    id: UUID
    why: str


def sequence(log_id: UUID, *, most: int = BATCH) -> int:
    """Give the oldest queued events of a log, `most` at most, their place; returns how many.

    None while another sequencer is at it. What can't be hashed is left out, and an
    ``audit.rejected`` event in the same log says so: one bad row must not stop it. Raises
    store.TreeBroken when what is stored contradicts itself: then nothing may be added.
    """
    with transaction.atomic(durable=True):
        if not _locked(log_id):
            return 0
        taken = _take(log_id, most)
        if not taken:
            return 0
        head = store.get_head(log_id)
        edge = store.read_edge(head)
        leaves, rejected = _leaves(taken, head.size)
        if leaves:
            tiles = edge.append(one.hash for one in leaves)
            store.add(head, leaves, tiles, edge)
        for bad in rejected:
            _reject(bad, head)
    return len(taken)


def list_waiting() -> set[UUID]:
    """The logs that have events in the queue."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT log_id FROM audit.pending")
        return {row[0] for row in cursor.fetchall()}


def requeue_lost(*, within: str = LOOKED_BACK) -> list[UUID]:
    """Queue again what has neither leaf nor place in the queue; each is told in the log. `within`:
    how old it may be, an interval.

    Returns the events' ids. Somebody has deleted from the queue: an alarm, not a routine.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit.requeue(%s, %s)", [LOST_AFTER, within])
            lost = [row[0] for row in cursor.fetchall()]
        if lost:
            record(
                actor=system("audit.sequencer"),
                kind=Kind.SYSTEM_GUARD_CHANGED,
                fields={"object": "audit.pending", "events": [str(one) for one in lost[:1000]]},
                outcome="failed",
                outcome_code="queue_emptied",
            )
            _log.critical("%d events had been taken out of the log's queue", len(lost))
    return lost


def _locked(log_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"audit.tree:{log_id}"]
        )
        has_it: bool = cursor.fetchone()[0]
    return has_it


def _take(log_id: UUID, most: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"log": log_id, "most": most})
        return list(cursor.fetchall())


def _leaves(taken: Sequence[tuple[Any, ...]], size: int) -> tuple[list[Leaf], list[Rejected]]:
    leaves: list[Leaf] = []
    rejected: list[Rejected] = []
    for event_id, at, kind, seed, fields in taken:
        try:
            body = _body(kind, seed, fields)
        except ValueError as fault:
            rejected.append(Rejected(event_id, str(fault)))
            continue
        hashed = leaf.leaf_hash(leaf.leaf_bytes(at=at, body=body, event_id=event_id, kind=kind))
        leaves.append(Leaf(size + len(leaves), event_id, at, kind, body, hashed))
    return leaves, rejected


def _body(kind: str | None, seed: bytes, written: str) -> bytes:
    if kind is None:
        raise ValueError("the event is not there")
    fields: dict[str, leaf.Value] = json.loads(written)
    leaf.check_fields(fields)
    return leaf.body_hash(bytes(seed), fields)


def _reject(bad: Rejected, head: Head) -> None:
    _log.critical("%s: event %s can't be sequenced: %s", head.origin, bad.id, bad.why)
    record(
        actor=system("audit.sequencer", log_id=head.log_id),
        kind=Kind.AUDIT_REJECTED,
        fields={"object": str(bad.id), "log": head.origin, "message": bad.why[:300]},
        outcome="failed",
        outcome_code="not_hashable",
        parent=bad.id,
    )
