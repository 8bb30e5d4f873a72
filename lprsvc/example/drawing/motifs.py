"""The picture behind the serial: one small painter for each motif a design may name."""

import math
from collections.abc import Callable

from lprsvc.example.drawing.canvas import Canvas, Point, lighter, mix
from lprsvc.example.drawing.designs import WHITE, PlateDesign

PLATE_WIDTH, PLATE_HEIGHT = 480.0, 240.0


def _plain(canvas: Canvas, design: PlateDesign) -> None:
    """Nothing but the ground."""


def _header(canvas: Canvas, design: PlateDesign) -> None:
    canvas.rectangle(0, 0, PLATE_WIDTH, 62, design.accent)
    canvas.rectangle(0, 62, PLATE_WIDTH, 66, lighter(design.accent, 0.5))


def _bars(canvas: Canvas, design: PlateDesign) -> None:
    canvas.rectangle(0, 62, PLATE_WIDTH, 68, design.accent)
    canvas.rectangle(0, 190, PLATE_WIDTH, 196, design.accent)


def _border(canvas: Canvas, design: PlateDesign) -> None:
    canvas.rectangle(7, 7, PLATE_WIDTH - 7, PLATE_HEIGHT - 7, design.accent, 16)
    canvas.rectangle(11, 11, PLATE_WIDTH - 11, PLATE_HEIGHT - 11, design.bottom, 13)


def _tricolour(canvas: Canvas, design: PlateDesign) -> None:
    whole = [(0.0, 0.0), (PLATE_WIDTH, 0.0), (PLATE_WIDTH, 84.0), (0.0, 84.0)]
    canvas.shade(whole, design.accent, WHITE)
    canvas.rectangle(0, 0, PLATE_WIDTH, 54, design.accent)
    foot = [(0.0, 176.0), (PLATE_WIDTH, 176.0), (PLATE_WIDTH, 240.0), (0.0, 240.0)]
    canvas.shade(foot, WHITE, design.second)


def _mountains(canvas: Canvas, design: PlateDesign) -> None:
    far: list[Point] = [(0, 80), (60, 60), (120, 84), (200, 52), (262, 82), (340, 48), (420, 78)]
    canvas.shade([*far, (480, 58), (480, 240), (0, 240)], design.accent, WHITE)
    near: list[Point] = [(0, 120), (90, 92), (180, 128), (290, 84), (390, 124), (480, 98)]
    canvas.shade([*near, (480, 240), (0, 240)], mix(design.second, WHITE, 0.35), WHITE)


def _lake(canvas: Canvas, design: PlateDesign) -> None:
    shore: list[Point] = [(0, 84), (80, 70), (190, 88), (300, 72), (400, 84), (480, 70)]
    canvas.shade([*shore, (480, 110), (0, 110)], design.second, mix(design.second, WHITE, 0.5))
    water: list[Point] = [(0, 100), (480, 100), (480, 200), (0, 200)]
    canvas.shade(water, mix(design.accent, WHITE, 0.35), WHITE)


def _sunset(canvas: Canvas, design: PlateDesign) -> None:
    canvas.glow(240, 78, 190, 100, design.accent, 230)
    field: list[Point] = [(0, 206), (120, 194), (260, 204), (400, 192), (480, 202)]
    canvas.shade([*field, (480, 240), (0, 240)], mix(design.second, WHITE, 0.4), design.second)


def _skyline(canvas: Canvas, design: PlateDesign) -> None:
    tops = (40, 74, 52, 96, 60, 110, 84, 124, 70, 92, 50, 80)
    for index, top in enumerate(tops):
        left = index * 40.0
        outline = [(left, 200 - top), (left + 34, 200 - top), (left + 34, 240), (left, 240)]
        canvas.polygon(outline, design.accent, alpha=90)


def _star(canvas: Canvas, design: PlateDesign) -> None:
    canvas.polygon(_star_points(52, 32, 22), design.accent)


def _star_points(x: float, y: float, radius: float) -> list[Point]:
    points = []
    for step in range(10):
        reach = radius if step % 2 == 0 else radius * 0.4
        angle = math.pi * step / 5 - math.pi / 2
        points.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    return points


def _fruit(canvas: Canvas, design: PlateDesign) -> None:
    canvas.polygon([(236, 98), (262, 78), (300, 82), (272, 102)], design.second, 8, alpha=200)
    for x, y, radius in ((224.0, 142.0, 36.0), (264.0, 152.0, 30.0)):
        canvas.ellipse(x, y, radius, radius, mix(design.accent, WHITE, 0.15))
        canvas.glow(x - 8, y - 10, radius * 0.8, radius * 0.8, WHITE, 150)


def _flag(canvas: Canvas, design: PlateDesign) -> None:
    for index in range(16):
        left = index * 30.0
        outline = [(left, 196), (left + 30, 196), (left + 20, 234), (left - 10, 234)]
        canvas.polygon(outline, (design.accent, (30, 30, 32), WHITE, design.second)[index % 4])
    canvas.rectangle(130, 200, 350, 232, WHITE, 6)


_MOTIFS: dict[str, Callable[[Canvas, PlateDesign], None]] = {
    "plain": _plain,
    "fade": _plain,
    "header": _header,
    "bars": _bars,
    "border": _border,
    "tricolour": _tricolour,
    "mountains": _mountains,
    "lake": _lake,
    "sunset": _sunset,
    "skyline": _skyline,
    "star": _star,
    "fruit": _fruit,
    "flag": _flag,
}


def paint_motif(canvas: Canvas, design: PlateDesign) -> None:
    """Paint the design's motif on a 480 by 240 canvas. Raises KeyError for an unknown motif."""
    _MOTIFS[design.motif](canvas, design)
