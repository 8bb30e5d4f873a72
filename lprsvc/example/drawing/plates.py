"""One plate, flat and from the front; and the close-up a camera cuts out of its picture."""

import io
import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from PIL import Image, ImageChops, ImageFilter

from lprsvc.example.drawing.canvas import RGB, Canvas, darker, lettering, lighter
from lprsvc.example.drawing.designs import PlateDesign
from lprsvc.example.drawing.dies import STANDARD_DIE, Die, serial_mask
from lprsvc.example.drawing.distortions import Distortion, distort
from lprsvc.example.drawing.motifs import PLATE_HEIGHT, PLATE_WIDTH, paint_motif

MARK = "DRAWN EXAMPLE"
_FACTOR = 2.0  # ground and hardware are drawn twice as large and shrunk once
_FRAMES: tuple[RGB | None, ...] = (None, (40, 40, 44), (196, 198, 202), (28, 30, 34))


@dataclass(frozen=True, slots=True)
class PlateLook:
    """What differs between two plates of one design: press, frame, registration sticker."""

    die: Die = STANDARD_DIE
    frame: RGB | None = None
    sticker: RGB | None = None

    @classmethod
    def from_seed(cls, seed: int) -> Self:
        """A plausible look; the same seed, the same look."""
        source = random.Random(seed)
        die = Die(weight=source.uniform(0.95, 1.2), spacing=source.uniform(0.9, 1.2))
        stickers: tuple[RGB | None, ...] = (None, (208, 60, 50), (60, 120, 190), (230, 200, 60))
        return cls(die, source.choice(_FRAMES), source.choice(stickers))


STANDARD_LOOK = PlateLook()


@lru_cache(maxsize=64)
def _ground(design: PlateDesign) -> Image.Image:
    """The plate before the press: ground, motif, name and slogan."""
    canvas = Canvas(PLATE_WIDTH, PLATE_HEIGHT, _FACTOR)
    whole = [(0.0, 0.0), (PLATE_WIDTH, 0.0), (PLATE_WIDTH, PLATE_HEIGHT), (0.0, PLATE_HEIGHT)]
    canvas.shade(whole, design.top, design.bottom)
    paint_motif(canvas, design)
    size = min(42.0, 42.0 * 280 / max(1.0, lettering(42).getlength(design.name)))
    canvas.text(240, 35, design.name, size, design.title, bold=0.9)
    foot = _foot_colour(design)
    length = max(1.0, lettering(22).getlength(design.slogan))
    canvas.text(240, 214, design.slogan, min(22.0, 22.0 * 240 / length), foot, bold=0.5)
    return canvas.finish()


def _foot_colour(design: PlateDesign) -> RGB:
    """White titles stand on a dark header; the slogan at the foot often stands on a light one."""
    dark_ground = sum(design.bottom) < 300
    return design.title if dark_ground or sum(design.title) < 500 else design.serial


