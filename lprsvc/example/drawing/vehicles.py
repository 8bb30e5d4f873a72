"""Vehicles from behind, as a camera on a pole sees them: roof, rear window, lid, lights, bumper.

A body is described by a few heights and widths on a canvas 1000 units wide; the ground is at 880.
"""

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

from lprsvc.example.drawing.canvas import RGB, Canvas, darker, lighter, mix

WIDTH, HEIGHT = 1000.0, 940.0
_GROUND = 880.0
_MIDDLE = WIDTH / 2

VEHICLE_COLOURS: dict[str, RGB] = {
    "white": (232, 233, 232),
    "silver": (176, 182, 188),
    "gray": (106, 110, 116),
    "black": (38, 40, 44),
    "red": (164, 30, 36),
    "blue": (38, 74, 142),
    "green": (38, 88, 62),
    "brown": (94, 66, 46),
    "beige": (202, 188, 158),
    "gold": (178, 146, 82),
    "orange": (206, 98, 32),
    "yellow": (226, 188, 44),
    "maroon": (96, 24, 36),
}


@dataclass(frozen=True, slots=True)
class Body:
    """The measures of one body type, in canvas units."""

    roof: float
    glass_top: float
    glass_bottom: float
    shoulder: float
    half_roof: float
    half_glass: float
    half_body: float
    lid: float
    plate: tuple[float, float]
    lamp: tuple[float, float, float, float]
    style: str


# plate: centre of the licence plate; lamp: inner x offset, top, bottom, width from the body's edge.
BODIES: dict[str, Body] = {
    "sedan": Body(250, 292, 440, 500, 250, 330, 430, 470, (500, 650), (265, 520, 610, 8), "lid"),
    "coupe": Body(290, 330, 460, 515, 230, 320, 425, 490, (500, 760), (250, 540, 605, 8), "lid"),
    "hatchback": Body(230, 268, 470, 520, 270, 345, 415, 490, (500, 640), (310, 450, 610, 8),
                      "hatch"),
    "suv": Body(130, 180, 395, 480, 310, 370, 435, 420, (500, 590), (345, 380, 590, 8), "hatch"),
    "van": Body(60, 120, 380, 480, 350, 390, 435, 400, (500, 640), (375, 420, 640, 8), "doors"),
    "pickup": Body(150, 200, 370, 440, 280, 330, 440, 430, (500, 775), (365, 450, 640, 8),
                   "tailgate"),
}  # fmt: skip
PLATE_SPAN = 178.0


@lru_cache(maxsize=24)
def draw_vehicle(body_type: str, colour: str, lights_on: bool, width: int) -> Image.Image:
    """The vehicle as RGBA, `width` pixels wide, without its plate.

    Raises KeyError for a body type or colour that is not drawn.
    """
    body, paint = BODIES[body_type], VEHICLE_COLOURS[colour]
    canvas = Canvas(WIDTH, HEIGHT, 2.0 * width / WIDTH)
    canvas.glow(_MIDDLE, _GROUND - 4, body.half_body * 1.3, 90, (0, 0, 0), 235)
    canvas.glow(_MIDDLE, _GROUND - 20, body.half_body * 1.12, 60, (0, 0, 0), 255)
    _wheels(canvas, body)
    _cabin(canvas, body, paint)
    _shell(canvas, body, paint)
    _STYLES[body.style](canvas, body, paint)
    _bumper(canvas, body, paint)
    _lamps(canvas, body, lights_on)
    _recess(canvas, body, paint)
    return canvas.finish((width, round(width * HEIGHT / WIDTH)))


def _wheels(canvas: Canvas, body: Body) -> None:
    for side in (-1, 1):
        x = _MIDDLE + side * (body.half_body - 66)
        canvas.rectangle(x - 62, 690, x + 62, _GROUND, (22, 22, 24), 26)
        canvas.rectangle(x - 44, 700, x + 44, _GROUND - 4, (34, 34, 37), 18)
        for groove in (-24, 0, 24):
            canvas.line([(x + groove, 760), (x + groove, _GROUND - 6)], (18, 18, 20), 5)


