"""Parts of the earth that narrow a question (QRY-4): states, or a circle. Pure.

Coordinates are integers of 10⁻⁷ degrees, lengths whole metres: what the log holds of a limit is
exactly what was applied.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.regions import STATE_OF_FIPS, locate

# The states a read can lie in, by our ids. What lies near a border is put on one side of it with
# the error of the drawn borders (`ingest.regions`).
LOCATED_STATES = frozenset(STATE_OF_FIPS.values())

# The mean radius of the earth as a sphere (IUGG, 1980), in metres. At most 0.6 % from the
# ellipsoid's distances: less than anybody means by a circle drawn on a map.
EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Circle:
    """All within `radius_m` of a point, its edge included. Raises ValueError for none on earth."""

    latitude_e7: int
    longitude_e7: int
    radius_m: int

    def __post_init__(self) -> None:
        if not (
            abs(self.latitude_e7) <= 90 * 10**7
            and abs(self.longitude_e7) <= 180 * 10**7
            and self.radius_m > 0
        ):
            raise ValueError(f"{self} is no circle on earth")

    def covers(self, latitude_e7: int, longitude_e7: int) -> bool:
        """Whether the point lies in it."""
        here = (self.latitude_e7, self.longitude_e7)
        return distance_m(here, (latitude_e7, longitude_e7)) <= self.radius_m

    def as_fields(self) -> dict[str, Any]:
        """As the log and a recent query hold it."""
        return {
            "lat_e7": self.latitude_e7,
            "lon_e7": self.longitude_e7,
            "radius_m": self.radius_m,
        }


@dataclass(frozen=True, slots=True)
class States:
    """All within some states, by our ids. Raises ValueError for none and for unknown ones."""

    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.ids or set(self.ids) - LOCATED_STATES:
            raise ValueError(f"{self} are no states")

    def covers(self, latitude_e7: int, longitude_e7: int) -> bool:
        """Whether the point lies in one of them."""
        region = locate(latitude_e7, longitude_e7)
        return region is not None and region.state in self.ids

    def as_fields(self) -> dict[str, Any]:
        """As the log and a recent query hold it."""
        return {"states": list(self.ids)}


Geography = States | Circle


def geography_of(fields: Mapping[str, Any] | None) -> Geography | None:
    """The inverse of `as_fields`; None: anywhere."""
    if fields is None:
        return None
    if "states" in fields:
        return States(tuple(fields["states"]))
    return Circle(fields["lat_e7"], fields["lon_e7"], fields["radius_m"])


def distance_m(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Metres along the great circle between two points (latitude, longitude in 10⁻⁷ degrees)."""
    latitude, longitude = (math.radians(value / 1e7) for value in one)
    other_latitude, other_longitude = (math.radians(value / 1e7) for value in other)
    # The haversine: exact enough for metres, where the cosine rule is not.
    half = (
        math.sin((other_latitude - latitude) / 2) ** 2
        + math.cos(latitude)
        * math.cos(other_latitude)
        * math.sin((other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))
