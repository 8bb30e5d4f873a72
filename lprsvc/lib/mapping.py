"""What the map's script is given: places and what stands beside them, as small as can be. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# Of any clock: what is counted from it is told without a zone.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPoint:
    """One hit on a map. `number` is its place in the list beside, 0 where that does not hold it.

    `local` is the clock at its camera; `is_left_out`: not to be printed.
    """

    latitude: float
    longitude: float
    source: str
    camera: str
    local: datetime
    number: int
    is_left_out: bool = False


def map_data(points: Iterable[MapPoint]) -> dict[str, list[Any]]:
    """For the JSON block that the script reads: what many hits share is said once.

    A camera is [source, camera]; a place is [latitude, longitude, index of its camera], in degrees
    of five decimals, about a metre; a zone is the clock's name, as "EST". A point is [index of its
    place, number, minutes since 1970 on its clock, index of its zone], and a fifth, 1, where it is
    left out of print.
    """
    cameras: dict[tuple[str, str], int] = {}
    places: dict[tuple[float, float, int], int] = {}
    zones: dict[str, int] = {}
    drawn = []
    for point in points:
        camera = cameras.setdefault((point.source, point.camera), len(cameras))
        spot = (round(point.latitude, 5), round(point.longitude, 5), camera)
        place = places.setdefault(spot, len(places))
        zone = zones.setdefault(point.local.tzname() or "", len(zones))
        minutes = (point.local.replace(tzinfo=None) - _EPOCH) // _MINUTE
        drawn.append([place, point.number, minutes, zone, *([1] if point.is_left_out else [])])
    return {
        "cameras": [list(names) for names in cameras],
        "places": [list(spot) for spot in places],
        "zones": list(zones),
        "points": drawn,
    }
