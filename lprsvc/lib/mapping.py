"""What the map's script is given: places and what stands beside them, as small as can be. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


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


def map_data(points: Iterable[MapPoint]) -> dict[str, list[list[Any]]]:
    """For the JSON block that the script reads: each camera once, each point as a short list.

    A camera is [source, camera]; a point is [latitude, longitude, index of its camera, number,
    time, 1 if it is left out of print]. Degrees have five decimals, about a metre.
    """
    cameras: dict[tuple[str, str], int] = {}
    drawn = [
        [
            round(point.latitude, 5),
            round(point.longitude, 5),
            cameras.setdefault((point.source, point.camera), len(cameras)),
            point.number,
            f"{point.local:%Y-%m-%d %H:%M} {point.local.tzname()}",
            int(point.is_left_out),
        ]
        for point in points
    ]
    return {"cameras": [list(names) for names in cameras], "points": drawn}
