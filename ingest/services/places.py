"""Looking up the nearest address and intersection of the cells in which something was read (ING-3).

A cell is queued in the transaction that stores its first read, and leaves the queue in the one that
writes what was found: nothing is lost or done twice, whoever dies. What fails waits for the sweep.
Only ``lpr_places`` writes here, and sees cells: no read, no plate, no time.
"""

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from audit.actors import system
from audit.kinds import Kind
from audit.services import record
from ingest.cells import COLUMN_MASK, cell_at, cell_of, centre_of, ground_scale
from ingest.driver import driver_cursor
from ingest.geodata.staging import ROLE
from ingest.models import GeoDataset, QueuedPlace
from ingest.nearest import find_nearest
from ingest.rules import INTERSECTION_REACH_METRES, PLACES_PER_STATEMENT
from ingest.selectors import Place, places_for
from ingest.services import geodata, placing_queue
from lprsvc.lib.alone import only_one
from lprsvc.lib.dbrole import acting_as

logger = logging.getLogger(__name__)

# A task or sweep ends after so long, well before its time limit; the next goes on.
FILL_SECONDS = 20.0
REFRESH_SECONDS = 8.0
# The web servers' clocks may be ahead of the worker's by this much.
_CLOCKS_APART = timedelta(seconds=5)
# Until a cell that could not be looked up is tried again, doubled each time.
_FIRST_DELAY = timedelta(seconds=30)
_LONGEST_DELAY = timedelta(hours=6)

# Locked and not yet removed, so that a delivery of the same cell need not wait for us. Cells that
# failed before are tried one by one: they must not take others with them.
_CLAIM = """
SELECT cell FROM ingest_placequeue
 WHERE due_at <= %s AND (attempts > 0) = %s
 ORDER BY due_at, cell LIMIT %s FOR UPDATE SKIP LOCKED
"""
_ASK = """
INSERT INTO ingest_placequeue (cell, queued_at, due_at, attempts)
SELECT cell, now(), now(), 0 FROM unnest(%s::int8[]) AS cell
ON CONFLICT DO NOTHING
"""
_PUT = """
INSERT INTO ingest_place (cell, address, address_method, address_distance_m, address_dataset,
                          intersection, intersection_distance_m, intersection_dataset, resolved_at)
SELECT found.*, %(now)s
  FROM unnest(%(cells)s::int8[], %(address)s::text[], %(address_method)s::text[],
              %(address_distance_m)s::float8[], %(address_dataset)s::text[],
              %(intersection)s::text[], %(intersection_distance_m)s::float8[],
              %(intersection_dataset)s::text[]) AS found
ON CONFLICT (cell) DO UPDATE SET
    address = excluded.address, address_method = excluded.address_method,
    address_distance_m = excluded.address_distance_m, address_dataset = excluded.address_dataset,
    intersection = excluded.intersection,
    intersection_distance_m = excluded.intersection_distance_m,
    intersection_dataset = excluded.intersection_dataset, resolved_at = excluded.resolved_at
"""
_COUNT = """
SELECT count(*) FROM ingest_place
 WHERE cell BETWEEN %(low)s AND %(high)s AND cell & %(mask)s BETWEEN %(west)s AND %(east)s
"""
_NEXT = """
SELECT cell FROM ingest_place
 WHERE cell > %(after)s AND cell <= %(high)s AND cell & %(mask)s BETWEEN %(west)s AND %(east)s
 ORDER BY cell LIMIT %(limit)s
"""
_REFRESH_FIELDS = ("refresh_cursor", "refresh_total", "refresh_done", "refreshed_at")
_TAKE_OUT = "DELETE FROM ingest_placequeue WHERE cell = ANY(%s::int8[])"
_FIELDS = (
    "address",
    "address_method",
    "address_distance_m",
    "address_dataset",
    "intersection",
    "intersection_distance_m",
    "intersection_dataset",
)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did."""

    filled: int = 0
    refreshed: int = 0
    discarded: int = 0


def fill_waiting(*, now: datetime) -> int:
    """Look up every cell that waits; returns how many. Several may do so at once.

    What fails is put off; raises the database's own errors when nothing can be done at all.
    """
    placing_queue.filling_begins()
    deadline = time.monotonic() + FILL_SECONDS
    filled = 0
    for failed_before, limit in ((False, PLACES_PER_STATEMENT), (True, 1)):
        while time.monotonic() < deadline:
            claimed = _fill_some(now, failed_before=failed_before, limit=limit)
            if not claimed:
                break
            filled += claimed
    return filled


def known_places(points: Collection[tuple[int, int]]) -> dict[tuple[int, int], Place]:
    """What `places_for` gives; what is missing is queued, so that it is known the next time.

    Within the caller's transaction. A read's place is queued with it, so only one whose look-up
    was lost is missing for long.
    """
    known = places_for(points)
    if missing := [cell_of(*point) for point in points if point not in known]:
        with acting_as(ROLE), connection.cursor() as cursor:
            cursor.execute(_ASK, [sorted(set(missing))])
        transaction.on_commit(placing_queue.fill_later, robust=True)
    return known


def place_now(point: tuple[int, int], *, now: datetime) -> Place | None:
    """What is known of one place (1e-7 degrees), looked up at once where nothing is yet.

    For a mail that should say where. None where it can't be had: the mail must not wait for it.
    """
    try:
        if not (known := places_for([point])):
            _fill_cell(cell_of(*point), now)
            known = places_for([point])
    except Exception:
        logger.exception("a place could not be looked up; the sweep will")
        return None
    return known.get(point)


def sweep(*, now: datetime) -> Swept | None:
    """Fill what was missed, go on with a refresh, clear up; None while another sweeps."""
    with only_one("ingest.places.sweep") as alone:
        if not alone:
            return None
        return Swept(
            filled=fill_waiting(now=now),
            refreshed=refresh(now=now),
            discarded=_clear_up(now),
        )


def refresh(*, now: datetime, seconds: float = REFRESH_SECONDS) -> int:
    """Look up anew the places that a changed data set covers, for some seconds; returns how many.

    Goes on where it stopped, whatever happened: the cursor moves with what was written. Not for
    two at once (`sweep`).
    """
    deadline = time.monotonic() + seconds
    refreshed = 0
    changed = GeoDataset.objects.filter(refreshed_at=None, activated_at__isnull=False)
    for dataset in changed.select_related("replaces").order_by("activated_at", "id"):
        while time.monotonic() < deadline and dataset.refreshed_at is None:
            refreshed += _refresh_some(dataset, now)
    return refreshed


def _fill_some(now: datetime, *, failed_before: bool, limit: int) -> int:
    """Take some cells from the queue and write what is found; returns how many were taken."""
    cells: list[int] = []
    try:
        with transaction.atomic(durable=True), acting_as(ROLE):
            with connection.cursor() as cursor:
                cursor.execute(_CLAIM, [now + _CLOCKS_APART, failed_before, limit])
                cells = sorted(cell for (cell,) in cursor.fetchall())
            _write(cells, now)
            with driver_cursor() as cursor:
                cursor.execute(_TAKE_OUT, [cells])
    except Exception:
        if not cells:
            raise
        logger.exception("%s places could not be looked up", len(cells))
        _postpone(cells, now)
    return len(cells)


def _postpone(cells: Sequence[int], now: datetime) -> None:
    with transaction.atomic(durable=True), acting_as(ROLE):
        for queued in QueuedPlace.objects.select_for_update().filter(cell__in=cells):
            queued.due_at = now + min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(queued.attempts, 20))
            queued.attempts = min(queued.attempts + 1, 1_000)
            queued.save(update_fields=["due_at", "attempts"])


def _fill_cell(cell: int, now: datetime) -> None:
    with transaction.atomic(durable=True), acting_as(ROLE):
        # The queue first, as everybody: two who want both never wait for each other.
        QueuedPlace.objects.filter(cell=cell).delete()
        _write([cell], now)


def _refresh_some(dataset: GeoDataset, now: datetime) -> int:
    """Look up the next places in the data set's area; the last part notes that it is done."""
    area = _area(dataset)
    with transaction.atomic(durable=True):
        with acting_as(ROLE), connection.cursor() as cursor:
            if dataset.refresh_cursor is None:
                cursor.execute(_COUNT, area)
                dataset.refresh_total = cursor.fetchone()[0]
            after = area["low"] - 1 if dataset.refresh_cursor is None else dataset.refresh_cursor
            cursor.execute(_NEXT, {**area, "after": after, "limit": PLACES_PER_STATEMENT})
            cells = [cell for (cell,) in cursor.fetchall()]
            _write(cells, now)
            dataset.refresh_cursor = cells[-1] if cells else area["high"]
            dataset.refresh_done += len(cells)
            if len(cells) < PLACES_PER_STATEMENT:
                dataset.refreshed_at = now
            dataset.save(update_fields=_REFRESH_FIELDS)
        if dataset.refreshed_at:
            _record_refreshed(dataset)
    return len(cells)


