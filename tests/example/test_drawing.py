"""The drawn pictures: deterministic, told apart, marked, of the promised size."""

import io
import random

import pytest
from PIL import Image, ImageChops, ImageStat

from lprsvc.example.drawing.backdrops import SCENE_SIZE, Daylight, Place, Region, draw_backdrop
from lprsvc.example.drawing.designs import PLATE_DESIGNS
from lprsvc.example.drawing.dies import serial_mask
from lprsvc.example.drawing.distortions import Distortion, distort, perspective_coefficients
from lprsvc.example.drawing.plates import PlateLook, draw_plate
from lprsvc.example.drawing.scenes import (
    Setting,
    Subject,
    draw_pictures,
    draw_scene,
)
from lprsvc.example.drawing.vehicles import BODIES, VEHICLE_COLOURS, draw_vehicle

CAMRY = Subject("US-PA", "ABC123", "sedan", "silver", 7)
NOON = Setting(Place.TOLL, Region.CITY, Daylight.DAY, "DE-TOLL-014  2026-01-05 14:03:11 EST")


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def difference(first: Image.Image, second: Image.Image) -> float:
    """Mean difference of two pictures' pixels, 0 to 255."""
    diff = ImageChops.difference(first.convert("RGB"), second.convert("RGB"))
    return sum(ImageStat.Stat(diff).mean) / 3


def test_same_subject_and_setting_gives_same_bytes() -> None:
    first = draw_pictures(CAMRY, NOON)
    draw_backdrop.cache_clear()
    draw_vehicle.cache_clear()
    again = draw_pictures(Subject("US-PA", "ABC123", "sedan", "silver", 7), NOON)
    assert first == again


def test_pictures_have_size_and_weight_of_a_camera() -> None:
    pictures = draw_pictures(CAMRY, NOON)
    assert opened(pictures.scene).size == SCENE_SIZE == (960, 640)
    assert opened(pictures.plate).size == (400, 200)
    assert 10_000 < len(pictures.scene) < 70_000
    assert 4_000 < len(pictures.plate) < 25_000


def test_serial_and_state_change_the_plate() -> None:
    plates = [
        draw_plate(PLATE_DESIGNS[state], serial)
        for state, serial in (("US-PA", "ABC123"), ("US-PA", "ABC128"), ("US-DE", "ABC123"))
    ]
    assert difference(plates[0], plates[1]) > 0.5
    assert difference(plates[0], plates[2]) > 20


@pytest.mark.parametrize("state", sorted(PLATE_DESIGNS))
def test_serial_stands_out_from_its_ground(state: str) -> None:
    design = PLATE_DESIGNS[state]
    blank = draw_plate(design, " " * 3)
    pressed = draw_plate(design, design.random_serial(random.Random(state)))
    middle = (30, 75, 450, 180)
    assert difference(blank.crop(middle), pressed.crop(middle)) > 12


def test_colour_of_the_vehicle_shows_by_day_but_not_at_night() -> None:
    plate = draw_plate(CAMRY.design, CAMRY.serial)
    red = Subject("US-PA", "ABC123", "sedan", "red", 7)
    body = (300, 430, 380, 520)

    def saturation(subject: Subject, daylight: Daylight) -> float:
        setting = Setting(Place.TOLL, Region.CITY, daylight, "x")
        scene = draw_scene(subject, setting, plate).crop(body)
        return ImageStat.Stat(scene.convert("HSV")).mean[1]

    assert saturation(red, Daylight.DAY) > 100 > saturation(CAMRY, Daylight.DAY)
    assert saturation(red, Daylight.NIGHT) < 2


def test_scene_says_that_it_is_drawn() -> None:
    setting = Setting(Place.TOLL, Region.CITY, Daylight.DAY, "")
    scene = draw_scene(CAMRY, setting, draw_plate(CAMRY.design, CAMRY.serial))
    lettering = scene.crop((640, 606, 960, 640)).convert("L").point([v > 120 for v in range(256)])
    assert ImageStat.Stat(lettering).sum[0] > 400


@pytest.mark.parametrize("body", sorted(BODIES))
def test_every_body_differs_by_colour_and_keeps_its_transparent_ground(body: str) -> None:
    white, black = (draw_vehicle(body, colour, False, 200) for colour in ("white", "black"))
    assert white.getpixel((2, 2)) == (0, 0, 0, 0)
    assert difference(white, black) > 15


def test_every_place_region_and_light_looks_different() -> None:
    assert difference(
        draw_backdrop(Place.TOLL, Region.CITY, Daylight.DAY),
        draw_backdrop(Place.TOLL, Region.CITY, Daylight.NIGHT),
    ) > 60  # fmt: skip
    days = [draw_backdrop(place, Region.HILLS, Daylight.DAY) for place in Place]
    days += [draw_backdrop(Place.TOLL, region, Daylight.DAY) for region in (Region.CITY,)]
    for index, first in enumerate(days):
        assert all(difference(first, second) > 2 for second in days[index + 1 :])


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(0, Daylight.NIGHT), (6, Daylight.DUSK), (7, Daylight.DAY), (17, Daylight.DAY),
     (18, Daylight.DUSK), (20, Daylight.NIGHT)],
)  # fmt: skip
def test_daylight_at_hour(hour: int, expected: Daylight) -> None:
    assert Daylight.at_hour(hour) is expected


def test_serial_with_unknown_character_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'Ä'"):
        serial_mask("ÄB1", 100, 400)


def test_serial_is_squeezed_into_its_room() -> None:
    assert serial_mask("WWWWWWWWWW", 100, 300).width <= 300
    assert serial_mask("AB", 100, 300).size < (200, 101)


def test_distortion_by_default_changes_nothing() -> None:
    plate = draw_plate(CAMRY.design, "ABC123")
    assert difference(plate, distort(plate, Distortion())) == 0


def test_distortion_by_seed_is_deterministic_and_grows_with_strength() -> None:
    plate = draw_plate(CAMRY.design, "ABC123").convert("RGB")
    mild = distort(plate, Distortion.from_seed(3))
    assert mild == distort(plate, Distortion.from_seed(3))
    assert difference(plate, mild) < difference(plate, distort(plate, Distortion.from_seed(3, 3)))


def test_distortion_infrared_and_few_pixels() -> None:
    plate = draw_plate(PLATE_DESIGNS["US-DE"], "945807").convert("RGB")
    grey = distort(plate, Distortion(infrared=True))
    assert ImageStat.Stat(grey.convert("HSV")).mean[1] == 0
    assert difference(plate, distort(plate, Distortion(pixels=40))) > 4


def test_perspective_carries_corners_to_corners() -> None:
    target = [(10.0, 5.0), (90.0, 0.0), (95.0, 50.0), (0.0, 45.0)]
    source = [(0.0, 0.0), (100.0, 0.0), (100.0, 50.0), (0.0, 50.0)]
    a, b, c, d, e, f, g, h = perspective_coefficients(target, source)
    for (x, y), (u, v) in zip(target, source, strict=True):
        scale = g * x + h * y + 1
        assert (a * x + b * y + c) / scale == pytest.approx(u, abs=1e-6)
        assert (d * x + e * y + f) / scale == pytest.approx(v, abs=1e-6)


def test_look_by_seed_is_deterministic_and_varies() -> None:
    looks = {PlateLook.from_seed(seed) for seed in range(20)}
    assert len(looks) == 20
    assert PlateLook.from_seed(4) == PlateLook.from_seed(4)


def test_every_vehicle_colour_is_drawn_apart() -> None:
    assert len(set(VEHICLE_COLOURS.values())) == len(VEHICLE_COLOURS)
