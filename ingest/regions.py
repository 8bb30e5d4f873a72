"""Which state, county and metropolitan area a coordinate lies in: what law and coverage go by.

County polygons (``us-atlas``, made ready by set-up: ``lprsvc.runtime.geo``) in a tree that each
process builds when it first asks. No coordinate leaves the process.

A place is looked up by the middle of its cell of a thousandth of a degree, some 100 m; the borders
themselves are drawn no finer than 300 m. So the answer depends on the coordinates alone, and
thousands of reads of a neighbourhood are one look-up.
"""

import json
import math
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import shapely
from django.conf import settings

from ingest.metropolitan import area_of_county
from lprsvc.lib.jurisdictions import state_name

_CELL_E7 = 10_000
_E7 = 10_000_000
_KM_PER_DEGREE = 111.32
# Borders are drawn along the shore, and roads cross water. What lies no further out than this is
# the nearest county's: the middle of nearly every bridge, and no town beyond a border river
# that is not within the drawing's own error.
_OFF_SHORE_KM = 2.0
# Where a road leads further out: (south, north, west, east), the kilometres to look from there.
_LONG_CROSSINGS = (
    ((36.90, 37.20, -76.20, -75.90), 16.0),  # Chesapeake Bay Bridge-Tunnel
    ((38.90, 39.10, -76.55, -76.25), 6.0),  # Chesapeake Bay Bridge
    ((30.00, 30.45, -90.30, -89.80), 24.0),  # Lake Pontchartrain Causeway
    ((27.50, 28.10, -82.85, -82.35), 8.0),  # Tampa Bay
    ((24.40, 25.40, -82.00, -80.20), 8.0),  # the Overseas Highway, Florida Keys
    ((37.40, 38.20, -122.60, -121.90), 6.0),  # San Francisco Bay
    ((45.70, 45.95, -84.90, -84.55), 6.0),  # Mackinac Bridge
    ((47.00, 48.30, -122.90, -122.20), 6.0),  # Puget Sound
)

# A county's number has five digits, a state's two; the first county is 01001.
_FEWEST_OF_COUNTY = 1_000

# The first two digits of a county's FIPS code → our id of the state.
STATE_OF_FIPS = {
    "01": "US-AL", "02": "US-AK", "04": "US-AZ", "05": "US-AR", "06": "US-CA", "08": "US-CO",
    "09": "US-CT", "10": "US-DE", "11": "US-DC", "12": "US-FL", "13": "US-GA", "15": "US-HI",
    "16": "US-ID", "17": "US-IL", "18": "US-IN", "19": "US-IA", "20": "US-KS", "21": "US-KY",
    "22": "US-LA", "23": "US-ME", "24": "US-MD", "25": "US-MA", "26": "US-MI", "27": "US-MN",
    "28": "US-MS", "29": "US-MO", "30": "US-MT", "31": "US-NE", "32": "US-NV", "33": "US-NH",
    "34": "US-NJ", "35": "US-NM", "36": "US-NY", "37": "US-NC", "38": "US-ND", "39": "US-OH",
    "40": "US-OK", "41": "US-OR", "42": "US-PA", "44": "US-RI", "45": "US-SC", "46": "US-SD",
    "47": "US-TN", "48": "US-TX", "49": "US-UT", "50": "US-VT", "51": "US-VA", "53": "US-WA",
    "54": "US-WV", "55": "US-WI", "56": "US-WY", "60": "US-AS", "66": "US-GU", "69": "US-MP",
    "72": "US-PR", "78": "US-VI",
}  # fmt: skip
FIPS_OF_STATE = {state: fips for fips, state in STATE_OF_FIPS.items()}


@dataclass(frozen=True, slots=True)
class Region:
    """Where a place lies. `state` is our id, as "US-PA"; `metro` and its code are empty outside
    every metropolitan area."""

    state: str
    county_fips: str
    county: str
    metro_code: str = ""
    metro: str = ""

    @property
    def geoid(self) -> int:
        """The county's code as a number."""
        return int(self.county_fips)


