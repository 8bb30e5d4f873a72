"""Streets and addresses for the tests, taken in by the service as any loader's are."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ingest.cells import degrees_of, mercator_of_degrees
from ingest.geodata.rows import AddressRow, GeoRow, IntersectionRow, SegmentRow
from ingest.interpolation import Range
from ingest.models import GeoDataset, GeoKind
from ingest.services.geodata import Description, GeoLoad
from tests.ingest.feed import ACTOR, NOW

# Where FIXED of `tests.ingest.feed` stands, in degrees and in Mercator metres.
HERE = (39.95, -75.16)
HERE_E7 = (399_500_000, -751_600_000)
X, Y = mercator_of_degrees(*HERE)


def load(
    kind: GeoKind,
    rows: Iterable[GeoRow],
    *,
    name: str = "",
    version: str = "2026",
    now: datetime = NOW,
    **changes: Any,
) -> GeoDataset:
    """A data set in use that holds the rows."""
    rows = list(rows)
    what = Description(
        kind=kind,
        name=name or f"test-{kind}",
        version=version,
        format="test",
        file="test.csv",
        content_sha256=hashlib.sha256(repr(rows).encode()).digest(),
    )
    load_ = GeoLoad(actor=ACTOR, what=what, clock=lambda: now, **changes)
    return load_.run(rows).dataset


def load_addresses(*rows: GeoRow, **changes: Any) -> GeoDataset:
    return load(GeoKind.ADDRESSES, rows, **changes)


def load_streets(*rows: GeoRow, **changes: Any) -> GeoDataset:
    return load(GeoKind.STREETS, rows, **changes)


def address(text: str, *, east: float = 0.0, north: float = 0.0) -> AddressRow:
    """An address point so many Mercator metres from HERE."""
    return AddressRow(X + east, Y + north, text)


def crossing(name: str, *, east: float = 0.0, north: float = 0.0) -> IntersectionRow:
    return IntersectionRow(X + east, Y + north, name)


def street(
    name: str,
    *points: tuple[float, float],
    key: int = 1,
    rank: int = 3,
    left: Range | None = None,
    right: Range | None = None,
) -> SegmentRow:
    """A street through these points, each (east, north) of HERE."""
    line = tuple((X + east, Y + north) for east, north in points)
    return SegmentRow(key, line, name, rank, left, right)


def e7(*, east: float = 0.0, north: float = 0.0) -> tuple[int, int]:
    """The coordinates of a place so many Mercator metres from HERE, as a read has them."""
    latitude, longitude = degrees_of(X + east, Y + north)
    return round(latitude * 1e7), round(longitude * 1e7)
