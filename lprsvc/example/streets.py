"""Streets and addresses around the example cameras: an invented grid, whose every name says so.

Every block lies on one lattice over the whole map, so that the grids of neighbours are one. Toll
lanes and highways have a road of their own and no house near, so that the pages show an address
point here, an estimated number there, and elsewhere the street alone.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.cells import mercator_of_degrees
from ingest.geodata.rows import HIGHWAY, STREET, AddressRow, IntersectionRow, SegmentRow
from ingest.interpolation import Point, Range
from lprsvc.example.cameras import CAMERAS, ExampleCamera
from lprsvc.example.drawing.backdrops import Place

# Mercator metres: about three quarters of that on the ground.
_BLOCK = 240.0
_AROUND_FIXED, _AROUND_MOBILE = 720.0, 2_200.0
_SETBACK = 15.0
_NO_HOUSES = 160.0
_ROADS = {Place.TOLL: "Example Toll Road", Place.HIGHWAY: "Example Expressway"}
_TREES = (
    "Alder", "Ash", "Birch", "Cedar", "Cherry", "Dogwood", "Elm", "Fir", "Hazel", "Hickory",
    "Juniper", "Laurel", "Linden", "Maple", "Oak", "Pine", "Poplar", "Spruce", "Walnut", "Willow",
)  # fmt: skip
# Numbers of streets and of hundreds of houses begin again, as they do from town to town.
_STREETS, _HUNDREDS = 60, 40
# Lattice numbers are below 2²¹ either way.
_OFFSET, _BITS = 1 << 20, 21

Node = tuple[int, int]


@dataclass(slots=True)
class Town:
    """All the example's streets and addresses."""

    segments: list[SegmentRow] = field(default_factory=list)
    crossings: list[IntersectionRow] = field(default_factory=list)
    addresses: list[AddressRow] = field(default_factory=list)


def make_town() -> Town:
    """The same town each time."""
    town = Town()
    roads = [(camera, _place(camera)) for camera in CAMERAS if camera.place in _ROADS]
    nodes = set().union(*(_nodes_around(camera) for camera in CAMERAS))
    for node in sorted(nodes):
        town.crossings.append(IntersectionRow(*_point(node), _crossing(node)))
        town.segments += _streets_from(node, nodes)
        town.addresses += [
            row for row in _houses_from(node, nodes) if not _is_near_a_road(row, roads)
        ]
    for number, (camera, place) in enumerate(roads, 1):
        town.segments.append(_road(-number, camera, place))
        town.crossings += _crossings_of(camera, place)
    return town


def _nodes_around(camera: ExampleCamera) -> set[Node]:
    x, y = _place(camera)
    reach = _AROUND_MOBILE if camera.mobile else _AROUND_FIXED
    columns = range(math.ceil((x - reach) / _BLOCK), math.floor((x + reach) / _BLOCK) + 1)
    rows = range(math.ceil((y - reach) / _BLOCK), math.floor((y + reach) / _BLOCK) + 1)
    return {(column, row) for column in columns for row in rows}


def _place(camera: ExampleCamera) -> Point:
    return mercator_of_degrees(camera.latitude, camera.longitude)


def _point(node: Node) -> Point:
    return node[0] * _BLOCK, node[1] * _BLOCK


def _avenue(node: Node) -> str:
    return f"{_TREES[node[0] % len(_TREES)]} Example Ave"


def _street(node: Node) -> str:
    number = node[1] % _STREETS + 1
    ending = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending} Example St"


def _crossing(node: Node) -> str:
    return f"{_street(node)} & {_avenue(node)}"


def _streets_from(node: Node, nodes: set[Node]) -> Iterator[SegmentRow]:
    """The blocks that begin at a crossing: east along its street, north along its avenue."""
    east, north = (node[0] + 1, node[1]), (node[0], node[1] + 1)
    if east in nodes:
        yield SegmentRow(_key(node, 0), (_point(node), _point(east)), _street(node), STREET)
    if north in nodes:
        line, (left, right) = (_point(node), _point(north)), _numbers(node)
        yield SegmentRow(_key(node, 1), line, _avenue(node), STREET, left, right)


def _numbers(node: Node) -> tuple[Range, Range]:
    hundred = 100 * (node[1] % _HUNDREDS)
    return Range(hundred + 1, hundred + 99), Range(hundred + 2, hundred + 98)


def _houses_from(node: Node, nodes: set[Node]) -> Iterator[AddressRow]:
    """On every other block of an avenue: of the rest only the range of their numbers is known."""
    if sum(node) % 2 or (node[0], node[1] + 1) not in nodes:
        return
    x, y = _point(node)
    for side, numbers in zip((-_SETBACK, _SETBACK), _numbers(node), strict=True):
        for part in (0.2, 0.5, 0.8):
            text = f"{numbers.at(part)} {_avenue(node)}"
            yield AddressRow(x + side, y + part * _BLOCK, text)


def _is_near_a_road(row: AddressRow, roads: list[tuple[ExampleCamera, Point]]) -> bool:
    return any(
        abs(row.x - x) < _AROUND_FIXED and abs(row.y - y) < _NO_HOUSES for _, (x, y) in roads
    )


def _road(key: int, camera: ExampleCamera, place: Point) -> SegmentRow:
    x, y = place
    line = ((x - _AROUND_FIXED, y), (x + _AROUND_FIXED, y))
    return SegmentRow(key, line, _ROADS[camera.place], HIGHWAY)


def _crossings_of(camera: ExampleCamera, place: Point) -> Iterator[IntersectionRow]:
    """Where the camera's road meets the avenues."""
    x, y = place
    first = math.ceil((x - _AROUND_FIXED) / _BLOCK)
    for column in range(first, math.floor((x + _AROUND_FIXED) / _BLOCK) + 1):
        name = f"{_avenue((column, 0))} & {_ROADS[camera.place]}"
        yield IntersectionRow(column * _BLOCK, y, name)


def _key(node: Node, direction: int) -> int:
    return (node[0] + _OFFSET) << (_BITS + 1) | (node[1] + _OFFSET) << 1 | direction