def draw_plate(design: PlateDesign, serial: str, look: PlateLook = STANDARD_LOOK) -> Image.Image:
    """The plate as RGBA, 480 by 240 pixels, corners transparent.

    Raises ValueError when the serial has a character that no die is cut for.
    """
    plate = _ground(design).copy()
    width, height = plate.size
    mask = serial_mask(serial, round(height * 0.47), round(width * 0.9), look.die)
    _emboss(plate, mask, ((width - mask.width) // 2, round(height * 0.295)), design.serial)
    plate.alpha_composite(_hardware(look.frame, look.sticker))
    plate.putalpha(_outline())
    return plate


@lru_cache(maxsize=1)
def _outline() -> Image.Image:
    outline = Canvas(PLATE_WIDTH, PLATE_HEIGHT, _FACTOR)
    outline.rectangle(0, 0, PLATE_WIDTH, PLATE_HEIGHT, (255, 255, 255), 20)
    return outline.finish().getchannel("A")


def _emboss(plate: Image.Image, mask: Image.Image, at: tuple[int, int], colour: RGB) -> None:
    soft = mask.filter(ImageFilter.BoxBlur(1.4))
    x, y = at
    plate.paste(darker(colour, 0.75), (x + 2, y + 3), soft.point([v * 2 // 5 for v in range(256)]))
    plate.paste((255, 255, 255), (x - 2, y - 2), soft.point([v * 3 // 5 for v in range(256)]))
    plate.paste(colour, at, mask)
    # The ridge: the pressed letter catches light along its upper left inside edge.
    inner = ImageChops.subtract(mask, ImageChops.offset(mask, 3, 3)).filter(ImageFilter.BoxBlur(1))
    plate.paste(lighter(colour, 0.6), at, inner.point([v // 2 for v in range(256)]))


@lru_cache(maxsize=32)
def _hardware(frame: RGB | None, sticker: RGB | None) -> Image.Image:
    """Screws, registration sticker and frame, on a transparent ground."""
    canvas = Canvas(PLATE_WIDTH, PLATE_HEIGHT, _FACTOR)
    for x, y in ((84.0, 21.0), (396.0, 21.0), (84.0, 219.0), (396.0, 219.0)):
        canvas.ellipse(x + 1, y + 2, 8, 8, (90, 90, 92))
        canvas.ellipse(x, y, 7, 7, (188, 190, 194))
        canvas.line([(x - 4, y - 3), (x + 4, y + 3)], (96, 98, 102), 2)
    if sticker:
        canvas.rectangle(424, 14, 464, 46, sticker, 3)
        canvas.text(444, 30, "EX", 20, lighter(sticker, 0.85))
    if frame:
        canvas.ring((0, 0, PLATE_WIDTH, PLATE_HEIGHT), 20, 9, frame)
        canvas.ring((6, 6, PLATE_WIDTH - 6, PLATE_HEIGHT - 6), 14, 3, lighter(frame, 0.25))
    return canvas.finish()


def draw_closeup(
    plate: Image.Image, body: RGB, distortion: Distortion, size: tuple[int, int] = (400, 200)
) -> Image.Image:
    """The close-up: the plate on its bumper, as the camera bent, blurred and grained it."""
    width, height = size
    image = _bumper(body, size).copy()
    # Bent on a ground of its own, so that the bumper stays straight while the plate hangs askew.
    room = round(width * 0.88), round(height * 0.88)
    at = (width - room[0]) // 2, (height - room[1]) // 2
    ground = Image.new("RGBA", size)
    ground.paste(plate.resize(room, reducing_gap=2.0), at)
    hung = distort(ground, distortion.geometry())
    shadow = hung.getchannel("A").point([v * 3 // 5 for v in range(256)])
    image.paste((8, 8, 10), (3, 5), shadow.reduce(4).resize(size))
    image.paste(hung, (0, 0), hung)
    return distort(image, distortion.optics())


@lru_cache(maxsize=32)
def _bumper(body: RGB, size: tuple[int, int]) -> Image.Image:
    """What the plate hangs on, in the vehicle's colour, with the mark in its corner."""
    width, height = size
    canvas = Canvas(width, height, 1.0)
    canvas.shade(
        [(0, 0), (width, 0), (width, height), (0, height)], lighter(body, 0.12), darker(body, 0.35)
    )
    canvas.rectangle(width * 0.03, 2, width * 0.97, height - 2, darker(body, 0.55), 14)
    canvas.glow(width / 2, 0, width * 0.5, height * 0.3, (255, 255, 240), 90)
    canvas.text(width - 36, height - 6, MARK, 8, (236, 236, 236))
    return canvas.image.convert("RGB")


def as_jpeg(image: Image.Image, quality: int = 78) -> bytes:
    """The picture as JPEG bytes; the same picture always gives the same bytes."""
    target = io.BytesIO()
    image.convert("RGB").save(target, "JPEG", quality=quality)
    return target.getvalue()
