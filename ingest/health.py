"""The SQL that notes which cameras and devices are alive, under ``lpr_ingest``; called by
`ingest.services.reads` alone.

A row that another delivery is noting at the moment is passed over: whoever holds it says the same
thing, and no delivery ever waits for another because of this.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from ingest.rules import (
    ACTIVITY_RESOLUTION,
    MAX_DEVICES_PER_HEARTBEAT,
    MAX_DEVICES_PER_SOURCE,
)
from ingest.schemas import Heartbeat

_NOTE_ACTIVITY = """
WITH given AS (
    SELECT * FROM unnest(%(cameras)s::bigint[], %(captured)s::timestamptz[])
        AS given (camera_id, captured_at)
),
free AS (
    SELECT known.camera_id FROM ingest_cameraactivity known JOIN given USING (camera_id)
     WHERE known.last_received_at <= %(before)s
       FOR UPDATE OF known SKIP LOCKED
)
UPDATE ingest_cameraactivity known
   SET last_received_at = %(now)s,
       last_captured_at = greatest(known.last_captured_at, given.captured_at)
  FROM given JOIN free USING (camera_id)
 WHERE known.camera_id = given.camera_id
"""
_MISSING_ACTIVITY = """
INSERT INTO ingest_cameraactivity (camera_id, last_received_at, last_captured_at)
SELECT camera_id, %(now)s, captured_at
  FROM unnest(%(cameras)s::bigint[], %(captured)s::timestamptz[])
    AS given (camera_id, captured_at)
 WHERE NOT EXISTS (SELECT FROM ingest_cameraactivity known
                    WHERE known.camera_id = given.camera_id)
ON CONFLICT DO NOTHING
"""

_UPDATE_DEVICE = """
WITH free AS (
    SELECT id FROM ingest_device
     WHERE source_id = %(source)s AND kind = %(kind)s AND name = %(name)s
       FOR UPDATE SKIP LOCKED
)
UPDATE ingest_device device
   SET names = %(names)s, agent = %(agent)s, last_heartbeat_at = %(now)s,
       reported_at = %(reported_at)s, software = %(software)s, fps = %(fps)s,
       is_streaming = %(is_streaming)s, facts = %(facts)s
  FROM free WHERE device.id = free.id
"""
_INSERT_DEVICE = """
INSERT INTO ingest_device (source_id, kind, name, names, agent, first_heartbeat_at,
                           last_heartbeat_at, reported_at, software, fps, is_streaming, facts)
SELECT %(source)s, %(kind)s, %(name)s, %(names)s, %(agent)s, %(now)s, %(now)s, %(reported_at)s,
       %(software)s, %(fps)s, %(is_streaming)s, %(facts)s
 WHERE NOT EXISTS (SELECT FROM ingest_device
                    WHERE source_id = %(source)s AND kind = %(kind)s AND name = %(name)s)
   AND (SELECT count(*) FROM ingest_device WHERE source_id = %(source)s) < %(limit)s
ON CONFLICT DO NOTHING
"""


def note_activity(latest: Mapping[int, datetime], *, now: datetime) -> None:
    """Note that reads of these cameras came: camera's id → its latest capture among them."""
    cameras = sorted(latest)
    values: dict[str, Any] = {
        "cameras": cameras,
        "captured": [latest[camera] for camera in cameras],
        "before": now - ACTIVITY_RESOLUTION,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_ACTIVITY, values)
        if cursor.rowcount < len(cameras):
            cursor.execute(_MISSING_ACTIVITY, values)


def note_heartbeats(heartbeats: Sequence[Heartbeat], *, source_id: int, now: datetime) -> None:
    """Note what devices of a source say of themselves; the last of each counts.

    Devices over the limits of `ingest.rules` are passed over: names are the sender's to choose.
    """
    last = {(beat.kind.value, beat.names[0]): beat for beat in heartbeats if beat.names}
    with connection.cursor() as cursor:
        for kind, name in sorted(last)[:MAX_DEVICES_PER_HEARTBEAT]:
            beat = last[kind, name]
            values: dict[str, Any] = {
                "source": source_id,
                "kind": kind,
                "name": name,
                "names": list(beat.names),
                "agent": beat.agent,
                "now": now,
                "reported_at": beat.reported_at,
                "software": beat.software,
                "fps": beat.fps,
                "is_streaming": beat.is_streaming,
                "facts": Jsonb(dict(beat.facts)),
                "limit": MAX_DEVICES_PER_SOURCE,
            }
            cursor.execute(_UPDATE_DEVICE, values)
            if not cursor.rowcount:
                cursor.execute(_INSERT_DEVICE, values)
