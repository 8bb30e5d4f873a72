"""What spoils a picture of a plate: angle, blur, darkness, noise, few pixels."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from lprsvc.example.drawing.canvas import Point, with_grain


@dataclass(frozen=True, slots=True)
class Distortion:
    """One way a camera spoils a picture; the defaults spoil nothing.

    `yaw` and `pitch` are shares of the picture's width and height by which an edge shrinks, signed;
    `roll` is in degrees; `blur` in pixels; `brightness` and `contrast` are factors; `noise` is a
    share (0 to about 0.3); `pixels` is the width the picture is reduced to and enlarged from;
    `infrared` makes it grey.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    blur: float = 0.0
    brightness: float = 1.0
    contrast: float = 1.0
    noise: float = 0.0
    pixels: int | None = None
    infrared: bool = False
    seed: int = 0

    @classmethod
    def from_seed(cls, seed: int, strength: float = 1.0) -> Self:
        """A random distortion; `strength` 1 is a good camera, 3 a bad one in the rain."""
        source = random.Random(seed)
        return cls(
            yaw=source.uniform(-0.05, 0.05) * strength,
            pitch=source.uniform(-0.04, 0.04) * strength,
            roll=source.uniform(-1.6, 1.6) * strength,
            blur=source.uniform(0.0, 0.7) * strength,
            brightness=1.0 + source.uniform(-0.1, 0.08) * strength,
            contrast=1.0 + source.uniform(-0.12, 0.05) * strength,
            noise=source.uniform(0.02, 0.07) * strength,
            seed=seed,
        )

    def geometry(self) -> Self:
        """Only what moves points."""
        return type(self)(yaw=self.yaw, pitch=self.pitch, roll=self.roll)

    def optics(self) -> Self:
        """Only what changes light and sharpness."""
        return replace(self, yaw=0.0, pitch=0.0, roll=0.0)


def distort(image: Image.Image, how: Distortion) -> Image.Image:
    """The picture as such a camera would have taken it; same size and mode unless infrared."""
    result = _bend(image, how)
    if how.infrared:
        result = ImageOps.grayscale(result).convert("RGB")
    if how.brightness != 1.0:
        result = ImageEnhance.Brightness(result).enhance(how.brightness)
    if how.contrast != 1.0:
        result = ImageEnhance.Contrast(result).enhance(how.contrast)
    if how.pixels:
        small = how.pixels, max(1, round(how.pixels * image.height / image.width))
        result = result.resize(small, Image.Resampling.BOX).resize(image.size)
    if how.blur:
        result = result.filter(ImageFilter.BoxBlur(how.blur))
    if how.noise:
        result = with_grain(result, how.noise, how.seed)
    return result


def _bend(image: Image.Image, how: Distortion) -> Image.Image:
    if not (how.yaw or how.pitch or how.roll):
        return image
    width, height = image.size
    dx, dy = abs(how.pitch) * width / 2, abs(how.yaw) * height / 2
    corners: list[Point] = [
        (dx if how.pitch > 0 else 0, dy if how.yaw > 0 else 0),
        (width - (dx if how.pitch > 0 else 0), dy if how.yaw < 0 else 0),
        (width - (dx if how.pitch < 0 else 0), height - (dy if how.yaw < 0 else 0)),
        (dx if how.pitch < 0 else 0, height - (dy if how.yaw > 0 else 0)),
    ]
    corners = [_turned(corner, (width / 2, height / 2), how.roll) for corner in corners]
    source: list[Point] = [(0, 0), (width, 0), (width, height), (0, height)]
    coefficients = perspective_coefficients(corners, source)
    return image.transform(
        image.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR
    )


def _turned(point: Point, centre: Point, degrees: float) -> Point:
    angle = math.radians(degrees)
    dx, dy = point[0] - centre[0], point[1] - centre[1]
    return (
        centre[0] + dx * math.cos(angle) - dy * math.sin(angle),
        centre[1] + dx * math.sin(angle) + dy * math.cos(angle),
    )


def perspective_coefficients(target: Sequence[Point], source: Sequence[Point]) -> list[float]:
    """The eight numbers Pillow wants to carry the four source points to the four target points."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    return _solve(rows)


def _solve(rows: list[list[float]]) -> list[float]:
    """Gauss-Jordan with pivoting: eight unknowns do not justify a dependency."""
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column][column]
        rows[column] = [value / head for value in rows[column]]
        for row in range(size):
            if row != column and rows[row][column]:
                factor = rows[row][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [row[size] for row in rows]
