"""Places on the map: Web Mercator metres, and the 5 m cells that places are known by.

Pure. Mercator is conformal, so what is nearest on it is nearest on the ground, and a distance on it
becomes ground metres by one factor that depends on the latitude alone.
"""

import math

CELL_METRES = 5.0
_E7 = 10_000_000
_RADIUS = 6_378_137.0
# Beyond it a Mercator map has no end; nobody drives there.
_MAX_LATITUDE = 85.0
# A map 40,000 km wide has 8 million cells a side, counted from the south-west corner.
_SIDE_BITS = 24
_OFFSET = 1 << (_SIDE_BITS - 1)
# What of a cell is its column.
COLUMN_MASK = (1 << _SIDE_BITS) - 1


def mercator(latitude_e7: int, longitude_e7: int) -> tuple[float, float]:
    """(x, y) in Web Mercator metres of a place in 1e-7 degrees."""
    return mercator_of_degrees(latitude_e7 / _E7, longitude_e7 / _E7)


def mercator_of_degrees(latitude: float, longitude: float) -> tuple[float, float]:
    """(x, y) in Web Mercator metres of a place in degrees north and east."""
    latitude = max(-_MAX_LATITUDE, min(_MAX_LATITUDE, latitude))
    # asinh(tan φ) is ln tan(π/4 + φ/2), and exact near the equator too.
    y = _RADIUS * math.asinh(math.tan(math.radians(latitude)))
    return _RADIUS * math.radians(longitude), y


def degrees_of(x: float, y: float) -> tuple[float, float]:
    """(latitude, longitude) in degrees of a place in Web Mercator metres."""
    return math.degrees(math.atan(math.sinh(y / _RADIUS))), math.degrees(x / _RADIUS)


def ground_scale(y: float) -> float:
    """Ground metres per Mercator metre at `y`: the cosine of its latitude."""
    return 1.0 / math.cosh(y / _RADIUS)


def cell_of(latitude_e7: int, longitude_e7: int) -> int:
    """The cell that a place in 1e-7 degrees lies in: row by row from the south, each from the west.

    Never to be changed: it is the key of everything known of places.
    """
    return cell_at(*mercator(latitude_e7, longitude_e7))


def cell_at(x: float, y: float) -> int:
    """The cell that (x, y) in Web Mercator metres lies in."""
    column = math.floor(x / CELL_METRES) + _OFFSET
    row = math.floor(y / CELL_METRES) + _OFFSET
    return row << _SIDE_BITS | column


def centre_of(cell: int) -> tuple[float, float]:
    """(x, y) in Web Mercator metres of a cell's centre."""
    column = (cell & COLUMN_MASK) - _OFFSET
    row = (cell >> _SIDE_BITS) - _OFFSET
    return (column + 0.5) * CELL_METRES, (row + 0.5) * CELL_METRES
