"""The SQL that stores a delivery, under ``lpr_ingest``; called by `ingest.services.reads` alone.

Rows always go in the order of their key, so that two deliveries of the same reads wait for each
other instead of locking each other out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.errors import CheckViolation
from psycopg.types.json import Jsonb

from ingest.cells import cell_of
from ingest.checking import Row
from ingest.holding import Held
from ingest.naming import Named, Names
from ingest.photographs import Picture

# From this many rows on a staged COPY is quicker than arrays: 1.3 times at 200 rows.
COPY_FROM = 20

# Column → SQL type, in the order of `_values`.
_COLUMNS = {
    "plate_key": "text",
    "state": "text",
    "captured_at": "timestamptz",
    "camera_id": "int8",
    "id": "uuid",
    "latitude_e7": "int4",
    "longitude_e7": "int4",
    "confidence": "float4",
    "plate_is_derived": "bool",
    "scene_sha256": "bytea",
    "plate_sha256": "bytea",
    "plate_text": "text",
    "make": "text",
    "model": "text",
    "color": "text",
    "county": "int4",
    "version": "int2",
}
_NAMES = ", ".join(_COLUMNS)
_TYPES = list(_COLUMNS.values())

_CREATE_STAGING = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS ingest_staging ("
    + ", ".join(f"{name} {type_}" for name, type_ in _COLUMNS.items())
    + ") ON COMMIT DELETE ROWS"
)
_COPY = f"COPY pg_temp.ingest_staging ({_NAMES}) FROM STDIN (FORMAT BINARY)"
_ARRAYS = (
    "unnest("
    + ", ".join(f"%({name})s::{type_}[]" for name, type_ in _COLUMNS.items())
    + f") AS given ({_NAMES})"
)

# One statement: what is new goes in, stands in the outbox and is counted; the ids of the rest come
# back. What was corrected since is not new, whatever its camera sends again: it is known by its
# first id.
_INSERT = """
WITH given AS (SELECT {names} FROM {given}),
fresh AS (
    INSERT INTO ingest_read ({names}, batch_id)
    SELECT {names}, %(batch)s FROM given
     WHERE version > 1
        OR NOT EXISTS (SELECT FROM ingest_correction old WHERE old.key_id = given.id)
    ON CONFLICT DO NOTHING
    RETURNING id, plate_key, state, captured_at, camera_id, latitude_e7, longitude_e7, county,
              version
),
outbox AS (
    INSERT INTO ingest_outbox (batch_id, stored_at, read_ids, plate_keys, states, captured_ats,
                               camera_ids, latitudes_e7, longitudes_e7)
    SELECT %(batch)s, %(now)s, array_agg(id), array_agg(plate_key), array_agg(state),
           array_agg(captured_at), array_agg(camera_id), array_agg(latitude_e7),
           array_agg(longitude_e7)
      FROM fresh WHERE %(to_match)s HAVING count(*) > 0
),
tally AS (
    INSERT INTO ingest_tally (batch_id, camera_ids, days, counties, counts, last_ats, is_correction)
    SELECT %(batch)s, array_agg(camera_id), array_agg(day), array_agg(county), array_agg(n),
           array_agg(last_at), bool_and(is_correction)
      FROM (SELECT camera_id, (captured_at AT TIME ZONE 'UTC')::date AS day, county, count(*) AS n,
                   max(captured_at) AS last_at, bool_and(version > 1) AS is_correction
              FROM fresh GROUP BY 1, 2, 3) counted HAVING count(*) > 0
)
SELECT id FROM given WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh.id = given.id)
"""
_INSERT_STAGED = sql.SQL(_INSERT.format(given="pg_temp.ingest_staging", names=_NAMES))
_INSERT_ARRAYS = sql.SQL(_INSERT.format(given=_ARRAYS, names=_NAMES))

_INSERT_BATCH = """
INSERT INTO ingest_batch (id, source_id, feed_key_id, format, received_at,
                          stored, duplicate, quarantined, refused, exceptions, note)
SELECT %(batch)s, source.id, %(feed_key)s, %(format)s, %(now)s, 0, 0, 0, 0, '[]', %(note)s
  FROM ingest_source source
 WHERE source.id = %(source)s AND (%(even_paused)s OR NOT source.is_paused)
   AND NOT EXISTS (SELECT FROM ingest_feedkey
                    WHERE id = %(feed_key)s AND revoked_at IS NOT NULL)
