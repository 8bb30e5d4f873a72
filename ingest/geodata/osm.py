"""OpenStreetMap extracts (.osm.pbf): named streets, where they meet, and house numbers.

Gone through twice: first to count at which nodes streets meet, then for names and places.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from osmium.filter import KeyFilter

from ingest.bodies import Malformed
from ingest.cells import mercator_of_degrees
from ingest.geodata.crossings import crossing_name
from ingest.geodata.files import GeoFiles, fault_of
from ingest.geodata.rows import (
    HIGHWAY,
    MAIN_ROAD,
    STREET,
    AddressRow,
    GeoRow,
    IntersectionRow,
    SegmentRow,
)
from ingest.interpolation import Point

SUFFIXES = (".osm.pbf",)
# Roads that cars drive on; `…_link` are their ramps.
_RANKS = {
    "motorway": HIGHWAY,
    "trunk": HIGHWAY,
    "primary": MAIN_ROAD,
    "secondary": MAIN_ROAD,
    "tertiary": STREET,
    "unclassified": STREET,
    "residential": STREET,
    "living_street": STREET,
    "road": STREET,
    "service": STREET,
    "busway": STREET,
}
# At fewer ends of streets there is no crossing: two are one street that changes its name.
_CROSSING_DEGREE = 3
# A way has at most 2,000 nodes, so at most as many pieces.
_PIECES = 4_096
# Long lines have large boxes, and those make the index slow.
_LONGEST_PIECE = 24
_UNREADABLE = (RuntimeError, OSError, ValueError, osmium.InvalidLocationError)

Street = tuple[int, int, tuple[str, ...], list[tuple[int, Point]]]


class OsmFiles(GeoFiles):
    """Extracts; counted in streets and addresses once the first going-through has counted them."""

    format = "osm"

    def rows(self) -> Iterator[GeoRow]:
        """File by file."""
        for path in self.paths:
            try:
                yield from self._rows_of(path)
            except _UNREADABLE as error:
                raise Malformed(f"{path.name} can't be read: {error}") from None

    def version(self) -> str:
        """The day whose state of the map the extract holds, where it says so."""
        try:
            with osmium.io.Reader(str(self.paths[0])) as reader:
                stamp = reader.header().get("osmosis_replication_timestamp")
            return f"{datetime.fromisoformat(stamp):%Y-%m-%d}"
        except (*_UNREADABLE, TypeError):
            return super().version()

    def _rows_of(self, path: Path) -> Iterator[GeoRow]:
        crossings = self._count(path)
        names: dict[int, list[tuple[str, ...]]] = defaultdict(list)
        places: dict[int, Point] = {}
        wanted = KeyFilter("highway", "addr:housenumber")
        for thing in osmium.FileProcessor(str(path)).with_locations().with_filter(wanted):
            if "addr:housenumber" in thing.tags:
                yield from self._address(thing, path)
            street = self._street(thing, path)
            if street is None:
                continue
            self.position += 1
            key, rank, called, nodes = street
            for node, point in nodes:
                if node in crossings:
                    names[node].append(called)
                    places[node] = point
            yield from _pieces(key, rank, called[0], nodes, crossings)
        for node, there in names.items():
            if name := crossing_name(there):
                yield IntersectionRow(*places[node], name)

    def _count(self, path: Path) -> set[int]:
        """The nodes at which three ends of streets or more meet."""
        ends = array("q")
        wanted = KeyFilter("highway")
        way: Any
        for way in osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(wanted):
            if _rank(way) is None or not _names(way):
                continue
            self.total += 1
            nodes = [node.ref for node in way.nodes]
            # Inside a way a street comes and goes.
            ends.extend(nodes)
            ends.extend(nodes[1:-1])
        met, degrees = np.unique(np.array(ends, dtype=np.int64), return_counts=True)
        return set(met[degrees >= _CROSSING_DEGREE].tolist())

    def _street(self, thing: Any, path: Path) -> Street | None:
        if not thing.is_way():
            return None
        rank, names = _rank(thing), _names(thing)
        if rank is None or not names:
            return None
        # What the extract was cut off from has no place.
        nodes = [(node.ref, node.location) for node in thing.nodes if node.location.valid()]
        fault = next((f for _, at in nodes if (f := fault_of(at.lat, at.lon))), "")
        if fault or len(nodes) < 2:
            self.skipped.add(fault or "it has no line", f"{path.name}, way {thing.id}")
            return None
        line = [(ref, mercator_of_degrees(at.lat, at.lon)) for ref, at in nodes]
        return thing.id, rank, names, line

    def _address(self, thing: Any, path: Path) -> Iterator[AddressRow]:
        number = _text(thing, "addr:housenumber")
        street = _text(thing, "addr:street")
        place = _middle(thing)
        if not street or place is None or fault_of(*place):
            what = "node" if thing.is_node() else "way"
            reason = "the address has no street" if not street else "the address has no place"
            self.skipped.add(reason, f"{path.name}, {what} {thing.id}")
            return
        yield AddressRow(*mercator_of_degrees(*place), f"{number} {street}")


def _rank(way: Any) -> int | None:
    return _RANKS.get(way.tags.get("highway", "").removesuffix("_link"))


def _names(way: Any) -> tuple[str, ...]:
    """What the street is called, its first name first; else the number of the road ("I 95")."""
    names = f"{_text(way, 'name')};{_text(way, 'alt_name')}".split(";")
    numbers = _text(way, "ref").split(";")
    given = [name.strip() for name in names if name.strip()]
    return tuple(dict.fromkeys(given or [number.strip() for number in numbers if number.strip()]))


def _text(thing: Any, key: str) -> str:
    return " ".join(thing.tags.get(key, "").split())


def _middle(thing: Any) -> tuple[float, float] | None:
    """(latitude, longitude) of a node, or amid a building's outline."""
    if thing.is_node():
        return thing.location.lat, thing.location.lon
    if not thing.is_way():
        return None
    at = [node.location for node in thing.nodes if node.location.valid()]
    # The first corner of an outline is its last one too.
    at = at[1:] if len(at) > 1 else at
    if not at:
        return None
    return sum(one.lat for one in at) / len(at), sum(one.lon for one in at) / len(at)


def _pieces(
    key: int, rank: int, name: str, nodes: list[tuple[int, Point]], crossings: set[int]
) -> Iterator[SegmentRow]:
    """The street from crossing to crossing."""
    number, line = 0, [nodes[0][1]]
    for node, point in nodes[1:]:
        line.append(point)
        if node in crossings or len(line) >= _LONGEST_PIECE:
            yield SegmentRow(key * _PIECES + number, tuple(line), name, rank)
            number, line = number + 1, [point]
    if len(line) > 1:
        yield SegmentRow(key * _PIECES + number, tuple(line), name, rank)
