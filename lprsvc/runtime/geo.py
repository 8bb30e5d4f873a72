"""Turns the borders of the us-atlas package into small files: states for the maps, counties for
the look-up of a place.

The package holds TopoJSON: borders cut into arcs shared by neighbours, each a chain of whole-number
steps. The maps need only lines and names, so each arc is written once, as GeoJSON, and the
browser needs no TopoJSON library. The look-up needs whole rings. Source: U.S. Census Bureau
cartographic boundary files (public domain), as packaged by us-atlas (ISC).
"""

import json
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

SOURCE = Path("us-atlas") / "states-10m.json"
COUNTIES_SOURCE = Path("us-atlas") / "counties-10m.json"
COUNTIES_DECIMALS = 4  # finer than the steps of the package
DECIMALS = 3  # of a degree: about 100 m, finer than the borders themselves
_SMALLEST_RING = 3  # a triangle has its first corner twice

Point = tuple[float, float]


def build_states(node_modules: Path, target: Path) -> None:
    """Write `target` (GeoJSON) from the us-atlas package under `node_modules`.

    Raises FileNotFoundError when the package is not installed.
    """
    topology = json.loads((node_modules / SOURCE).read_text("utf-8"))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        json.dumps(states_geojson(topology), separators=(",", ":"), ensure_ascii=False), "utf-8"
    )


def build_counties(node_modules: Path, target: Path) -> None:
    """Write `target`, what `ingest.regions` reads, from the us-atlas package under `node_modules`.

    Raises FileNotFoundError when the package is not installed.
    """
    topology = json.loads((node_modules / COUNTIES_SOURCE).read_text("utf-8"))
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(counties_chains(topology), separators=(",", ":"), ensure_ascii=False)
    # Whole or not at all: processes that run may read it meanwhile.
    partial = target.with_name(f".{target.name}.partial")
    partial.write_text(text, "utf-8")
    partial.replace(target)


def counties_chains(topology: dict[str, Any]) -> dict[str, Any]:
    """Each county's polygons as rings of steps x, y, x, y …, the first of them from (0, 0), in
    whole numbers of `unit` degrees."""
    arcs = [_decode(arc, topology["transform"], COUNTIES_DECIMALS) for arc in topology["arcs"]]
    counties = topology["objects"]["counties"]["geometries"]
    return {
        "unit": 10**-COUNTIES_DECIMALS,
        "counties": [
            {
                "fips": county["id"],
                "name": county["properties"]["name"],
                "polygons": [
                    rings for polygon in _polygons(county) if (rings := _rings(polygon, arcs))
                ],
            }
            for county in counties
        ],
    }


def states_geojson(topology: dict[str, Any]) -> dict[str, Any]:
    """One feature with every border, and one point per state that carries its name."""
    arcs = [_decode(arc, topology["transform"], DECIMALS) for arc in topology["arcs"]]
    states = topology["objects"]["states"]["geometries"]
    used = sorted({_forward(index) for state in states for index in _indexes(state["arcs"])})
    borders = {
        "type": "Feature",
        "properties": {"kind": "border"},
        "geometry": {"type": "MultiLineString", "coordinates": [arcs[index] for index in used]},
    }
    return {"type": "FeatureCollection", "features": [borders, *(_name(s, arcs) for s in states)]}


def _decode(arc: Sequence[Sequence[int]], transform: dict[str, Any], decimals: int) -> list[Point]:
    """Whole-number steps to degrees; points that fall together after rounding are dropped."""
    (scale_x, scale_y), (origin_x, origin_y) = transform["scale"], transform["translate"]
    xs = accumulate(step[0] for step in arc)
    ys = accumulate(step[1] for step in arc)
    points = [
        (round(x * scale_x + origin_x, decimals), round(y * scale_y + origin_y, decimals))
        for x, y in zip(xs, ys, strict=True)
    ]
    kept = [
        point for before, point in zip([None, *points], points, strict=False) if point != before
    ]
    return kept if len(kept) > 1 else points[:2]


def _indexes(arcs: Any) -> Iterator[int]:
    """The arc numbers of a geometry, however deep its rings are nested."""
    for item in arcs:
        if isinstance(item, int):
            yield item
        else:
            yield from _indexes(item)


def _forward(index: int) -> int:
    """TopoJSON writes an arc run backwards as the complement of its number."""
    return index if index >= 0 else ~index


def _ring(indexes: Sequence[int], arcs: list[list[Point]]) -> list[Point]:
    points: list[Point] = []
    for index in indexes:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        points.extend(arc[1:] if points else arc)
    return points


def _polygons(place: dict[str, Any]) -> Any:
    """The polygons of a geometry, each a list of rings of arc numbers."""
    return place["arcs"] if place["type"] == "MultiPolygon" else [place["arcs"]]


def _rings(polygon: Any, arcs: list[list[Point]]) -> list[list[int]]:
    """A polygon's rings as steps, the outer one first. Where simplifying left only a line of an
    island there is no ring; of a whole polygon that is so small, nothing."""
    outer, *holes = (_ring(indexes, arcs) for indexes in polygon)
    if len(outer) <= _SMALLEST_RING:
        return []
    return [_steps(outer), *(_steps(hole) for hole in holes if len(hole) > _SMALLEST_RING)]


def _steps(ring: list[Point]) -> list[int]:
    """A ring as whole-number steps x, y, x, y …: a third of what the points would take."""
    scale = 10**COUNTIES_DECIMALS
    points = [(round(x * scale), round(y * scale)) for x, y in ring]
    return [
        step for (x1, y1), (x2, y2) in pairwise([(0, 0), *points]) for step in (x2 - x1, y2 - y1)
    ]


def _name(state: dict[str, Any], arcs: list[list[Point]]) -> dict[str, Any]:
    """A point inside the state's largest part, for its name, with that part's width in degrees:
    the map shows a name only where there is room for it."""
    rings = [_ring(polygon[0], arcs) for polygon in _polygons(state)]
    largest = max(rings, key=lambda ring: abs(_area(ring)))
    longitude, latitude = _centre(largest)
    longitudes = [point[0] for point in largest]
    width = round(max(longitudes) - min(longitudes), 1)
    return {
        "type": "Feature",
        "properties": {"kind": "name", "name": state["properties"]["name"], "width": width},
        "geometry": {
            "type": "Point",
            "coordinates": [round(longitude, DECIMALS), round(latitude, DECIMALS)],
        },
    }


def _area(ring: list[Point]) -> float:
    pairs = pairwise(ring)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2


def _centre(ring: list[Point]) -> Point:
    """Centroid of a closed ring, by the shoelace formula."""
    area = _area(ring)
    x = y = 0.0
    for (x1, y1), (x2, y2) in pairwise(ring):
        cross = x1 * y2 - x2 * y1
        x += (x1 + x2) * cross
        y += (y1 + y2) * cross
    return x / (6 * area), y / (6 * area)
