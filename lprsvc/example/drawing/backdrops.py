"""Where a camera stands: toll lane, parking lot, street, highway; by region and by time of day."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Self

from PIL import Image

from lprsvc.example.drawing.canvas import RGB, Canvas, Point, darker, lighter, mix

SCENE_SIZE = (960, 640)
_HORIZON = 236.0


class Place(Enum):
    """What stands around the camera."""

    TOLL = "toll lane"
    PARKING = "parking lot"
    STREET = "street"
    HIGHWAY = "highway"


class Region(Enum):
    """What stands on the horizon."""

    CITY = "city"
    HILLS = "hills"
    DESERT = "desert"
    PLAINS = "plains"


class Daylight(Enum):
    """Light of the hour; at night the camera sees by infrared, without colour."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"

    @classmethod
    def at_hour(cls, hour: int) -> Self:
        """The light at a local hour (0 to 23)."""
        if 7 <= hour < 18:
            return cls.DAY
        return cls.DUSK if hour in (6, 18, 19) else cls.NIGHT


@dataclass(frozen=True, slots=True)
class _Light:
    sky_top: RGB
    sky_foot: RGB
    tint: RGB
    strength: float

    def on(self, colour: RGB) -> RGB:
        return mix(colour, self.tint, self.strength)


_LIGHTS = {
    Daylight.DAY: _Light((108, 160, 214), (222, 233, 240), (255, 250, 235), 0.06),
    Daylight.DUSK: _Light((66, 82, 138), (244, 178, 124), (84, 62, 72), 0.28),
    Daylight.NIGHT: _Light((12, 13, 15), (44, 46, 50), (16, 17, 20), 0.66),
}


@lru_cache(maxsize=48)
def draw_backdrop(place: Place, region: Region, daylight: Daylight) -> Image.Image:
    """The empty scene as RGB, 960 by 640."""
    source = random.Random(f"{place.name}/{region.name}")
    light = _LIGHTS[daylight]
    width, height = SCENE_SIZE
    canvas = Canvas(width, height, 1.4)
    _sky(canvas, light, daylight, source)
    _REGIONS[region](canvas, light, daylight, source)
    canvas.soften(_HORIZON + 36, 1.6)
    _PLACES[place](canvas, light, daylight, source)
    canvas.glow(width / 2, height * 0.9, 520, 190, light.on((255, 250, 240)), 40)
    return canvas.finish().convert("RGB")


def _sky(canvas: Canvas, light: _Light, daylight: Daylight, source: random.Random) -> None:
    whole: list[Point] = [(0, 0), (960, 0), (960, _HORIZON + 30), (0, _HORIZON + 30)]
    canvas.shade(whole, light.sky_top, light.sky_foot)
    if daylight is Daylight.DUSK:
        canvas.glow(source.uniform(150, 800), 226, 420, 190, (255, 206, 130), 210)
    if daylight is Daylight.NIGHT:
        return
    for _ in range(5):
        x, y = source.uniform(0, 960), source.uniform(20, 140)
        for puff in range(4):
            canvas.glow(x + puff * 40, y + source.uniform(-8, 8), 80, 26, (255, 255, 255), 130)


def _city(canvas: Canvas, light: _Light, daylight: Daylight, source: random.Random) -> None:
    for depth, base in ((0.55, 60.0), (0.25, 34.0)):
        x = -20.0
        while x < 960:
            wide, high = source.uniform(34, 84), base + source.uniform(0, 100)
            tone = mix(light.on((96, 108, 124)), light.sky_foot, depth)
            canvas.rectangle(x, _HORIZON - high, x + wide - 3, _HORIZON + 20, tone)
            _windows(canvas, x, high, wide, tone, daylight, source)
            x += wide


