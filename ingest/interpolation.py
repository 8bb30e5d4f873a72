"""House numbers by position along a street: what TIGER/Line knows of an address. Pure.

A stretch of street has a range of numbers on each side, in the direction of its line. A number
found so is an estimate, and is always shown as one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Range:
    """The house numbers of one side, from the line's start to its end.

    `step` is 2 where all are odd or all even. `prefix` stands before each ("12-" in Queens).
    """

    first: int
    last: int
    step: int = 2
    prefix: str = ""

    def at(self, fraction: float) -> str:
        """The number at this part of the way: of the range's parity, never outside of it."""
        number = self.first + self.step * round((self.last - self.first) * fraction / self.step)
        low, high = sorted((self.first, self.last))
        return f"{self.prefix}{max(low, min(high, number))}"


@dataclass(frozen=True, slots=True)
class Foot:
    """Where a point falls on a line: the part of the way there, and on which side it lies."""

    fraction: float
    distance: float
    is_left: bool


def project(point: Point, line: Sequence[Point]) -> Foot:
    """The nearest point of `line` (two points or more) to `point`."""
    lengths = [math.dist(start, end) for start, end in pairwise(line)]
    total = sum(lengths)
    best = Foot(0.0, math.inf, is_left=False)
    gone = 0.0
    for (start, end), length in zip(pairwise(line), lengths, strict=True):
        along = _along(point, start, end, length)
        nearest = (start[0] + (end[0] - start[0]) * along, start[1] + (end[1] - start[1]) * along)
        distance = math.dist(point, nearest)
        if distance < best.distance:
            fraction = (gone + length * along) / total if total else 0.0
            best = Foot(fraction, distance, _is_left(point, start, end))
        gone += length
    return best


def house_number(
    point: Point, line: Sequence[Point], left: Range | None, right: Range | None
) -> str | None:
    """The number at `point`'s side of the line; of the other side where only that has any.

    None where neither has.
    """
    if left is None and right is None:
        return None
    foot = project(point, line)
    side = (left or right) if foot.is_left else (right or left)
    return side.at(foot.fraction) if side else None


def _along(point: Point, start: Point, end: Point, length: float) -> float:
    """How far along the way from start to end, 0 to 1, the nearest point lies."""
    if not length:
        return 0.0
    dot = (point[0] - start[0]) * (end[0] - start[0]) + (point[1] - start[1]) * (end[1] - start[1])
    return max(0.0, min(1.0, dot / length / length))


def _is_left(point: Point, start: Point, end: Point) -> bool:
    cross = (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (
        point[0] - start[0]
    )
    return cross > 0