RETURNING set_config('ingest.batch', id::text, true)
"""
_UPDATE_BATCH = """
UPDATE ingest_batch SET stored = %s, duplicate = %s, quarantined = %s, refused = %s, exceptions = %s
 WHERE id = %s
"""
# A picture that another delivery stored meanwhile has several names from now on. One whose file is
# just being removed is named, and kept out of the removal.
_INSERT_PHOTOGRAPHS = """
WITH revived AS (
    DELETE FROM ingest_erasedphotograph WHERE sha256 = ANY(%(sha256s)s::bytea[]) RETURNING sha256
),
stored AS (
    INSERT INTO ingest_photograph AS p (sha256, content_type, width, height, size, source_id,
                                        stored_at, is_shared, read_from, read_until)
    SELECT sha256, content_type, width, height, size, %(source)s, %(now)s, is_shared, since, until
      FROM unnest(%(sha256s)s::bytea[], %(types)s::text[], %(widths)s::int4[], %(heights)s::int4[],
                  %(sizes)s::int4[], %(shared)s::bool[], %(since)s::timestamptz[],
                  %(until)s::timestamptz[])
           AS given (sha256, content_type, width, height, size, is_shared, since, until)
    ON CONFLICT (sha256) DO UPDATE SET is_shared = true,
       read_from = least(p.read_from, excluded.read_from),
       read_until = greatest(p.read_until, excluded.read_until)
)
SELECT sha256 FROM revived
"""
# Held until the commit, so that nobody finds them unnamed and removes them; by many at once.
_HOLD_PHOTOGRAPHS = """
SELECT sha256, is_shared, read_from, read_until FROM ingest_photograph
 WHERE sha256 = ANY(%s::bytea[]) ORDER BY sha256 FOR KEY SHARE
"""
# By an hour more than is needed: else each of a run of reads of one picture would write.
_WIDEN_PHOTOGRAPHS = """
UPDATE ingest_photograph p
   SET is_shared = true,
       read_from = CASE WHEN given.since < p.read_from THEN given.since - interval '1 hour'
                        ELSE coalesce(p.read_from, given.since) END,
       read_until = CASE WHEN given.until > p.read_until THEN given.until + interval '1 hour'
                         ELSE coalesce(p.read_until, given.until) END
  FROM unnest(%s::bytea[], %s::timestamptz[], %s::timestamptz[]) AS given (sha256, since, until)
 WHERE p.sha256 = given.sha256
"""
_INSERT_QUARANTINE = """
INSERT INTO ingest_quarantinedread (id, batch_id, source_id, index, reason, detail, camera, read,
                                    payload, photographs, quarantined_at)
SELECT id, %s, %s, index, reason, detail, camera, read, payload,
       -- Arrays of different lengths make no array: the hashes come as one text.
       ARRAY(SELECT substr(hashes, 32 * n - 31, 32) FROM generate_series(1, length(hashes) / 32) n),
       %s
  FROM unnest(%s::uuid[], %s::int4[], %s::text[], %s::text[], %s::text[], %s::jsonb[],
              %s::jsonb[], %s::bytea[])
       AS given (id, index, reason, detail, camera, read, payload, hashes)
ON CONFLICT DO NOTHING
"""
_QUEUE_PLACES = """
INSERT INTO ingest_placequeue (cell, queued_at, due_at, attempts)
SELECT given.cell, %(now)s, %(now)s, 0 FROM unnest(%(cells)s::int8[]) AS given (cell)
 WHERE NOT EXISTS (SELECT FROM ingest_place known WHERE known.cell = given.cell)
ON CONFLICT DO NOTHING
"""


_INSERT_KEYS = """
INSERT INTO ingest_deliverykey (key, read_id, seen_at)
SELECT key, read_id, %s FROM unnest(%s::uuid[], %s::uuid[]) AS given (key, read_id)
ON CONFLICT (key) DO NOTHING
"""
_OTHER_READS = """
SELECT count(*) FROM ingest_deliverykey kept
  JOIN unnest(%s::uuid[], %s::uuid[]) AS given (key, read_id) USING (key)
 WHERE kept.read_id <> given.read_id
