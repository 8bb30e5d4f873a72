"""Counting what cameras collect: rolled up from the batches' tallies, rebuilt from the reads."""

from datetime import date, datetime

from django.db import connection, transaction

from accounts.people import Person
from accounts.services.governed import record_viewed
from accounts.services.training_reports import record_download
from audit.actors import Actor
from audit.kinds import Kind
from audit.services import record
from ingest import policy
from ingest.coverage import Chosen, Found, coverage_of
from lprsvc.lib.errors import InvalidInput

# Batches in one transaction: some thousand counts.
_BATCHES = 500

_ROLL_UP = """
WITH taken AS (
    DELETE FROM ingest_tally WHERE batch_id IN (
        SELECT batch_id FROM ingest_tally ORDER BY batch_id LIMIT %s)
    RETURNING camera_ids, days, counties, counts, last_ats, is_correction
),
added AS (
    INSERT INTO ingest_coverage AS c (camera_id, day, county, collected, held, last_at)
    -- A correction is held beside its original, and was collected once.
    SELECT t.camera_id, t.day, t.county, coalesce(sum(t.n) FILTER (WHERE NOT is_correction), 0),
           sum(t.n), max(t.last_at)
      FROM taken, unnest(camera_ids, days, counties, counts, last_ats)
           AS t (camera_id, day, county, n, last_at)
     GROUP BY 1, 2, 3 ORDER BY 2, 3, 1
    ON CONFLICT (day, county, camera_id) DO UPDATE
       SET collected = c.collected + excluded.collected, held = c.held + excluded.held,
           last_at = greatest(c.last_at, excluded.last_at)
)
SELECT count(*) FROM taken
"""


def roll_up() -> int:
    """Add the tallies that wait to the counts; returns how many batches they were of.

    Each tally is added once, whatever dies: it goes in the transaction that adds it.
    """
    total = 0
    while (taken := _roll_up_some()) > 0:
        total += taken
    return total


def _roll_up_some() -> int:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        # Alone: two would wait for each other's counts, and a rebuild must see all of it or none.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ingest.coverage'))")
        cursor.execute(_ROLL_UP, [_BATCHES])
        taken: int = cursor.fetchone()[0]
    return taken


def rebuild_coverage(*, actor: Actor, since: date, until: date, now: datetime) -> int:  # noqa: ARG001
    """Count anew what is held of the days in [since, until); returns how many counts were wrong.

    For the worker's role. Raises InvalidInput.
    """
    if since >= until:
        raise InvalidInput({"until": [f"{until} is not after {since}."]})
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT ingest_rebuild_coverage(%s, %s)", [since, until])
            wrong: int = cursor.fetchone()[0]
        record(
            actor=actor,
            kind=Kind.SYSTEM_MAINTAINED,
            fields={
                "object": "ingest_coverage",
                "since": since.isoformat(),
                "until": until.isoformat(),
                "counts_mended": wrong,
            },
        )
    return wrong


def view_coverage(*, person: Person, chosen: Chosen) -> Found:
    """How much was collected where in the period (ING-7): counts, never a read; recorded first.

    Raises PolicyDenied, AuditUnavailable.
    """
    policy.check_can_view_coverage(person)
    record_viewed(person=person, subject="coverage", search=chosen.query)
    return coverage_of(chosen)


def record_coverage_file(*, person: Person, kind: str, shown: str, sha256: str) -> None:
    """Record the coverage handed out as a file (`kind`: "pdf" or "xlsx").

    Raises PolicyDenied, AuditUnavailable.
    """
    policy.check_can_view_coverage(person)
    record_download(person=person, report="coverage", kind=kind, shown=shown, sha256=sha256)
