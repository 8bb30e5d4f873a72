"""Looking up places: nearest address and intersection among a million address points."""

import hashlib
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.bench.report import Line
from tests.bench.stage import DATABASE, Stage, stage

if TYPE_CHECKING:
    from ingest.geodata.rows import GeoRow
    from ingest.models import GeoKind

# A city of so many blocks each way, a block 100 m long, with two addresses on every side of one.
BLOCKS = 500
READS = 20_000
_BLOCK = 130.0
_WEST, _SOUTH = -8_400_000.0, 4_850_000.0


def lines() -> list[Line]:
    """The whole way from the queue to the written place; every read in a cell of its own, which is
    the worst there is: a fixed camera's place is looked up once."""
    with stage() as here:
        from ingest.models import GeoKind

        began = time.perf_counter()
        addresses = _load(GeoKind.ADDRESSES, _addresses())
        streets = _load(GeoKind.STREETS, _streets())
        loaded = time.perf_counter() - began
        _queue(here)
        seconds = _fill()
        _check(here)
    note = f"{READS:,} places, each new; {addresses:,} addresses, {streets:,} street rows"
    return [
        Line("Ingest", "places: reads/s with nearest address and intersection, 1 million points",
             READS / seconds, "reads/s", 3_000, "higher", note),
        Line("Ingest", "load_streets and load_addresses, rows in use",
             (addresses + streets) / loaded, "rows/s"),
    ]  # fmt: skip


def _load(kind: "GeoKind", rows: Iterator["GeoRow"]) -> int:
    from audit.actors import system
    from ingest.services.geodata import Description, GeoLoad

    what = Description(
        kind=kind, name="bench", version="1", format="bench", file="bench",
        content_sha256=hashlib.sha256(kind.encode()).digest(),
    )  # fmt: skip
    load = GeoLoad(actor=system("bench"), what=what, clock=lambda: datetime.now(UTC))
    dataset = load.run(rows).dataset
    return dataset.addresses + dataset.segments + dataset.intersections


def _addresses() -> Iterator["GeoRow"]:
    from ingest.geodata.rows import AddressRow

    for column in range(BLOCKS):
        for row in range(BLOCKS):
            x, y = _WEST + column * _BLOCK, _SOUTH + row * _BLOCK
            for number, (east, north) in enumerate(((35, 12), (90, -12), (12, 35), (-12, 90))):
                yield AddressRow(x + east, y + north, f"{100 * row + number} BENCH ST {column}")


def _streets() -> Iterator["GeoRow"]:
    from ingest.geodata.rows import IntersectionRow, SegmentRow
    from ingest.interpolation import Range

    left, right = Range(101, 199), Range(100, 198)
    for column in range(BLOCKS):
        for row in range(BLOCKS):
            x, y = _WEST + column * _BLOCK, _SOUTH + row * _BLOCK
            key = 2 * (column * BLOCKS + row)
            east, north = ((x, y), (x + _BLOCK, y)), ((x, y), (x, y + _BLOCK))
            yield SegmentRow(key, east, f"{row} St", left=left, right=right)
            yield SegmentRow(key + 1, north, f"{column} Ave", left=left, right=right)
            yield IntersectionRow(x, y, f"{column} Ave & {row} St")


def _queue(here: Stage) -> None:
    from ingest.cells import cell_at

    chance = random.Random(7)
    side = BLOCKS * _BLOCK
    cells: set[int] = set()
    while len(cells) < READS:
        cells.add(cell_at(_WEST + chance.uniform(0, side), _SOUTH + chance.uniform(0, side)))
    with here.servers.connect("lpr_owner", DATABASE) as connection:
        connection.execute(
            "INSERT INTO ingest_placequeue SELECT cell, now(), now(), 0 FROM unnest(%s) AS cell",
            [list(cells)],
        )


def _fill() -> float:
    """Seconds until nothing waits any more, by one worker."""
    from ingest.services.places import fill_waiting

    filled, began = 0, time.perf_counter()
    while filled < READS:
        filled += fill_waiting(now=datetime.now(UTC))
    return time.perf_counter() - began


def _check(here: Stage) -> None:
    with here.servers.connect("lpr_owner", DATABASE) as connection:
        found = connection.execute(
            "SELECT count(*) FROM ingest_place WHERE address <> '' AND intersection <> ''"
        ).fetchone()
    if found != (READS,):
        raise RuntimeError(f"{found} of {READS} places have an address and an intersection")