def _cabin(canvas: Canvas, body: Body, paint: RGB) -> None:
    """Roof and pillars, the rear window, what is seen through it, and the mirrors."""
    m = _MIDDLE
    for side in (-1, 1):
        x = m + side * (body.half_glass + 44)
        canvas.rectangle(
            x - 34, body.glass_bottom - 66, x + 34, body.glass_bottom - 14, darker(paint, 0.3), 20
        )
    roof = [
        (m - body.half_roof, body.roof), (m + body.half_roof, body.roof),
        (m + body.half_glass + 24, body.glass_bottom + 30),
        (m + body.half_body - 8, body.shoulder + 20),
        (m - body.half_body + 8, body.shoulder + 20),
        (m - body.half_glass - 24, body.glass_bottom + 30),
    ]  # fmt: skip
    canvas.shade(roof, lighter(paint, 0.28), darker(paint, 0.22), 46)
    glass = [
        (m - body.half_roof + 12, body.glass_top), (m + body.half_roof - 12, body.glass_top),
        (m + body.half_glass - 16, body.glass_bottom),
        (m - body.half_glass + 16, body.glass_bottom),
    ]  # fmt: skip
    canvas.shade(glass, (38, 46, 56), (84, 96, 108), 26)
    for seat in (-0.5, 0.5):
        x = m + seat * body.half_glass
        top = body.glass_top + (body.glass_bottom - body.glass_top) * 0.42
        canvas.rectangle(x - 52, top, x + 52, body.glass_bottom - 6, (30, 34, 40), 22)
    shine = [
        (m - body.half_roof + 60, body.glass_top + 4), (m - body.half_roof + 190,
        body.glass_top + 4), (m - body.half_roof + 60, body.glass_bottom - 6),
        (m - body.half_glass + 30, body.glass_bottom - 6),
    ]  # fmt: skip
    canvas.polygon(shine, (214, 228, 240), 8, alpha=44)
    brake = m - 46, body.glass_top + 6, m + 46, body.glass_top + 18
    canvas.rectangle(*brake, (120, 20, 22), 5)


def _shell(canvas: Canvas, body: Body, paint: RGB) -> None:
    """The rear of the body from the shoulder to the sill."""
    m, half = _MIDDLE, body.half_body
    outline = [
        (m - half + 26, body.lid), (m + half - 26, body.lid), (m + half, body.lid + 80),
        (m + half, 740), (m + half - 30, 820), (m - half + 30, 820), (m - half, 740),
        (m - half, body.lid + 80),
    ]  # fmt: skip
    canvas.shade(outline, lighter(paint, 0.14), darker(paint, 0.34), 34)
    for side in (-1, 1):
        x = m + side * (half - 14)
        canvas.polygon(
            [(x - 10, body.lid + 60), (x + 10, body.lid + 60), (x + 10, 760), (x - 10, 760)],
            (0, 0, 0), 8, alpha=46,
        )  # fmt: skip


def _lid(canvas: Canvas, body: Body, paint: RGB) -> None:
    """A boot: its lid seen from above, then its face."""
    m, half = _MIDDLE, body.half_body
    deck = [
        (m - body.half_glass + 4, body.glass_bottom + 18),
        (m + body.half_glass - 4, body.glass_bottom + 18),
        (m + half - 52, body.shoulder + 6), (m - half + 52, body.shoulder + 6),
    ]  # fmt: skip
    canvas.shade(deck, lighter(paint, 0.42), lighter(paint, 0.16), 18)
    canvas.line([(m - half + 60, 512), (m + half - 60, 512)], darker(paint, 0.5), 4)
    for side in (-1, 1):
        x = m + side * 262
        canvas.line([(x, 514), (x - side * 8, 700)], darker(paint, 0.5), 4)
    canvas.line([(m - 254, 702), (m + 254, 702)], darker(paint, 0.5), 4)
    canvas.ellipse(m, 556, 22, 14, (206, 208, 212))
    canvas.ellipse(m, 556, 14, 8, darker(paint, 0.2))


def _hatch(canvas: Canvas, body: Body, paint: RGB) -> None:
    """A tailgate with its wiper and handle."""
    m = _MIDDLE
    left, right = m - body.half_glass + 20, m + body.half_glass - 20
    canvas.line([(left, body.glass_bottom + 14), (left - 6, 716)], darker(paint, 0.5), 4)
    canvas.line([(right, body.glass_bottom + 14), (right + 6, 716)], darker(paint, 0.5), 4)
    canvas.line([(left - 6, 716), (right + 6, 716)], darker(paint, 0.5), 4)
    foot = body.glass_bottom + 2
    canvas.line([(m, foot), (m + 120, foot - 46)], (16, 16, 18), 8)
    canvas.ellipse(m, foot, 13, 10, (20, 20, 22))
    x, y = body.plate
    canvas.rectangle(x - 130, y - 86, x + 130, y - 62, (188, 192, 198), 10)
    rail = body.roof + 8
    for side in (-1, 1):
        edge = m + side * (body.half_roof - 20)
        canvas.line([(edge, rail - 4), (edge + side * 16, rail + 40)], (150, 152, 156), 9)