def _record_refreshed(dataset: GeoDataset) -> None:
    record(
        actor=system("ingest.sweep_places"),
        kind=Kind.SYSTEM_MAINTAINED,
        fields={
            "object": f"geodataset:{dataset.pk}",
            "job": "ingest.sweep_places",
            "dataset": dataset.label,
            "places_refreshed": dataset.refresh_done,
        },
    )


def _area(dataset: GeoDataset) -> dict[str, int]:
    """The cells that a data set, or the one it replaced, has a say in."""
    sets = [one for one in (dataset, dataset.replaces) if one is not None]
    boxes = [one.box for one in sets if one.box is not None]
    west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
    # Mercator metres grow with the distance from the equator.
    reach = INTERSECTION_REACH_METRES / ground_scale(max(abs(south), abs(north)))
    low, high = cell_at(west - reach, south - reach), cell_at(east + reach, north + reach)
    return {
        "low": low,
        "high": high,
        "mask": COLUMN_MASK,
        "west": low & COLUMN_MASK,
        "east": high & COLUMN_MASK,
    }


def _clear_up(now: datetime) -> int:
    """Remove what loads that died have left, and what is out of use."""
    with only_one(geodata.LOADING) as alone:
        discarded = geodata.discard_leftovers(now=now) if alone else 0
    return discarded + geodata.drop_retired(now=now)


def _write(cells: Sequence[int], now: datetime) -> None:
    """Look the cells up, in the order of their key, and write what was found."""
    if not cells:
        return
    geodata.use_datasets()
    found = find_nearest([centre_of(cell) for cell in cells])
    columns: dict[str, list[Any]] = {
        name: [getattr(nearest, name) for nearest in found] for name in _FIELDS
    }
    columns["address_method"] = [str(method) for method in columns["address_method"]]
    with driver_cursor() as cursor:
        cursor.execute(_PUT, {**columns, "cells": list(cells), "now": now})