"""


class NoPartition(Exception):
    """A read's month has no partition yet."""


class KeyTaken(Exception):
    """The vendor's id of a read stands for another read since we looked."""


class PhotographGone(Exception):
    """A photograph that a read names by its hash was erased since we looked."""


class NotLawful(Exception):
    """A jurisdiction's rule, as it is now, lets a read not be kept."""


@contextmanager
def _cursor() -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """The driver's own cursor on Django's connection: arrays and COPY in binary form.

    Its errors become Django's; a missing partition becomes NoPartition, and NotLawful is what the
    database's own look at the jurisdictions' rules comes to.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        try:
            with psycopg.Cursor(connection.connection) as cursor:
                yield cursor
        except CheckViolation as error:
            # A violated CHECK constraint has a name, a missing partition has none.
            if error.diag.table_name == "ingest_read" and error.diag.constraint_name is None:
                raise NoPartition from error
            if error.diag.constraint_name == "read_is_lawful":
                raise NotLawful from error
            raise


def insert_batch(
    *,
    batch: UUID,
    source_id: int,
    feed_key_id: int | None,
    format_name: str,
    now: datetime,
    note: str = "",
    even_paused: bool = False,
) -> bool:
    """Write the batch row and open the batch; False when its source or key may not deliver."""
    values = {
        "batch": batch,
        "source": source_id,
        "feed_key": feed_key_id,
        "format": format_name,
        "note": note,
        "now": now,
        "even_paused": even_paused,
    }
    with _cursor() as cursor:
        return cursor.execute(_INSERT_BATCH, values).fetchone() is not None


def insert_photographs(
    pictures: Sequence[Picture], names: Names, *, source_id: int, now: datetime
) -> set[bytes]:
    """Write the rows of new photographs; returns those whose file was being removed, and must be
    written again before the commit."""
    ordered = sorted(pictures, key=lambda picture: picture.sha256)
    named = [names[picture.sha256] for picture in ordered]
    values = {
        "sha256s": [picture.sha256 for picture in ordered],
        "types": [picture.content_type for picture in ordered],
        "widths": [picture.width for picture in ordered],
        "heights": [picture.height for picture in ordered],
        "sizes": [len(picture.data) for picture in ordered],
        "shared": [one.times > 1 for one in named],
        "since": [one.read_from for one in named],
        "until": [one.read_until for one in named],
        "source": source_id,
        "now": now,
    }
    with _cursor() as cursor:
        cursor.execute(_INSERT_PHOTOGRAPHS, values)
        return {bytes(sha256) for (sha256,) in cursor.fetchall()}


def name_photographs(names: Names) -> None:
    """Note on known photographs that more rows name them. Raises PhotographGone."""
    if not names:
        return
    with _cursor() as cursor:
        found = cursor.execute(_HOLD_PHOTOGRAPHS, [list(names)]).fetchall()
        if len(found) < len(names):
            raise PhotographGone
        wider = [
            sha256
            for sha256, is_shared, since, until in found
            if not is_shared or not _is_within(names[bytes(sha256)], since, until)
        ]
        if wider:
            named = [names[bytes(sha256)] for sha256 in wider]
            since, until = [one.read_from for one in named], [one.read_until for one in named]
            cursor.execute(_WIDEN_PHOTOGRAPHS, [wider, since, until])


def _is_within(named: Named, since: datetime | None, until: datetime | None) -> bool:
    if named.read_from is None or named.read_until is None:
        return True
    return (
        since is not None
        and until is not None
        and (since <= named.read_from and named.read_until <= until)
    )


def insert_reads(
    rows: Sequence[Row], *, batch: UUID, now: datetime, to_match: bool = True
) -> set[UUID]:
    """Store the rows that are new, with their outbox entry; returns the ids that were there.

    `to_match` False: without it, for they were matched, or wait for it, as they came. No two
    rows may have the same id. Raises NoPartition (see `make_partitions`) and NotLawful.
    """
    ordered = sorted(rows, key=lambda row: (row.plate_key, row.state, row.captured_at, row.id))
    with _cursor() as cursor:
        if len(ordered) < COPY_FROM:
            columns = zip(*map(_values, ordered), strict=True)
            arrays = {name: list(column) for name, column in zip(_COLUMNS, columns, strict=True)}
            cursor.execute(
                _INSERT_ARRAYS, {**arrays, "batch": batch, "now": now, "to_match": to_match}
            )
        else:
            cursor.execute(_CREATE_STAGING)
            with cursor.copy(_COPY) as copy:
                copy.set_types(_TYPES)
                for row in ordered:
                    copy.write_row(_values(row))
            cursor.execute(_INSERT_STAGED, {"batch": batch, "now": now, "to_match": to_match})
        return {id_ for (id_,) in cursor.fetchall()}


def queue_places(rows: Iterable[Row], *, now: datetime) -> int:
    """Queue the cells of these reads that nothing is known of; returns how many were new."""
    places = {(row.latitude_e7, row.longitude_e7) for row in rows}
    cells = sorted({cell_of(*place) for place in places})
    with _cursor() as cursor:
        cursor.execute(_QUEUE_PLACES, {"cells": cells, "now": now})
        return cursor.rowcount


def insert_keys(keys: Mapping[UUID, UUID], *, now: datetime) -> None:
    """Write the vendor's ids of reads (key → read). Raises KeyTaken."""
    ordered = sorted(keys)
    reads = [keys[key] for key in ordered]
    with _cursor() as cursor:
        cursor.execute(_INSERT_KEYS, [now, ordered, reads])
        if cursor.rowcount < len(ordered):
            cursor.execute(_OTHER_READS, [ordered, reads])
            (others,) = cursor.fetchone() or (0,)
            if others:
                raise KeyTaken