def _doors(canvas: Canvas, body: Body, paint: RGB) -> None:
    """Two doors that meet in the middle, with hinges and a handle."""
    m = _MIDDLE
    canvas.line([(m, body.glass_top - 30), (m, 730)], darker(paint, 0.55), 6)
    canvas.rectangle(m - 12, body.glass_top, m + 12, body.glass_bottom, darker(paint, 0.1))
    canvas.line([(m, body.glass_top - 30), (m, 730)], darker(paint, 0.55), 5)
    for side in (-1, 1):
        for y in (body.glass_bottom + 60, 690.0):
            x = m + side * (body.half_body - 22)
            canvas.rectangle(x - 16, y, x + 16, y + 18, darker(paint, 0.45), 5)
    canvas.rectangle(m + 22, 490, m + 40, 560, (36, 38, 42), 8)


def _tailgate(canvas: Canvas, body: Body, paint: RGB) -> None:
    """The load bed's edge in front of the cabin, and the tailgate with its handle."""
    m, half = _MIDDLE, body.half_body
    bed = [
        (m - half + 30, body.lid - 18), (m + half - 30, body.lid - 18),
        (m + half - 20, body.lid + 24), (m - half + 20, body.lid + 24),
    ]  # fmt: skip
    canvas.shade(bed, (26, 27, 30), (52, 54, 58), 10)
    canvas.rectangle(m - half + 14, body.lid + 8, m + half - 14, body.lid + 30,
                     lighter(paint, 0.3), 9)  # fmt: skip
    panel = [(m - 340, 494), (m + 340, 494), (m + 340, 690), (m - 340, 690)]
    canvas.shade(panel, lighter(paint, 0.2), darker(paint, 0.2), 18)
    canvas.line([(m - 352, 486), (m - 352, 700)], darker(paint, 0.55), 5)
    canvas.line([(m + 352, 486), (m + 352, 700)], darker(paint, 0.55), 5)
    canvas.rectangle(m - 62, 508, m + 62, 546, (28, 29, 32), 12)
    canvas.text(m, 624, "EXAMPLE", 62, darker(paint, 0.3), bold=3)


_STYLES = {"lid": _lid, "hatch": _hatch, "doors": _doors, "tailgate": _tailgate}


def _bumper(canvas: Canvas, body: Body, paint: RGB) -> None:
    m, half = _MIDDLE, body.half_body
    chrome = body.style in ("tailgate", "doors")
    top, bottom = ((214, 216, 220), (108, 112, 118)) if chrome else (
        lighter(paint, 0.1), darker(paint, 0.42))  # fmt: skip
    skin = [
        (m - half - 4, 724), (m + half + 4, 724), (m + half + 2, 790), (m + half - 40, 834),
        (m - half + 40, 834), (m - half - 2, 790),
    ]  # fmt: skip
    canvas.shade(skin, top, bottom, 22)
    canvas.line([(m - half + 4, 724), (m + half - 4, 724)], darker(paint, 0.55), 4)
    skirt = [(m - half + 90, 806), (m + half - 90, 806), (m + half - 120, 846),
             (m - half + 120, 846)]  # fmt: skip
    canvas.polygon(skirt, (30, 31, 34), 12)
    for side in (-1, 1):
        x = m + side * (half - 60)
        canvas.rectangle(x - 44, 764, x + 44, 782, (150, 26, 28), 6)
    canvas.ellipse(m + half - 190, 838, 30, 13, (96, 98, 102))
    canvas.ellipse(m + half - 190, 840, 22, 9, (14, 14, 16))


def _lamps(canvas: Canvas, body: Body, lights_on: bool) -> None:
    inner, top, bottom, margin = body.lamp
    red: RGB = (206, 26, 30) if lights_on else (138, 18, 24)
    for side in (-1, 1):
        near, far = _MIDDLE + side * inner, _MIDDLE + side * (body.half_body - margin)
        outline = [(near, top + 8), (far, top), (far, bottom), (near, bottom - 6)]
        canvas.shade(outline, lighter(red, 0.12), darker(red, 0.3), 14)
        middle = (top + bottom) / 2
        amber = [
            (near + side * 8, middle + 8), (far - side * 8, middle + 8),
            (far - side * 8, middle + 26), (near + side * 8, middle + 26),
        ]  # fmt: skip
        canvas.polygon(amber, (228, 226, 220), 5)
        canvas.polygon(
            [(near, top + 10), (far, top + 3), (far, top + 18), (near, top + 24)],
            (255, 255, 255), 5, alpha=60,
        )  # fmt: skip
        if lights_on:
            x = (near + far) / 2
            canvas.glow(x, middle, 150, 130, (255, 70, 50), 190)
            canvas.glow(x, middle - 12, 46, 44, (255, 226, 206), 235)


def _recess(canvas: Canvas, body: Body, paint: RGB) -> None:
    x, y = body.plate
    half = PLATE_SPAN / 2
    hollow = mix(darker(paint, 0.6), (20, 20, 22), 0.4)
    canvas.rectangle(x - half - 22, y - half / 2 - 18, x + half + 22, y + half / 2 + 16, hollow, 16)
    canvas.glow(x, y - half / 2 - 8, half, 20, (255, 246, 214), 120)
