"""Web Mercator as tiles use it: 2^z by 2^z squares of 256 pixels, from the upper left. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

TILE_PIXELS = 256
# Beyond it the square world has no room; no camera stands there.
MAX_LATITUDE = 85.051128
DEEPEST = 22
# Length of the equator (WGS 84), in metres.
_EQUATOR = 40_075_016.686


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of the earth, in degrees."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True, slots=True)
class View:
    """A picture of `width` by `height` pixels around a place, at a zoom that may be broken."""

    latitude: float
    longitude: float
    zoom: float
    width: int
    height: int

    @property
    def metres_a_pixel(self) -> float:
        """On the ground, in the middle of the picture."""
        around = _EQUATOR * math.cos(math.radians(self.latitude))
        return around / world_pixels(self.zoom)

    @property
    def box(self) -> Box:
        """What the picture shows."""
        left, top = self.corner
        north, west = place_of(left, top, self.zoom)
        south, east = place_of(left + self.width, top + self.height, self.zoom)
        return Box(south, west, north, east)

    @property
    def corner(self) -> tuple[float, float]:
        """World pixel of the upper left corner."""
        x, y = pixel_of(self.latitude, self.longitude, self.zoom)
        return x - self.width / 2, y - self.height / 2

    def pixel(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where in the picture a place is, from the upper left."""
        x, y = pixel_of(latitude, longitude, self.zoom)
        left, top = self.corner
        return x - left, y - top


def exists(z: int, x: int, y: int) -> bool:
    """Whether there is such a tile anywhere."""
    return 0 <= z <= DEEPEST and 0 <= x < 1 << z and 0 <= y < 1 << z


def tile_box(z: int, x: int, y: int) -> Box:
    """What a tile shows."""
    north, west = place_of(x * TILE_PIXELS, y * TILE_PIXELS, z)
    south, east = place_of((x + 1) * TILE_PIXELS, (y + 1) * TILE_PIXELS, z)
    return Box(south, west, north, east)


def block_of(z: int, x: int, y: int, side: int) -> Iterator[tuple[int, int]]:
    """The tiles (x, y) of the whole block of `side` by `side` that holds a tile, row by row.

    Blocks do not overlap, so which tile of one was looked at can't be told from the block.
    """
    left, top = x - x % side, y - y % side
    end = 1 << z
    for row in range(top, min(top + side, end)):
        for column in range(left, min(left + side, end)):
            yield column, row


def world_pixels(zoom: float) -> float:
    """How wide and high the world is, in pixels."""
    return float(TILE_PIXELS * 2**zoom)


def pixel_of(latitude: float, longitude: float, zoom: float) -> tuple[float, float]:
    """The world's pixel (x, y) of a place in degrees."""
    size = world_pixels(zoom)
    capped = max(-MAX_LATITUDE, min(MAX_LATITUDE, latitude))
    sine = math.sin(math.radians(capped))
    y = 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    return (longitude + 180) / 360 * size, y * size


def place_of(x: float, y: float, zoom: float) -> tuple[float, float]:
    """The place (latitude, longitude) of a world's pixel."""
    size = world_pixels(zoom)
    latitude = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / size))))
    return latitude, x / size * 360 - 180


def zoom_to_fit(
    places: list[tuple[float, float]], width: int, height: int, *, closest: float
) -> tuple[float, float, float]:
    """Middle (latitude, longitude) and zoom at which all places lie in the picture."""
    points = [pixel_of(latitude, longitude, 0) for latitude, longitude in places]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    middle = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
    spans = ((max(xs) - min(xs), width), (max(ys) - min(ys), height))
    fits = [math.log2(pixels / span) for span, pixels in spans if span > 0]
    latitude, longitude = place_of(*middle, 0)
    return latitude, longitude, max(0.0, min(closest, *fits) if fits else closest)