def insert_quarantine(held: Sequence[Held], *, batch: UUID, source_id: int, now: datetime) -> None:
    """Write quarantine entries; a known id stays as it is."""
    ordered = sorted(held, key=lambda one: one.id)
    values = [
        batch,
        source_id,
        now,
        [one.id for one in ordered],
        [one.index for one in ordered],
        [one.fault.reason for one in ordered],
        [one.fault.detail for one in ordered],
        [one.camera for one in ordered],
        [Jsonb(one.read) for one in ordered],
        [Jsonb(one.payload) for one in ordered],
        [b"".join(one.photographs) for one in ordered],
    ]
    with _cursor() as cursor:
        cursor.execute(_INSERT_QUARANTINE, values)


def update_batch(
    batch: UUID,
    *,
    stored: int,
    duplicate: int,
    quarantined: int,
    refused: int,
    exceptions: list[dict[str, Any]],
) -> None:
    """Write what became of the batch's reads."""
    values = [stored, duplicate, quarantined, refused, Jsonb(exceptions), batch]
    with _cursor() as cursor:
        cursor.execute(_UPDATE_BATCH, values)


def supersede_read(correction: UUID, *, moment: datetime) -> tuple[str, UUID | None]:
    """Take the read that this transaction's `read.corrected` event names out of the index.

    Not under ``lpr_ingest``. Returns what came of it (`models.CorrectionOutcome`), and the read it
    was merged with. Whatever waits for the table of reads waits for the end of the transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM ingest_supersede_read(%s, %s)", [correction, moment])
        outcome, merged_into = cursor.fetchone()
    return outcome, merged_into


def make_partitions(moments: Iterable[datetime]) -> int:
    """Make the months' partitions of these captures; returns how many were missing."""
    return make_months({moment.astimezone(UTC).date().replace(day=1) for moment in moments})


def make_months(months: Iterable[date], *, count: int = 1) -> int:
    """Make `count` months' partitions from each of `months` on; returns how many were missing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(ingest_make_partitions(month, %s)), 0)"
            " FROM unnest(%s::date[]) AS month",
            [count, sorted(months)],
        )
        made: int = cursor.fetchone()[0]
    return made


def _values(row: Row) -> tuple[Any, ...]:
    return (
        row.plate_key,
        row.state,
        row.captured_at,
        row.camera_id,
        row.id,
        row.latitude_e7,
        row.longitude_e7,
        row.confidence,
        row.plate_is_derived,
        row.scene_sha256,
        row.plate_sha256,
        row.plate_text,
        row.make,
        row.model,
        row.color,
        row.county,
        row.version,
    )
