"""A supersampled canvas: shapes are drawn large and shrunk once, which smooths their edges."""

import random
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

RGB = tuple[int, int, int]
Point = tuple[float, float]


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """The colour `share` (0 to 1) of the way from first to second."""
    red, green, blue = (
        max(0, min(255, round(a + (b - a) * share))) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue


def lighter(colour: RGB, share: float) -> RGB:
    """The colour moved towards white."""
    return mix(colour, (255, 255, 255), share)


def darker(colour: RGB, share: float) -> RGB:
    """The colour moved towards black."""
    return mix(colour, (0, 0, 0), share)


@lru_cache(maxsize=64)
def lettering(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own scalable font: no font of the machine decides what a picture looks like."""
    font = ImageFont.load_default(size=size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType: pictures can't be lettered")
    return font


def rounded(points: Sequence[Point], radius: float, *, closed: bool = True) -> list[Point]:
    """The polyline with each corner replaced by a curve that begins `radius` away from it."""
    count = len(points)
    result: list[Point] = []
    for index, corner in enumerate(points):
        if not closed and index in (0, count - 1):
            result.append(corner)
            continue
        before, after = points[index - 1], points[(index + 1) % count]
        start, end = _toward(corner, before, radius), _toward(corner, after, radius)
        result.extend(_curve(start, corner, end))
    return result


def _toward(origin: Point, target: Point, distance: float) -> Point:
    length = ((target[0] - origin[0]) ** 2 + (target[1] - origin[1]) ** 2) ** 0.5
    share = min(0.5, distance / length) if length else 0.0
    return origin[0] + (target[0] - origin[0]) * share, origin[1] + (target[1] - origin[1]) * share


def _curve(start: Point, control: Point, end: Point, steps: int = 6) -> list[Point]:
    points = []
    for step in range(steps + 1):
        t = step / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        points.append(
            (
                a * start[0] + b * control[0] + c * end[0],
                a * start[1] + b * control[1] + c * end[1],
            )
        )
    return points


def gradient(size: tuple[int, int], top: RGB, bottom: RGB) -> Image.Image:
    """A vertical gradient from top to bottom."""
    ramp = Image.linear_gradient("L").resize((1, size[1])).resize(size)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), ramp)


@lru_cache(maxsize=16)
def grain(size: tuple[int, int], seed: int) -> Image.Image:
    """Grey noise around 128, from seeded bytes: Pillow's own noise can't be seeded."""
    source = random.Random(seed)
    width, height = size
    first, second = (Image.frombytes("L", size, source.randbytes(width * height)) for _ in range(2))
    return Image.blend(first, second, 0.5)


def with_grain(image: Image.Image, amount: float, seed: int) -> Image.Image:
    """The picture with sensor noise; `amount` is the share of the noise, 0 to about 0.2."""
    layer = _grain_layer(image.mode, image.size, seed % 4, round(amount * 50))
    return ImageChops.add(image, layer, 1.0, -128)


@lru_cache(maxsize=64)
def _grain_layer(mode: str, size: tuple[int, int], seed: int, fiftieths: int) -> Image.Image:
    scale = fiftieths / 50
    layer = grain(size, seed).point([round(128 + (value - 128) * scale) for value in range(256)])
    return Image.merge(mode, [layer] * len(Image.new(mode, (1, 1)).getbands()))


class Canvas:
    """Draws in plain units; keeps `factor` pixels for each unit until `finish()`."""

    def __init__(self, width: float, height: float, factor: float, fill: RGB | None = None) -> None:
        self.width, self.height, self.factor = width, height, factor
        size = round(width * factor), round(height * factor)
        background = (0, 0, 0, 0) if fill is None else (*fill, 255)
        self.image = Image.new("RGBA", size, background)

    def _scaled(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.factor, y * self.factor) for x, y in points]

    def polygon(
        self, points: Sequence[Point], fill: RGB, radius: float = 0.0, alpha: int = 255
    ) -> None:
        """Fill a polygon; with `alpha` below 255 what is beneath shows through."""
        outline = self._scaled(rounded(points, radius) if radius else points)
        if alpha == 255:
            ImageDraw.Draw(self.image).polygon(outline, fill=(*fill, 255))
            return
        box, shifted = self._box_of(outline)
        if box[2] <= box[0] or box[3] <= box[1]:
            return
        shape = Image.new("L", (box[2] - box[0], box[3] - box[1]), 0)
        ImageDraw.Draw(shape).polygon(shifted, fill=alpha)
        patch = Image.new("RGBA", shape.size, (*fill, 0))
        patch.putalpha(shape)
        self.image.alpha_composite(patch, box[:2])

    def shade(self, points: Sequence[Point], top: RGB, bottom: RGB, radius: float = 0.0) -> None:
        """Fill a polygon with a vertical gradient over its own height."""
        outline = self._scaled(rounded(points, radius) if radius else points)
        box, shifted = self._box_of(outline)
        size = box[2] - box[0], box[3] - box[1]
        if min(size) <= 0:
            return
        shape = Image.new("L", size, 0)
        ImageDraw.Draw(shape).polygon(shifted, fill=255)
        self.image.paste(gradient(size, top, bottom), box[:2], shape)

    def _box_of(self, outline: Sequence[Point]) -> tuple[tuple[int, int, int, int], list[Point]]:
        left = max(0, int(min(x for x, _ in outline)))
        upper = max(0, int(min(y for _, y in outline)))
        right = min(self.image.width, int(max(x for x, _ in outline)) + 2)
        lower = min(self.image.height, int(max(y for _, y in outline)) + 2)
        return (left, upper, right, lower), [(x - left, y - upper) for x, y in outline]

    def rectangle(
        self, left: float, upper: float, right: float, lower: float, fill: RGB, radius: float = 0.0
    ) -> None:
        """Fill a rectangle, its corners rounded by `radius` units."""
        box = [value * self.factor for value in (left, upper, right, lower)]
        ImageDraw.Draw(self.image).rounded_rectangle(
            (box[0], box[1], box[2], box[3]), radius * self.factor, fill=(*fill, 255)
        )

    def ring(
        self, box: tuple[float, float, float, float], radius: float, wide: float, fill: RGB
    ) -> None:
        """Draw the outline of a rounded rectangle, `wide` units inward from its box."""
        f = self.factor
        ImageDraw.Draw(self.image).rounded_rectangle(
            (box[0] * f, box[1] * f, box[2] * f, box[3] * f),
            radius * f,
            outline=(*fill, 255),
            width=round(wide * f),
        )

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: RGB) -> None:
        """Fill an ellipse around (x, y)."""
        f = self.factor
        box = (x - rx) * f, (y - ry) * f, (x + rx) * f, (y + ry) * f
        ImageDraw.Draw(self.image).ellipse(box, fill=(*fill, 255))

    def line(self, points: Sequence[Point], fill: RGB, width: float) -> None:
        """Draw a polyline with joined corners."""
        ImageDraw.Draw(self.image).line(
            self._scaled(points), (*fill, 255), max(1, round(width * self.factor)), joint="curve"
        )

    def glow(self, x: float, y: float, rx: float, ry: float, fill: RGB, alpha: int) -> None:
        """Lay a soft spot of light (or, in black, of shadow) over what is there."""
        f = self.factor
        spot = Image.radial_gradient("L").point([_soft(value, alpha) for value in range(256)])
        size = max(1, round(2 * rx * f)), max(1, round(2 * ry * f))
        left, upper = round((x - rx) * f), round((y - ry) * f)
        layer = Image.new("RGBA", size, (*fill, 0))
        layer.putalpha(spot.resize(size))
        inside = layer.crop((max(0, -left), max(0, -upper), size[0], size[1]))
        if inside.width > 0 and inside.height > 0:
            self.image.alpha_composite(inside, (max(0, left), max(0, upper)))

    def text(
        self, x: float, y: float, words: str, height: float, fill: RGB, bold: float = 0.0
    ) -> None:
        """Write words centred on (x, y), `height` units tall."""
        ImageDraw.Draw(self.image).text(
            (x * self.factor, y * self.factor),
            words,
            font=lettering(max(6, round(height * self.factor))),
            fill=(*fill, 255),
            anchor="mm",
            stroke_width=round(bold * self.factor),
        )

    def soften(self, foot: float, radius: float) -> None:
        """Blur what was drawn so far above `foot`: a horizon that is out of focus."""
        band = self.image.crop((0, 0, self.image.width, round(foot * self.factor)))
        self.image.paste(band.filter(ImageFilter.BoxBlur(radius * self.factor)), (0, 0))

    def finish(self, size: tuple[int, int] | None = None) -> Image.Image:
        """The picture in its final size: one pixel a unit unless told otherwise."""
        target = size or (round(self.width), round(self.height))
        if target == self.image.size:
            return self.image
        if self.image.size == (2 * target[0], 2 * target[1]):
            return self.image.reduce(2)
        return self.image.resize(target, Image.Resampling.HAMMING)


def _soft(value: int, alpha: int) -> int:
    """Fade of a glow: radial_gradient is 0 at the centre and reaches 255 at the edge."""
    share = max(0.0, 1.0 - value / 180)
    return round(alpha * share * share)