def _windows(
    canvas: Canvas, x: float, high: float, wide: float, tone: RGB, daylight: Daylight,
    source: random.Random,
) -> None:  # fmt: skip
    for row in range(int(high // 16)):
        for column in range(int(wide // 14)):
            lit = daylight is not Daylight.DAY and source.random() < 0.3
            pane = (236, 220, 168) if lit else lighter(tone, 0.14)
            left, upper = x + 6 + column * 14, _HORIZON - high + 8 + row * 16
            canvas.rectangle(left, upper, left + 6, upper + 8, pane)


def _ridge(canvas: Canvas, tone: RGB, foot: RGB, high: float, source: random.Random) -> None:
    crest = [(x * 80.0, _HORIZON - source.uniform(0.25, 1.0) * high) for x in range(13)]
    canvas.shade([*crest, (960.0, _HORIZON + 30), (0.0, _HORIZON + 30)], tone, foot, 60)


def _hills(canvas: Canvas, light: _Light, daylight: Daylight, source: random.Random) -> None:
    far, near = light.on((118, 142, 140)), light.on((70, 108, 74))
    _ridge(canvas, mix(far, light.sky_foot, 0.4), far, 110, source)
    _ridge(canvas, near, darker(near, 0.2), 62, source)
    _trees(canvas, light, source, 16)


def _desert(canvas: Canvas, light: _Light, daylight: Daylight, source: random.Random) -> None:
    rock, sand = light.on((166, 104, 78)), light.on((206, 172, 128))
    x = -40.0
    while x < 960:
        wide, high = source.uniform(120, 240), source.uniform(24, 92)
        mesa = [(x, _HORIZON + 8), (x + 22, _HORIZON - high), (x + wide - 26, _HORIZON - high),
                (x + wide, _HORIZON + 8)]  # fmt: skip
        canvas.shade(mesa, mix(rock, light.sky_foot, 0.3), rock, 10)
        x += wide + source.uniform(20, 120)
    canvas.shade([(0, 228), (960, 228), (960, 270), (0, 270)], sand, darker(sand, 0.15))


def _plains(canvas: Canvas, light: _Light, daylight: Daylight, source: random.Random) -> None:
    field = light.on((142, 158, 92))
    canvas.shade([(0, 224), (960, 220), (960, 270), (0, 270)], field, darker(field, 0.2))
    _trees(canvas, light, source, 8)
    for x in (140.0, 700.0):
        silo = light.on((200, 200, 204))
        canvas.rectangle(x, 168, x + 26, 232, silo, 10)
        canvas.rectangle(x + 28, 196, x + 86, 232, light.on((148, 62, 54)))


def _trees(canvas: Canvas, light: _Light, source: random.Random, count: int) -> None:
    for _ in range(count):
        x, size = source.uniform(0, 960), source.uniform(16, 38)
        leaf = light.on(mix((58, 96, 54), (96, 124, 62), source.random()))
        canvas.rectangle(x - 3, _HORIZON - 10, x + 3, _HORIZON + 14, light.on((72, 56, 44)))
        canvas.ellipse(x, _HORIZON - size * 0.6, size * 0.8, size, leaf)
        canvas.ellipse(x - size * 0.2, _HORIZON - size * 0.9, size * 0.5, size * 0.5,
                       lighter(leaf, 0.12))  # fmt: skip


def _tarmac(canvas: Canvas, light: _Light, source: random.Random, tone: RGB) -> None:
    ground: list[Point] = [(0, _HORIZON + 12), (960, _HORIZON + 12), (960, 640), (0, 640)]
    shade = light.on(tone)
    canvas.shade(ground, lighter(shade, 0.12), darker(shade, 0.12))
    for _ in range(60):
        x, y = source.uniform(0, 960), source.uniform(280, 640)
        canvas.polygon(
            [(x, y), (x + source.uniform(20, 90), y + 1), (x + 40, y + source.uniform(2, 6))],
            darker(shade, 0.3), alpha=46,
        )  # fmt: skip


def _lane_line(canvas: Canvas, top: float, foot: float, tone: RGB, dashes: int = 0) -> None:
    """A line on the ground from the horizon to the foot of the picture, dashed when asked."""
    pieces = dashes * 2 if dashes else 1
    for piece in range(0, pieces, 2 if dashes else 1):
        start, end = (piece / pieces) ** 1.7, ((piece + 1) / pieces) ** 1.7
        y1, y2 = _HORIZON + 12 + start * 392, _HORIZON + 12 + end * 392
        x1, x2 = top + (foot - top) * start, top + (foot - top) * end
        w1, w2 = 1.2 + 9 * start, 1.2 + 9 * end
        canvas.polygon([(x1 - w1, y1), (x1 + w1, y1), (x2 + w2, y2), (x2 - w2, y2)], tone)


def _toll(canvas: Canvas, light: _Light, daylight: Daylight, source: random.Random) -> None:
    _tarmac(canvas, light, source, (118, 120, 122))
    paint, steel = light.on((236, 236, 230)), light.on((150, 156, 164))
    _lane_line(canvas, 424, 60, paint)
    _lane_line(canvas, 536, 900, paint)
    for side in (-1, 1):
        inner, outer = 480 + side * 350, 480 + side * 500
        island = [(480 + side * 150, 262), (480 + side * 196, 262), (outer + side * 160, 640),
                  (inner + side * 60, 640)]  # fmt: skip
        canvas.shade(island, light.on((190, 190, 184)), light.on((160, 160, 156)))
        post = 480 + side * 372
        canvas.rectangle(post - 12, 60, post + 12, 470, steel, 4)
        for stripe in range(5):
            y = 380 + stripe * 18.0
            tone = light.on((240, 196, 40)) if stripe % 2 else light.on((34, 34, 36))
            canvas.rectangle(post - 16, y, post + 16, y + 18, tone)
    canvas.rectangle(60, 44, 900, 74, steel, 4)
    canvas.rectangle(60, 74, 900, 82, darker(steel, 0.4))
    for x in (230.0, 730.0):
        canvas.rectangle(x - 22, 80, x + 22, 104, light.on((46, 48, 54)), 5)
        canvas.ellipse(x, 94, 7, 7, light.on((120, 150, 180)))
    board = light.on((20, 96, 66))
    canvas.rectangle(360, 14, 600, 104, board, 8)
    canvas.text(480, 44, "TOLL", 34, light.on((246, 246, 246)), bold=1)
    canvas.text(480, 82, "EXAMPLE LANE 3", 22, light.on((246, 246, 246)))


def _parking(canvas: Canvas, light: _Light, daylight: Daylight, source: random.Random) -> None:
    wall = light.on((176, 160, 142))
    canvas.shade([(0, 120), (960, 120), (960, 262), (0, 262)], lighter(wall, 0.1), wall)
    canvas.rectangle(0, 112, 960, 124, darker(wall, 0.3))
    for left in range(30, 960, 130):
        pane = (240, 226, 178) if daylight is not Daylight.DAY else (112, 132, 150)
        canvas.rectangle(left, 150, left + 92, 226, darker(wall, 0.35), 4)
        canvas.rectangle(left + 5, 155, left + 87, 221, light.on(pane), 3)
    canvas.rectangle(330, 126, 630, 148, light.on((38, 66, 120)), 4)
    canvas.text(480, 137, "EXAMPLE MALL PARKING", 17, light.on((244, 244, 244)))
    _tarmac(canvas, light, source, (104, 106, 110))
    paint = light.on((232, 232, 224))
    for top, foot in ((404, 40), (556, 920), (330, -260), (630, 1220), (262, -560), (698, 1520)):
        _lane_line(canvas, top, foot, paint)
    for x, tone in ((120.0, (86, 98, 132)), (838.0, (142, 74, 66))):
        _parked(canvas, x, light.on(tone))


def _parked(canvas: Canvas, x: float, tone: RGB) -> None:
    """A parked car in the middle distance, so that the lot is not empty."""
    canvas.glow(x, 322, 96, 20, (0, 0, 0), 190)
    canvas.shade([(x - 48, 236), (x + 48, 236), (x + 66, 280), (x - 66, 280)],
                 lighter(tone, 0.2), tone, 12)  # fmt: skip
    canvas.polygon([(x - 40, 244), (x + 40, 244), (x + 54, 274), (x - 54, 274)], (44, 52, 60), 6)
    canvas.shade([(x - 74, 274), (x + 74, 274), (x + 76, 318), (x - 76, 318)], tone,
                 darker(tone, 0.35), 10)  # fmt: skip
    for side in (-1, 1):
        canvas.rectangle(x + side * 62 - 12, 284, x + side * 62 + 12, 298, (126, 22, 26), 4)


def _street(canvas: Canvas, light: _Light, daylight: Daylight, source: random.Random) -> None:
    for index in range(5):
        left = index * 200.0 - 20 + source.uniform(-8, 8)
        _house(canvas, left, light, daylight, source)
    _tarmac(canvas, light, source, (98, 100, 104))
    kerb = light.on((196, 194, 186))
    lawn = light.on((102, 136, 80))
    for side in (-1, 1):
        verge = [(480 + side * 190, 248), (480 + side * 480, 248), (480 + side * 480, 470)]
        canvas.shade(verge, lighter(lawn, 0.05), darker(lawn, 0.2))
        edge = [(480 + side * 180, 248), (480 + side * 192, 248), (480 + side * 484, 468),
                (480 + side * 484, 492)]  # fmt: skip
        canvas.polygon(edge, kerb)
        pole = 480 + side * 300
        canvas.rectangle(pole - 4, 40, pole + 4, 300, light.on((92, 84, 76)))
    canvas.line([(180, 52), (480, 70), (780, 52)], light.on((60, 60, 64)), 2)
    _lane_line(canvas, 480, 480, light.on((226, 186, 70)), dashes=7)


def _house(
    canvas: Canvas, left: float, light: _Light, daylight: Daylight, source: random.Random
) -> None:
    walls: tuple[RGB, ...] = (
        (188, 172, 150), (158, 86, 72), (150, 164, 176), (206, 198, 178), (128, 140, 116),
    )  # fmt: skip
    wall = light.on(source.choice(walls))
    top = 118 + source.uniform(-14, 20)
    canvas.shade([(left, top + 46), (left + 176, top + 46), (left + 176, 256), (left, 256)],
                 lighter(wall, 0.08), darker(wall, 0.12))  # fmt: skip
    roof = light.on((86, 74, 70))
    canvas.shade([(left - 10, top + 50), (left + 88, top), (left + 186, top + 50)],
                 lighter(roof, 0.1), roof)  # fmt: skip
    pane: RGB = (244, 222, 160) if daylight is not Daylight.DAY else (124, 142, 158)
    for x in (left + 22, left + 116):
        canvas.rectangle(x - 3, top + 67, x + 41, top + 107, light.on((236, 234, 228)), 2)
        canvas.rectangle(x, top + 70, x + 38, top + 104, light.on(pane), 2)
    canvas.rectangle(left + 74, 196, left + 106, 256, light.on((98, 54, 42)), 2)


def _highway(canvas: Canvas, light: _Light, daylight: Daylight, source: random.Random) -> None:
    lawn = light.on((120, 136, 84))
    canvas.shade([(0, 246), (960, 246), (960, 640), (0, 640)], lawn, darker(lawn, 0.25))
    road = light.on((112, 114, 118))
    canvas.shade([(400, 248), (560, 248), (1240, 640), (-280, 640)], lighter(road, 0.12),
                 darker(road, 0.1))  # fmt: skip
    paint = light.on((238, 238, 232))
    _lane_line(canvas, 404, -230, light.on((232, 190, 64)))
    _lane_line(canvas, 556, 1190, paint)
    _lane_line(canvas, 456, 130, paint, dashes=7)
    _lane_line(canvas, 504, 830, paint, dashes=7)
    rail = light.on((186, 190, 196))
    for side in (-1, 1):
        band = [(480 + side * 92, 244), (480 + side * 92, 250), (480 + side * 500, 420),
                (480 + side * 500, 378)]  # fmt: skip
        canvas.shade(band, lighter(rail, 0.2), darker(rail, 0.25))
    sign = light.on((20, 98, 66))
    canvas.rectangle(706, 84, 716, 300, light.on((140, 144, 150)))
    canvas.rectangle(876, 84, 886, 330, light.on((140, 144, 150)))
    canvas.rectangle(680, 52, 912, 142, sign, 8)
    canvas.text(796, 80, "EXIT 25", 26, light.on((246, 246, 246)), bold=1)
    canvas.text(796, 116, "Example City  2", 22, light.on((246, 246, 246)))


_REGIONS: dict[Region, Callable[[Canvas, _Light, Daylight, random.Random], None]] = {
    Region.CITY: _city,
    Region.HILLS: _hills,
    Region.DESERT: _desert,
    Region.PLAINS: _plains,
}
_PLACES: dict[Place, Callable[[Canvas, _Light, Daylight, random.Random], None]] = {
    Place.TOLL: _toll,
    Place.PARKING: _parking,
    Place.STREET: _street,
    Place.HIGHWAY: _highway,
}
