"""What every format of streets and addresses is turned into, in Web Mercator metres."""

from dataclasses import dataclass

from ingest.interpolation import Point, Range

# As a place shows them; longer ones are cut.
MAX_ADDRESS = 200
MAX_INTERSECTION = 300
HIGHWAY, MAIN_ROAD, STREET = 1, 2, 3


@dataclass(frozen=True, slots=True)
class AddressRow:
    """One address point: number and street as people write them."""

    x: float
    y: float
    address: str


@dataclass(frozen=True, slots=True)
class IntersectionRow:
    """A point where streets of different names meet: "1st Ave SE & E Main St"."""

    x: float
    y: float
    name: str


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A stretch of a named street with the house numbers of its two sides.

    `key` is the same in every file that holds the stretch: neighbouring counties' files share some.
    """

    key: int
    line: tuple[Point, ...]
    name: str
    rank: int = STREET
    left: Range | None = None
    right: Range | None = None


GeoRow = AddressRow | IntersectionRow | SegmentRow
