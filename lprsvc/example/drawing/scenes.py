"""The whole picture: a backdrop, a vehicle on it, its plate in place, the camera's caption bar."""

import random
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from lprsvc.example.drawing.backdrops import (
    SCENE_SIZE,
    Daylight,
    Place,
    Region,
    draw_backdrop,
)
from lprsvc.example.drawing.canvas import lettering, with_grain
from lprsvc.example.drawing.designs import PLATE_DESIGNS, PlateDesign
from lprsvc.example.drawing.distortions import Distortion
from lprsvc.example.drawing.plates import MARK, PlateLook, as_jpeg, draw_closeup, draw_plate
from lprsvc.example.drawing.vehicles import (
    BODIES,
    PLATE_SPAN,
    VEHICLE_COLOURS,
    WIDTH,
    draw_vehicle,
)

_CAPTION = 34
# One width for all: a vehicle is drawn once and hung with many plates.
_SPAN = 580


@dataclass(frozen=True, slots=True)
class Subject:
    """The vehicle in the picture: `state` must have a design, `body` and `colour` be drawn."""

    state: str
    serial: str
    body: str
    colour: str
    seed: int

    @property
    def design(self) -> PlateDesign:
        """The design of the subject's plate. Raises KeyError for a state without one."""
        return PLATE_DESIGNS[self.state]


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when: what stands around the camera, and what its caption bar says."""

    place: Place
    region: Region
    daylight: Daylight
    caption: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """The two pictures of one read, as JPEG."""

    scene: bytes
    plate: bytes


def draw_pictures(subject: Subject, setting: Setting) -> Pictures:
    """Draw both pictures; the same arguments give the same bytes."""
    plate, closeup = _plate_and_closeup(subject, setting.daylight is Daylight.NIGHT)
    return Pictures(scene=as_jpeg(draw_scene(subject, setting, plate), 70), plate=closeup)


@lru_cache(maxsize=8)
def _plate_and_closeup(subject: Subject, night: bool) -> tuple[Image.Image, bytes]:
    """The plate and its close-up: one vehicle's pictures are drawn in a row and share them."""
    plate = draw_plate(subject.design, subject.serial, PlateLook.from_seed(subject.seed))
    distortion = _closeup_distortion(subject.seed, night)
    return plate, as_jpeg(draw_closeup(plate, VEHICLE_COLOURS[subject.colour], distortion), 74)


def _closeup_distortion(seed: int, night: bool) -> Distortion:
    usual = Distortion.from_seed(seed, 1.4 if night else 1.0)
    if not night:
        return usual
    return Distortion(
        usual.yaw, usual.pitch, usual.roll, usual.blur, 1.08, 1.1, 0.1, infrared=True, seed=seed
    )


def draw_scene(subject: Subject, setting: Setting, plate: Image.Image) -> Image.Image:
    """The scene as RGB, 960 by 640: `plate` is hung in the vehicle's licence plate recess."""
    source = random.Random(f"{subject.seed}/{setting.place.name}/{setting.daylight.name}")
    image = draw_backdrop(setting.place, setting.region, setting.daylight).copy()
    span = _SPAN
    left = (SCENE_SIZE[0] - span) // 2 + source.randint(-36, 36)
    upper = round(SCENE_SIZE[1] - _CAPTION - 14 - source.randint(0, 12) - span / WIDTH * 884)
    vehicle = _lit_vehicle(subject.body, subject.colour, setting.daylight, span)
    image.paste(vehicle, (left, upper), vehicle)
    _hang_plate(image, subject, plate, (left, upper), span, source)
    return _caption(_develop(image, setting.daylight, source), setting.caption)


@lru_cache(maxsize=24)
def _lit_vehicle(body: str, colour: str, daylight: Daylight, span: int) -> Image.Image:
    vehicle = draw_vehicle(body, colour, daylight is not Daylight.DAY, span)
    if daylight is Daylight.DAY:
        return vehicle
    return ImageEnhance.Brightness(vehicle).enhance(0.82 if daylight is Daylight.DUSK else 0.62)


def _hang_plate(
    image: Image.Image, subject: Subject, plate: Image.Image, at: tuple[int, int], span: int,
    source: random.Random,
) -> None:  # fmt: skip
    scale = span / WIDTH
    width = round(PLATE_SPAN * scale)
    hung = plate.resize((width, width // 2), Image.Resampling.LANCZOS, reducing_gap=3.0)
    hung = hung.rotate(source.uniform(-1.5, 1.5), Image.Resampling.BICUBIC, expand=True)
    x, y = BODIES[subject.body].plate
    centre = at[0] + x * scale, at[1] + y * scale
    image.paste(hung, (round(centre[0] - hung.width / 2), round(centre[1] - hung.height / 2)), hung)


def _develop(image: Image.Image, daylight: Daylight, source: random.Random) -> Image.Image:
    """What the sensor makes of the light: infrared grey at night, and always some grain."""
    seed = source.randrange(4)
    if daylight is Daylight.NIGHT:
        grey = ImageOps.grayscale(image).convert("RGB")
        return with_grain(grey, 0.06, seed)
    return with_grain(image, 0.02, seed)


def _caption(image: Image.Image, caption: str) -> Image.Image:
    draw = ImageDraw.Draw(image)
    width, height = image.size
    draw.rectangle((0, height - _CAPTION, width, height), fill=(12, 13, 15))
    middle = height - _CAPTION / 2
    font = lettering(18)
    draw.text((14, middle), caption, font=font, fill=(232, 234, 236), anchor="lm")
    words = f"{MARK}  -  not a photograph"
    draw.text((width - 14, middle), words, font=font, fill=(240, 196, 84), anchor="rm")
    return image
