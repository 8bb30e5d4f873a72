"""Where a plate is in its picture, as vendors tell it: made into x, y, width and height in pixels.

A place that can't be told is left out, and so the read waits for its close-up in quarantine.
"""

from collections.abc import Sequence
from typing import Any

from ingest.formats.nodes import Node
from ingest.photographs import inspect
from ingest.rules import Quarantined

Box = list[float]
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_SIDES = ("x", "y", "width", "height")


def from_corners(node: Node, names: Sequence[str] = _CORNERS) -> Box | None:
    """From two corners, in four fields. Raises Quarantined for one that is no number."""
    west, north, east, south = (node.number(name) for name in names)
    if west is None or north is None or east is None or south is None:
        return None
    return [west, north, east - west, south - north]


def from_sides(node: Node, names: Sequence[str] = _SIDES) -> Box | None:
    """From a corner, width and height, in four fields. Raises as `from_corners`."""
    sides = [node.number(name) for name in names]
    found = [side for side in sides if side is not None]
    return found if len(found) == len(sides) else None


def from_list(values: Sequence[Any]) -> Box | None:
    """From a list of four numbers, in whatever sense."""
    return from_sides(Node(dict(zip(_SIDES, values, strict=False)))) if len(values) == 4 else None


def fits(box: Box, size: tuple[int, int]) -> bool:
    """Whether it lies within a picture of this width and height, and is less than all of it."""
    x, y, width, height = box
    within = 0 <= x < x + width <= size[0] and 0 <= y < y + height <= size[1]
    return within and (width, height) != size


def from_shares(west: float, north: float, east: float, south: float, size: tuple[int, int]) -> Box:
    """From two corners in shares of a picture's width and height."""
    across, down = size
    x, y = round(west * across), round(north * down)
    return [x, y, round(east * across) - x, round(south * down) - y]


def size_of(picture: bytes | None) -> tuple[int, int] | None:
    """Width and height of what is a picture."""
    if picture is None:
        return None
    try:
        found = inspect(picture)
    except Quarantined:
        return None
    return found.width, found.height