def locate(latitude_e7: int, longitude_e7: int) -> Region | None:
    """The region of a place in 1e-7 degrees; None at sea and abroad."""
    return _of_cell(latitude_e7 // _CELL_E7, longitude_e7 // _CELL_E7)


def place_name(geoid: int) -> str:
    """The name of a state (two digits) or county (five) by the Census Bureau's number."""
    if geoid < _FEWEST_OF_COUNTY:
        return state_name(STATE_OF_FIPS[f"{geoid:02}"])
    region = counties()[f"{geoid:05}"]
    return f"{region.county}, {state_name(region.state)}"


def counties() -> dict[str, Region]:
    """Every county there is, by its FIPS code."""
    return {region.county_fips: region for region in _atlas().regions}


def county_polygons() -> list[tuple[Region, shapely.Geometry]]:
    """Every county with its borders, in degrees: x is the longitude."""
    atlas = _atlas()
    return list(zip(atlas.regions, atlas.tree.geometries, strict=True))


# Some 20 MB when full: more places than the cameras of one state's streets pass in a day.
@lru_cache(maxsize=131_072)
def _of_cell(row: int, column: int) -> Region | None:
    latitude = (row + 0.5) * _CELL_E7 / _E7
    longitude = (column + 0.5) * _CELL_E7 / _E7
    return _atlas().find(latitude, longitude)


@dataclass(frozen=True, slots=True)
class _Atlas:
    tree: shapely.STRtree
    regions: tuple[Region, ...]

    def find(self, latitude: float, longitude: float) -> Region | None:
        near = self.tree.query(shapely.Point(longitude, latitude))
        # Not by the query's own predicate: that would not use that the polygons are prepared.
        inside = near[shapely.intersects_xy(self.tree.geometries[near], longitude, latitude)]
        # On a border several: the first, so that the answer is always the same.
        index = int(inside.min()) if inside.size else self._nearest(latitude, longitude)
        return None if index is None else self.regions[index]

    def _nearest(self, latitude: float, longitude: float) -> int | None:
        """The county whose border is nearest on the ground and near enough."""
        reach = _reach_km(latitude, longitude)
        point = shapely.Point(longitude, latitude)
        shrink = math.cos(math.radians(latitude))
        high = reach / _KM_PER_DEGREE
        wide = high / shrink
        around = shapely.box(longitude - wide, latitude - high, longitude + wide, latitude + high)
        near: list[tuple[float, int]] = []
        for index in self.tree.query(around):
            line = shapely.shortest_line(point, self.tree.geometries[index])
            (west, south), (east, north) = line.coords
            distance = math.hypot((east - west) * shrink, north - south) * _KM_PER_DEGREE
            if distance <= reach:
                near.append((distance, int(index)))
        return min(near)[1] if near else None


def _reach_km(latitude: float, longitude: float) -> float:
    for (south, north, west, east), reach in _LONG_CROSSINGS:
        if south <= latitude <= north and west <= longitude <= east:
            return reach
    return _OFF_SHORE_KM


@cache
def _atlas() -> _Atlas:
    content = json.loads(Path(settings.COUNTIES_FILE).read_text("utf-8"))
    entries = sorted(content["counties"], key=lambda entry: entry["fips"])
    # Simplifying has made a few rings touch themselves.
    polygons = shapely.make_valid(
        [_polygon(entry["polygons"], content["unit"]) for entry in entries]
    )
    shapely.prepare(polygons)
    return _Atlas(shapely.STRtree(polygons), tuple(map(_region, entries)))


def _polygon(polygons: list[list[list[int]]], unit: float) -> shapely.MultiPolygon:
    """Polygons of rings, each a chain of steps: x, y, x, y …"""
    return shapely.MultiPolygon(
        [
            ([*_points(rings[0], unit)], [_points(ring, unit) for ring in rings[1:]])
            for rings in polygons
        ]
    )


def _points(steps: list[int], unit: float) -> list[tuple[float, float]]:
    xs, ys = accumulate(steps[::2]), accumulate(steps[1::2])
    return [(x * unit, y * unit) for x, y in zip(xs, ys, strict=True)]


def _region(entry: dict[str, Any]) -> Region:
    fips = entry["fips"]
    area = area_of_county().get(fips)
    return Region(
        state=STATE_OF_FIPS[fips[:2]],
        county_fips=fips,
        county=entry["name"],
        metro_code=area.code if area else "",
        metro=area.title if area else "",
    )
