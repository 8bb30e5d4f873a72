"""The SQL that takes a data set in, under ``lpr_places``; called by `services.geodata` alone.

Rows are copied into temporary tables of the session, so that a load that dies leaves nothing of
them, and from there into the data set's own partitions, each location once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db import connection, transaction

from ingest.geodata.rows import (
    MAX_ADDRESS,
    MAX_INTERSECTION,
    AddressRow,
    GeoRow,
    IntersectionRow,
    SegmentRow,
)
from ingest.interpolation import Range
from ingest.nearest import there_and_back
from lprsvc.lib.dbrole import acting_as

ROLE = "lpr_places"
# Copied in one transaction: short enough to hold up nobody's clean-up.
_ROWS_AT_ONCE = 20_000
_RANGE = "{0}_from integer, {0}_to integer, {0}_step smallint, {0}_prefix text"
_TABLES = {
    AddressRow: "geo_load_address",
    IntersectionRow: "geo_load_intersection",
    SegmentRow: "geo_load_segment",
}
_CREATE = f"""
DROP TABLE IF EXISTS pg_temp.geo_load_address, pg_temp.geo_load_intersection,
                     pg_temp.geo_load_segment;
CREATE TEMPORARY TABLE geo_load_address (x float8, y float8, address text);
CREATE TEMPORARY TABLE geo_load_intersection (x float8, y float8, name text);
CREATE TEMPORARY TABLE geo_load_segment (
    key bigint, poly polygon, name text, rank smallint,
    {_RANGE.format("left")}, {_RANGE.format("right")});
"""
_DROP = """
DROP TABLE IF EXISTS pg_temp.geo_load_address, pg_temp.geo_load_intersection,
                     pg_temp.geo_load_segment;
"""
# One row a location: two hundred thousand on one spot cost 140 ms a look-up.
_KEEP = {
    "addresses": """
INSERT INTO geo_address (dataset_id, pt, address)
SELECT DISTINCT ON (x, y) %s, point(x, y), address
  FROM pg_temp.geo_load_address ORDER BY x, y, address
""",
    "intersections": """
INSERT INTO geo_intersection (dataset_id, pt, name)
SELECT DISTINCT ON (x, y) %s, point(x, y), name
  FROM pg_temp.geo_load_intersection ORDER BY x, y, length(name) DESC, name
""",
    "segments": """
INSERT INTO geo_segment
SELECT DISTINCT ON (key) %s, poly, name, rank, left_from, left_to, left_step, left_prefix,
                             right_from, right_to, right_step, right_prefix
  FROM pg_temp.geo_load_segment ORDER BY key
""",
}


@dataclass(slots=True)
class Extent:
    """The box around all rows so far, in Web Mercator metres."""

    west: float = float("inf")
    south: float = float("inf")
    east: float = float("-inf")
    north: float = float("-inf")

    def take_in(self, row: GeoRow) -> None:
        """Widen the box to hold the row."""
        points = row.line if isinstance(row, SegmentRow) else ((row.x, row.y),)
        for x, y in points:
            self.west, self.east = min(self.west, x), max(self.east, x)
            self.south, self.north = min(self.south, y), max(self.north, y)


@dataclass(slots=True)
class Staging:
    """The temporary tables of one load; to be closed on the connection that opened them."""

    rows: int = 0
    extent: Extent = field(default_factory=Extent)

    def open(self) -> None:
        """Make the tables, empty."""
        _execute(_CREATE)

    def close(self) -> None:
        """Drop the tables."""
        _execute(_DROP)

    def copy(self, rows: Iterable[GeoRow]) -> Iterator[int]:
        """Copy the rows, yielding how many are in after each part."""
        waiting = iter(rows)
        while part := list(islice(waiting, _ROWS_AT_ONCE)):
            with transaction.atomic(), acting_as(ROLE):
                for kind, table in _TABLES.items():
                    _copy(table, [row for row in part if isinstance(row, kind)])
            for row in part:
                self.extent.take_in(row)
            self.rows += len(part)
            yield self.rows

    def keep(self, dataset_id: int) -> dict[str, int]:
        """Put the rows into partitions of the data set, indexed; returns how many of each kind.

        Within the caller's transaction, as ``lpr_places``.
        """
        counts = {}
        with connection.cursor() as cursor:
            cursor.execute("SELECT geo_make_partitions(%s)", [dataset_id])
            for name, statement in _KEEP.items():
                cursor.execute(statement, [dataset_id])
                counts[name] = cursor.rowcount
            cursor.execute("SELECT geo_index_partitions(%s)", [dataset_id])
        return counts


def drop_partitions(dataset_id: int) -> None:
    """Drop a data set's partitions; the database refuses it for one in use.

    Within the caller's transaction, as ``lpr_places``.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT geo_drop_partitions(%s)", [dataset_id])


def _execute(statements: str) -> None:
    with transaction.atomic(), acting_as(ROLE), connection.cursor() as cursor:
        cursor.execute(statements)


def _copy(table: str, rows: list[GeoRow]) -> None:
    if not rows:
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY pg_temp.{table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(_values(row))


def _values(row: GeoRow) -> tuple[object, ...]:
    if isinstance(row, AddressRow):
        return _cm(row.x), _cm(row.y), row.address[:MAX_ADDRESS]
    if isinstance(row, IntersectionRow):
        return _cm(row.x), _cm(row.y), row.name[:MAX_INTERSECTION]
    name = row.name[:MAX_ADDRESS]
    polygon = there_and_back(row.line)
    return row.key, polygon, name, row.rank, *_range(row.left), *_range(row.right)


def _range(numbers: Range | None) -> tuple[object, ...]:
    if numbers is None:
        return None, None, None, None
    return numbers.first, numbers.last, numbers.step, numbers.prefix or None


def _cm(metres: float) -> float:
    """To the centimetre, so that what stands on one spot is seen to."""
    return round(metres, 2)
