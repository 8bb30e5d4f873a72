"""Counting deliveries that got no 2xx, by hour and reason, without keeping what they held: so that
somebody can see why nothing arrives (ING-5).

Counts wait in the process for a second at most before they are written, so that a sender who
hammers with a wrong key costs one commit a second; while the database is away they wait until it
is back. A process that is killed takes those of its last second along.
"""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, connection, transaction

_FLUSH_SECONDS = 1.0
# While the database is away nothing may pile up without end.
_MAX_WAITING = 1_000
_MAX_DETAIL = 200

logger = logging.getLogger(__name__)

_UPSERT = """
INSERT INTO ingest_turnedaway (source_id, format, code, status, hour, count, last_at, detail)
SELECT * FROM unnest(%s::int8[], %s::text[], %s::text[], %s::int2[], %s::timestamptz[],
                     %s::int4[], %s::timestamptz[], %s::text[])
ON CONFLICT (source_id, hour, format, code) DO UPDATE
   SET count = ingest_turnedaway.count + excluded.count, status = excluded.status,
       last_at = greatest(ingest_turnedaway.last_at, excluded.last_at), detail = excluded.detail
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a delivery was turned away. `source_id`: where its key told; `detail`: the answer."""

    source_id: int | None
    format: str
    code: str
    status: int
    detail: str


@dataclass(slots=True)
class _Count:
    refusal: Refusal
    last_at: datetime
    count: int = 0


_Key = tuple[int | None, str, str, datetime]


class Ledger:
    """What this process has turned away and not yet written. Shared by its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[_Key, _Count] = {}
        self._flushed = 0.0

    def note(self, refusal: Refusal, *, now: datetime) -> None:
        """Count one delivery; written now, or with the next ones."""
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        key = (refusal.source_id, refusal.format, refusal.code, hour)
        with self._lock:
            if key in self._waiting or len(self._waiting) < _MAX_WAITING:
                held = self._waiting.setdefault(key, _Count(refusal, now))
                held.refusal, held.last_at, held.count = refusal, now, held.count + 1
        self.flush_due()

    def flush_due(self) -> None:
        """Write what waits, unless that was done just now."""
        if self._waiting and time.monotonic() >= self._flushed + _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what waits; what can't be written waits on."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            self._flushed = time.monotonic()
        if not waiting:
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_UPSERT, _columns(waiting))
        except DatabaseError as error:
            total = sum(held.count for held in waiting.values())
            logger.warning("%s deliveries turned away could not be counted yet: %s", total, error)
            self._take_back(waiting)

    def forget(self) -> None:
        """Drop what waits, where the database it was for is gone: between tests."""
        with self._lock:
            self._waiting.clear()
            self._flushed = 0.0

    def _take_back(self, waiting: Mapping[_Key, _Count]) -> None:
        with self._lock:
            for key, held in waiting.items():
                newer = self._waiting.setdefault(key, _Count(held.refusal, held.last_at))
                newer.count += held.count


def _columns(waiting: Mapping[_Key, _Count]) -> list[list[Any]]:
    # In the order of the key: two processes never lock each other out.
    ordered = sorted(waiting.items(), key=lambda item: (item[0][0] or 0, *item[0][1:]))
    return [
        [key[0] for key, _ in ordered],
        [key[1][:40] for key, _ in ordered],
        [key[2][:60] for key, _ in ordered],
        [held.refusal.status for _, held in ordered],
        [key[3] for key, _ in ordered],
        [held.count for _, held in ordered],
        [held.last_at for _, held in ordered],
        [held.refusal.detail[:_MAX_DETAIL].replace("\0", "\ufffd") for _, held in ordered],
    ]


LEDGER = Ledger()
