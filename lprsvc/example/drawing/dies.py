"""The serial's letters, as a plate press makes them: strokes of one width with round ends.

No font file is needed, and height, width and weight vary freely, which training pictures want.
A glyph stands on a grid 4 wide and 8 high. A stroke is `=` (sharp corners), `~` (round corners) or
`@` (round and closed), then its points.
"""

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from lprsvc.example.drawing.canvas import Point, rounded

_GLYPHS: dict[str, tuple[str, ...]] = {
    "0": ("@ 0.1,0 3.9,0 3.9,8 0.1,8",),
    "1": ("= 0.8,1.5 2.2,0 2.2,8", "= 0.9,8 3.5,8"),
    "2": ("~ 0,2.3 0,0 4,0 4,3.7 0,8", "= 0,8 4,8"),
    "3": ("~ 0,1.9 0,0 3.9,0 3.9,3.8 1.5,3.8", "~ 1.5,3.8 4,3.8 4,8 0,8 0,6.1"),
    "4": ("= 3,8 3,0 0,5.5 4,5.5",),
    "5": ("= 3.8,0 0.3,0 0.1,3.6", "~ 0.1,3.6 0.9,3 4,3 4,8 0,8 0,6.2"),
    "6": ("@ 0,3.4 4,3.4 4,8 0,8", "~ 0,6 0,0 4,0 4,1.8"),
    "7": ("= 0,0 4,0 1.4,8",),
    "8": ("@ 0.25,0 3.75,0 3.75,3.8 0.25,3.8", "@ 0,3.8 4,3.8 4,8 0,8"),
    "9": ("@ 0,0 4,0 4,4.6 0,4.6", "~ 4,2 4,8 0,8 0,6.2"),
    "A": ("= 0,8 2,0 4,8", "= 0.75,5.4 3.25,5.4"),
    "B": ("~ 0,0 3.8,0 3.8,3.8 0,3.8", "~ 0,3.8 4,3.8 4,8 0,8", "= 0,0 0,8"),
    "C": ("~ 4,2.2 4,0 0,0 0,8 4,8 4,5.8",),
    "D": ("~ 0,0 4,0 4,8 0,8", "= 0,0 0,8"),
    "E": ("= 4,0 0,0 0,8 4,8", "= 0,3.9 3.1,3.9"),
    "F": ("= 4,0 0,0 0,8", "= 0,3.9 3.1,3.9"),
    "G": ("~ 4,2.2 4,0 0,0 0,8 4,8 4,4.5", "= 4,4.5 2.3,4.5"),
    "H": ("= 0,0 0,8", "= 4,0 4,8", "= 0,4 4,4"),
    "I": ("= 2,0 2,8", "= 0.9,0 3.1,0", "= 0.9,8 3.1,8"),
    "J": ("~ 3.8,0 3.8,8 0,8 0,5.7",),
    "K": ("= 0,0 0,8", "= 3.9,0 0,4.8", "= 1.3,3.4 4,8"),
    "L": ("= 0,0 0,8 4,8",),
    "M": ("= 0,8 0,0 2,4.6 4,0 4,8",),
    "N": ("= 0,8 0,0 4,8 4,0",),
    "O": ("@ -0.1,0 4.1,0 4.1,8 -0.1,8",),
    "P": ("~ 0,0 4,0 4,4.5 0,4.5", "= 0,0 0,8"),
    "Q": ("@ -0.1,0 4.1,0 4.1,8 -0.1,8", "= 2.4,5.7 4.3,8.3"),
    "R": ("~ 0,0 4,0 4,4.5 0,4.5", "= 0,0 0,8", "= 1.8,4.5 4,8"),
    "S": ("~ 4,2 4,0 0,0 0,3.7 4,4.3 4,8 0,8 0,6",),
    "T": ("= 0,0 4,0", "= 2,0 2,8"),
    "U": ("~ 0,0 0,8 4,8 4,0",),
    "V": ("= 0,0 2,8 4,0",),
    "W": ("= 0,0 0.9,8 2,3 3.1,8 4,0",),
    "X": ("= 0,0 4,8", "= 4,0 0,8"),
    "Y": ("= 0,0 2,4.2 4,0", "= 2,4.2 2,8"),
    "Z": ("= 0,0 4,0 0,8 4,8",),
    "-": ("= 0.6,4 1.8,4",),
    "*": ("= 1.1,3.9 1.3,4.1",),
    " ": (),
}
_ADVANCE = {" ": 1.6, "-": 2.4, "*": 2.4}
_CORNER = 1.75


@dataclass(frozen=True, slots=True)
class Die:
    """How a press is cut: the pen's width in grid units, the room between letters, their width."""

    weight: float = 1.05
    spacing: float = 1.0
    width: float = 1.0


STANDARD_DIE = Die()


def serial_mask(serial: str, height: int, room: int, die: Die = STANDARD_DIE) -> Image.Image:
    """The serial as a mask `height` pixels tall, squeezed when it would be wider than `room`.

    Raises ValueError for a character no die is cut for.
    """
    unknown = sorted(set(serial) - set(_GLYPHS))
    if unknown:
        raise ValueError(f"no die for {unknown!r} in {serial!r}: letters, digits, ' ', '-', '*'")
    unit = 2 * height / (8 + die.weight)
    widths = [_ADVANCE.get(sign, 4 + die.weight) * die.width for sign in serial]
    natural = (sum(widths) + die.spacing * (len(serial) - 1)) * unit
    squeeze = min(1.0, 2 * room / natural) if natural else 1.0
    image = Image.new("L", (max(2, round(natural * squeeze)), 2 * height), 0)
    draw = ImageDraw.Draw(image)
    x = 0.0
    for sign, width in zip(serial, widths, strict=True):
        _press(draw, sign, x, unit, squeeze, die)
        x += width + die.spacing
    return image.reduce(2)  # drawn twice as large: lines have no smooth edges of their own


def _press(
    draw: ImageDraw.ImageDraw, sign: str, x: float, unit: float, squeeze: float, die: Die
) -> None:
    pen = die.weight * unit * (0.75 + 0.25 * squeeze)
    half = die.weight / 2
    for closed, points in _strokes(sign):
        path = [
            ((x + (px + half) * die.width) * unit * squeeze, (py + half) * unit)
            for px, py in points
        ]
        if closed:
            path = [*path, path[0], path[1]]
        draw.line(path, fill=255, width=max(1, round(pen)), joint="curve")
        for px, py in (path[0], path[-1]):
            r = pen / 2
            draw.ellipse((px - r, py - r, px + r, py + r), fill=255)


@lru_cache(maxsize=64)
def _strokes(sign: str) -> tuple[tuple[bool, tuple[Point, ...]], ...]:
    result = []
    for stroke in _GLYPHS[sign]:
        kind, *pairs = stroke.split()
        points: list[Point] = [
            (float(px), float(py)) for px, py in (pair.split(",") for pair in pairs)
        ]
        if kind != "=":
            points = rounded(points, _CORNER, closed=kind == "@")
        result.append((kind == "@", tuple(points)))
    return tuple(result)
