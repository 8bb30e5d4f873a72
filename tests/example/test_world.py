"""The example world: the same for the same `now`, plausible, and complete."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import cos, hypot, radians
from zoneinfo import ZoneInfo

import pytest

from lprsvc.example.cameras import CAMERAS, CAMERAS_BY_CODE, SOURCES_BY_CODE
from lprsvc.example.drawing.designs import PLATE_DESIGNS
from lprsvc.example.drawing.vehicles import BODIES, VEHICLE_COLOURS
from lprsvc.example.journeys import ROUTES
from lprsvc.example.vehicles import NAMED_VEHICLES
from lprsvc.example.world import World, make_world
from lprsvc.lib.jurisdictions import JURISDICTIONS
from lprsvc.lib.plates import plate_key

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
# South, north, west, east, in degrees, generous by a tenth.
BOXES = {
    "US-AZ": (31.2, 37.1, -114.9, -109.0), "US-CA": (32.4, 42.1, -124.5, -114.0),
    "US-CT": (40.9, 42.1, -73.8, -71.7), "US-DE": (38.4, 39.9, -75.9, -74.9),
    "US-FL": (24.4, 31.1, -87.7, -79.9), "US-GA": (30.3, 35.1, -85.7, -80.7),
    "US-IL": (36.9, 42.6, -91.6, -87.0), "US-IN": (37.7, 41.8, -88.2, -84.7),
    "US-MA": (41.1, 43.0, -73.6, -69.8), "US-MD": (37.8, 39.8, -79.6, -74.9),
    "US-NC": (33.7, 36.7, -84.4, -75.3), "US-NJ": (38.8, 41.5, -75.7, -73.8),
    "US-NY": (40.4, 45.1, -79.9, -71.7), "US-OH": (38.3, 42.4, -84.9, -80.4),
    "US-PA": (39.6, 42.4, -80.6, -74.6), "US-SC": (31.9, 35.3, -83.5, -78.4),
    "US-TX": (25.7, 36.6, -106.8, -93.4), "US-VA": (36.4, 39.6, -83.8, -75.1),
    "US-WI": (42.4, 47.2, -93.0, -86.7),
}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(NOW)


def test_world_is_the_same_for_the_same_now(world: World) -> None:
    assert make_world(NOW) == world


def test_world_needs_an_aware_now() -> None:
    with pytest.raises(ValueError, match="aware"):
        make_world(NOW.replace(tzinfo=None))


def test_ten_thousand_reads_over_two_years(world: World) -> None:
    times = [read.captured_at for read in world.reads]
    assert len(times) == 10_000
    assert times == sorted(times)
    assert NOW - timedelta(days=731) < times[0] < NOW - timedelta(days=700)
    assert NOW - timedelta(days=3) < times[-1] < NOW


def test_natural_key_is_unique(world: World) -> None:
    keys = {
        (plate_key(read.vehicle.plate), read.vehicle.state, read.captured_at, read.camera.code)
        for read in world.reads
    }
    assert len(keys) == len(world.reads)


def test_fewer_reads_can_be_asked_for() -> None:
    assert len(make_world(NOW, 50).reads) == 50
    assert len(make_world(NOW, 1_000).reads) == 1_000


def test_plates_follow_their_states_pattern(world: World) -> None:
    named = {(vehicle.state, vehicle.serial) for vehicle in NAMED_VEHICLES}
    for vehicle in world.vehicles:
        assert vehicle.state in JURISDICTIONS
        assert plate_key(vehicle.plate) == vehicle.plate
        if (vehicle.state, vehicle.serial) not in named:
            assert PLATE_DESIGNS[vehicle.state].serial_form.fullmatch(vehicle.serial)


def test_no_plate_twice_in_a_state(world: World) -> None:
    plates = [(vehicle.state, vehicle.plate) for vehicle in world.vehicles]
    assert len(set(plates)) == len(plates) == 700


def test_every_vehicle_can_be_drawn(world: World) -> None:
    assert {vehicle.body for vehicle in world.vehicles} <= set(BODIES)
    assert {vehicle.color for vehicle in world.vehicles} <= set(VEHICLE_COLOURS)


def test_cameras_of_nine_sources_in_ten_states_and_more(world: World) -> None:
    assert {camera.source for camera in CAMERAS} == set(SOURCES_BY_CODE)
    assert len(CAMERAS) == len(CAMERAS_BY_CODE) >= 40
    assert len({camera.state for camera in CAMERAS}) >= 10
    assert {read.camera.code for read in world.reads} == set(CAMERAS_BY_CODE)
    for camera in CAMERAS:
        assert ZoneInfo(camera.timezone).key == camera.timezone


def test_coordinates_lie_in_the_cameras_state_and_near_it(world: World) -> None:
    for read in world.reads:
        south, north, west, east = BOXES[read.camera.state]
        assert south < read.latitude < north
        assert west < read.longitude < east
        metres = 111_320 * hypot(
            read.latitude - read.camera.latitude,
            (read.longitude - read.camera.longitude) * cos(radians(read.camera.latitude)),
        )
        assert metres < (1_500 if read.camera.mobile else 20)


def test_named_plates_are_read_as_often_as_told(world: World) -> None:
    reads = Counter((read.vehicle.state, read.vehicle.serial) for read in world.reads)
    for vehicle in NAMED_VEHICLES:
        assert reads[vehicle.state, vehicle.serial] == vehicle.reads
        assert 30 <= vehicle.reads <= 60


def test_example_plate_of_the_assessment_is_there(world: World) -> None:
    cameras = {read.camera.code for read in world.reads if read.vehicle.plate == "ABC123"}
    assert {"DE-TOLL-014", "NY-TOLL-002"} <= cameras


def test_long_trip_passes_its_cameras_in_order(world: World) -> None:
    start = NOW.date() - timedelta(days=61)
    seen = [
        read.camera.code
        for read in world.reads
        if read.vehicle.plate == "XYZ1234"
        and timedelta() <= read.captured_at - datetime(*start.timetuple()[:3], tzinfo=UTC)
        < timedelta(hours=40)
        and read.camera.code in dict(ROUTES["i95-south"])
    ]  # fmt: skip
    assert seen == [code for code, _ in ROUTES["i95-south"]]


def test_nobody_drives_faster_than_a_car(world: World) -> None:
    """On the long trips, where a wrong table would show."""
    for route in ROUTES.values():
        for (first, start), (second, end) in pairwise(route):
            one, two = CAMERAS_BY_CODE[first], CAMERAS_BY_CODE[second]
            miles = 69.1 * hypot(
                one.latitude - two.latitude,
                (one.longitude - two.longitude) * cos(radians(one.latitude)),
            )
            assert miles / (end - start) < 75, (first, second)


def test_shared_scenes_never_name_a_camera_or_a_time(world: World) -> None:
    for read in world.reads:
        named = read.vehicle.number < len(NAMED_VEHICLES)
        assert (read.camera.code in read.picture.caption) is named
        assert any(sign.isdigit() for sign in read.picture.caption) is named


def test_few_enough_pictures_for_a_quick_set_up(world: World) -> None:
    assert len({read.picture for read in world.reads}) < 1_800
