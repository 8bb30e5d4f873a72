"""The country on one small map: every state as an outline, Alaska and Hawaii in boxes of their own.

Drawn on the server, as SVG for pages and as paths for paper. Albers' equal-area projection, so that
a state looks as large as it is. Territories beyond these frames stand in the tables alone.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import shapely

from ingest.metropolitan import MetropolitanArea
from ingest.regions import county_polygons

WIDTH, HEIGHT = 480, 310
# Degrees: on a map of this size finer lines are the same line.
_SIMPLIFIED = 0.05
# An island of less would be a dot, in square degrees.
_SMALLEST = 0.02

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Part of the map: Albers' projection with two standard parallels, scaled and moved."""

    parallels: tuple[float, float]
    middle: tuple[float, float]  # latitude and longitude that stand at `at`
    at: Point
    scale: float  # of the map's units to the earth's radius

    def project(self, latitude: float, longitude: float) -> Point:
        one, other = map(math.radians, self.parallels)
        n = (math.sin(one) + math.sin(other)) / 2
        c = math.cos(one) ** 2 + 2 * n * math.sin(one)

        def rho(degrees: float) -> float:
            return math.sqrt(c - 2 * n * math.sin(math.radians(degrees))) / n

        theta = n * math.radians(longitude - self.middle[1])
        x = rho(latitude) * math.sin(theta)
        y = rho(self.middle[0]) - rho(latitude) * math.cos(theta)
        return self.at[0] + x * self.scale, self.at[1] - y * self.scale


_CONTIGUOUS = _Frame((29.5, 45.5), (38.0, -96.0), (240.0, 152.0), 620.0)
_ALASKA = _Frame((55.0, 65.0), (63.0, -152.0), (64.0, 268.0), 200.0)
_HAWAII = _Frame((8.0, 18.0), (20.6, -157.5), (150.0, 284.0), 620.0)
_TERRITORIES = frozenset({"US-AS", "US-GU", "US-MP", "US-PR", "US-VI"})


@dataclass(frozen=True, slots=True)
class Shape:
    """One state's outline: closed rings of points in the map's units, y downward."""

    rings: tuple[tuple[Point, ...], ...]

    @property
    def path(self) -> str:
        """The outline as SVG's `d` has it."""
        return "".join(
            "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring[:-1]) + "Z" for ring in self.rings
        )


@cache
def state_shapes() -> Mapping[str, Shape]:
    """State's id → its outline on the map; made once a process, in a fraction of a second."""
    parts: dict[str, list[shapely.Geometry]] = defaultdict(list)
    for region, polygon in county_polygons():
        if region.state not in _TERRITORIES:
            parts[region.state].append(polygon)
    return {state: _shape(state, shapely.unary_union(parts[state])) for state in sorted(parts)}


@cache
def area_point(area: MetropolitanArea) -> Point | None:
    """Where a metropolitan area is marked; None beyond the map."""
    polygons = [
        polygon
        for region, polygon in county_polygons()
        if region.county_fips in area.counties and region.state not in _TERRITORIES
    ]
    if not polygons:
        return None
    state = next(
        region.state for region, _ in county_polygons() if region.county_fips == area.counties[0]
    )
    middle = shapely.unary_union(polygons).representative_point()
    return _frame(state).project(middle.y, middle.x)


def _shape(state: str, outline: shapely.Geometry) -> Shape:
    frame = _frame(state)
    simple = outline.simplify(_SIMPLIFIED)
    pieces = sorted(
        (piece for piece in shapely.get_parts(simple) if piece.geom_type == "Polygon"),
        key=lambda piece: -float(piece.area),
    )
    kept = [piece for place, piece in enumerate(pieces) if not place or piece.area > _SMALLEST]
    return Shape(
        tuple(
            tuple(frame.project(y, x) for x, y in piece.exterior.coords)
            for piece in kept
            # The Aleutians beyond 180 degrees would stand at the other end.
            if piece.exterior.coords[0][0] < 0
        )
    )


def _frame(state: str) -> _Frame:
    return {"US-AK": _ALASKA, "US-HI": _HAWAII}.get(state, _CONTIGUOUS)
