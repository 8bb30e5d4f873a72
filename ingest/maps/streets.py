"""Streets of our own tables, cut into the same squares as pictures are, as GeoJSON.

Lines go a little over each square's edge, so that squares drawn side by side show no seams.
"""

from typing import Any

from ingest.maps.mercator import Box, exists, tile_box
from ingest.maps.sources import TileSource
from ingest.selectors import streets_within

# The streets of the densest square kilometres; main roads come first.
MOST_STREETS = 3_000
_OVER_THE_EDGE = 0.05
# About a metre: finer than any street is known.
_DECIMALS = 5


def find_streets(source: TileSource, z: int, x: int, y: int) -> dict[str, Any] | None:
    """The streets of one square as a GeoJSON feature collection; None where there is no square.

    `truncated` says that there are more than are sent.
    """
    if not exists(z, x, y) or not source.has_zoom(z):
        return None
    box = _widened(tile_box(z, x, y))
    streets = streets_within(
        south=box.south, west=box.west, north=box.north, east=box.east, limit=MOST_STREETS
    )
    features = [
        {
            "type": "Feature",
            "properties": {"name": street.name, "rank": street.rank},
            "geometry": {
                "type": "LineString",
                "coordinates": [
                    (round(longitude, _DECIMALS), round(latitude, _DECIMALS))
                    for latitude, longitude in street.points
                ],
            },
        }
        for street in streets
    ]
    return {
        "type": "FeatureCollection",
        "features": features,
        "truncated": len(streets) == MOST_STREETS,
    }


def _widened(box: Box) -> Box:
    high = (box.north - box.south) * _OVER_THE_EDGE
    wide = (box.east - box.west) * _OVER_THE_EDGE
    return Box(box.south - high, box.west - wide, box.north + high, box.east + wide)
