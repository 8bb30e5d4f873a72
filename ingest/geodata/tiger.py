"""TIGER/Line of the U.S. Census Bureau: address ranges or edges, as shapefiles or in zips.

ADDRFEAT has a record for each name and each pair of ranges of an edge; those of one edge (TLID)
are merged. EDGES has one record an edge, with rails and rivers among them, and also the roads that
have no numbers. Where edges meet whose names do not overlap there is an intersection.
"""

import re
import struct
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapefile

from ingest.bodies import Malformed
from ingest.cells import mercator_of_degrees
from ingest.geodata.crossings import crossing_name, preferred
from ingest.geodata.files import GeoFiles, fault_of
from ingest.geodata.rows import (
    HIGHWAY,
    MAIN_ROAD,
    STREET,
    GeoRow,
    IntersectionRow,
    SegmentRow,
)
from ingest.interpolation import Point, Range

SUFFIXES = (".shp", ".zip")
# MAF/TIGER feature class codes; the rest of S… are streets, alleys, ramps.
_RANKS = {"S1100": HIGHWAY, "S1200": MAIN_ROAD}
_YEAR = re.compile(r"tl_(?:rd)?(\d{4})_", re.IGNORECASE)
_NUMBER = re.compile(r"(.*?)(\d{1,9})", re.DOTALL)
_UNREADABLE = (
    shapefile.ShapefileException,
    zipfile.BadZipFile,
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    NotImplementedError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which fields hold what in one of the Census Bureau's layers; `parity` where it is said."""

    rank: str
    left: tuple[str, str]
    right: tuple[str, str]
    parity: tuple[str, str] = ("", "")
    has_rails: bool = False


# By a field that only the one has.
_LAYOUTS = {
    "LFROMHN": _Layout(
        "ROAD_MTFCC", ("LFROMHN", "LTOHN"), ("RFROMHN", "RTOHN"), ("PARITYL", "PARITYR")
    ),
    "LFROMADD": _Layout("MTFCC", ("LFROMADD", "LTOADD"), ("RFROMADD", "RTOADD"), has_rails=True),
}


@dataclass(slots=True)
class _Edge:
    """One edge with everything that its records say of it."""

    line: tuple[Point, ...]
    rank: int
    names: list[str] = field(default_factory=list)
    left: list[Range] = field(default_factory=list)
    right: list[Range] = field(default_factory=list)


class TigerFiles(GeoFiles):
    """Shapefiles, loose or each in a zip; counted in records."""

    format = "tiger"

    def rows(self) -> Iterator[GeoRow]:
        """File by file: neighbours share their border's edges, which the data set keeps once."""
        readers = [(path, _open(path)) for path in self.paths]
        self.total = sum(len(reader) for _, reader in readers)
        for path, reader in readers:
            edges = self._edges(path, reader)
            yield from _segments(edges)
            yield from _intersections(edges)
            reader.close()

    def version(self) -> str:
        """The year in the files' names, as in tl_2021_30059_addrfeat."""
        years = {match[1] for path in self.paths if (match := _YEAR.match(path.name))}
        return years.pop() if len(years) == 1 else super().version()

    def _edges(self, path: Path, reader: shapefile.Reader) -> dict[int, _Edge]:
        layout = _layout(path, reader)
        edges: dict[int, _Edge] = {}
        number = 0
        try:
            for number, shape in enumerate(reader.iterShapeRecords(), 1):
                self.position += 1
                self._take_in(edges, layout, shape, f"{path.name}, record {number}")
        except _UNREADABLE as error:
            raise Malformed(f"{path.name} can't be read after record {number}: {error}") from None
        return edges

    def _take_in(
        self, edges: dict[int, _Edge], layout: _Layout, shape: shapefile.ShapeRecord, where: str
    ) -> None:
        record: Mapping[str, Any] = shape.record.as_dict()
        if layout.has_rails and record.get("ROADFLG") != "Y":
            return
        name = " ".join(str(record.get("FULLNAME") or "").replace("\0", "").split())
        if not name:
            self.skipped.add("it has no name", where)
            return
        key = int(record["TLID"])
        if key not in edges:
            points = shape.shape.points
            fault = _line_fault(points)
            if fault:
                self.skipped.add(fault, where)
                return
            line = tuple(mercator_of_degrees(point[1], point[0]) for point in points)
            edges[key] = _Edge(line, _RANKS.get(str(record.get(layout.rank)), STREET))
        _merge(edges[key], name, record, layout)


def _open(path: Path) -> shapefile.Reader:
    try:
        return shapefile.Reader(str(path), encoding="utf-8", encodingErrors="replace")
    except _UNREADABLE as error:
        raise Malformed(f"{path.name} is no readable shapefile: {error}") from None


def _layout(path: Path, reader: shapefile.Reader) -> _Layout:
    names = {str(field_[0]) for field_ in reader.fields}
    for mark, layout in _LAYOUTS.items():
        if {mark, "FULLNAME", "TLID"} <= names:
            return layout
    raise Malformed(
        f"{path.name} is neither TIGER/Line's ADDRFEAT nor its EDGES:"
        f" it has the fields {', '.join(sorted(names - {'DeletionFlag'}))}."
    )


def _line_fault(points: Sequence[Sequence[float]]) -> str:
    if len(points) < 2:
        return "it has no line"
    return next((fault for x, y, *_ in points if (fault := fault_of(y, x))), "")


def _merge(edge: _Edge, name: str, record: Mapping[str, Any], layout: _Layout) -> None:
    if name not in edge.names:
        edge.names.append(name)
    sides = ((edge.left, layout.left), (edge.right, layout.right))
    for (side, (first, last)), parity in zip(sides, layout.parity, strict=True):
        numbers = range_of(
            str(record.get(first) or ""), str(record.get(last) or ""), str(record.get(parity) or "")
        )
        if numbers is not None and numbers not in side:
            side.append(numbers)


def range_of(first: str, last: str, parity: str = "") -> Range | None:
    """A side's range; None where its ends are no numbers, or differ in what stands before them.

    `parity` is "O", "E" or "B" for both, and empty where the layer does not say.
    """
    start, end = _NUMBER.fullmatch(first.strip()), _NUMBER.fullmatch(last.strip())
    if start is None or end is None or start[1] != end[1]:
        return None
    low, high = int(start[2]), int(end[2])
    is_mixed = parity == "B" or low % 2 != high % 2
    return Range(low, high, 1 if is_mixed else 2, start[1])


def merged_range(ranges: Sequence[Range]) -> Range | None:
    """One range for a side of which there are several: the widest, with those that continue it.

    100 to 102 and 104 to 198 are 100 to 198; a range of another parity is left aside.
    """
    if not ranges:
        return None
    widest = max(ranges, key=lambda one: abs(one.last - one.first))
    alike = [one for one in ranges if _kind(one) == _kind(widest)]
    ends = [end for one in alike for end in (one.first, one.last)]
    low, high = min(ends), max(ends)
    rises = widest.first <= widest.last
    return (
        Range(low, high, widest.step, widest.prefix)
        if rises
        else Range(high, low, widest.step, widest.prefix)
    )


def _kind(numbers: Range) -> tuple[str, int, int]:
    return numbers.prefix, numbers.step, numbers.first % numbers.step


def _segments(edges: Mapping[int, _Edge]) -> Iterator[SegmentRow]:
    for key, edge in edges.items():
        yield SegmentRow(
            key=key,
            line=edge.line,
            name=preferred(edge.names),
            rank=edge.rank,
            left=merged_range(edge.left),
            right=merged_range(edge.right),
        )


def _intersections(edges: Mapping[int, _Edge]) -> Iterator[IntersectionRow]:
    meeting: dict[Point, list[_Edge]] = defaultdict(list)
    for edge in edges.values():
        for end in {edge.line[0], edge.line[-1]}:
            meeting[end].append(edge)
    for (x, y), there in meeting.items():
        if name := crossing_name(edge.names for edge in there):
            yield IntersectionRow(x, y, name)
