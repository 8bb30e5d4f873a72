"""Axis cameras (ING-2)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.schemas import PhotoRole
from tests.ingest.feed import CAPTURED, SCENE, picture
from tests.ingest.formats_base import fault_of, read_of, real
from tests.ingest.vendors import axis_event

IMAGE = {"image": SCENE}


def test_event_is_one_read() -> None:
    read = read_of("axis", axis_event(), parts=IMAGE)
    assert (read.plate, read.captured_at, read.state) == ("ABC123", CAPTURED, "")
    assert (read.latitude, read.longitude) == (39.9501, -75.1601)
    assert read.confidence == pytest.approx(0.719034)
    assert (read.camera, read.camera_names) == ("ACCC8E000001", ("AC:CC:8E:00:00:01",))
    (scene,) = read.photos
    assert (scene.role, scene.data, scene.box) == (PhotoRole.SCENE, SCENE, (8, 6, 32, 14))


def test_picture_of_the_part_that_is_read_has_coordinates_of_its_own() -> None:
    event = axis_event(plateCoordinates=[1185, 532, 140, 28])
    assert read_of("axis", event, parts=IMAGE).photos[0].box == (2, 2, 32, 14)


def test_place_in_neither_picture_is_told_as_it_came() -> None:
    event = axis_event(plateCoordinates=[1185, 532, 140, 28], plateCoordinatesRelative=None)
    assert read_of("axis", event, parts=IMAGE).photos[0].box == (1185, 532, 140, 28)
    small = {"image": picture(size=(32, 14))}
    assert read_of("axis", axis_event(), parts=small).photos[0].box == (8, 6, 32, 14)


@pytest.mark.parametrize("geotag", [None, {"lat": 0, "lon": 0}, {}])
def test_camera_that_was_told_no_place_has_none(geotag: Any) -> None:
    read = read_of("axis", axis_event(geotag=geotag), parts=IMAGE)
    assert (read.latitude, read.longitude) == (None, None)


@pytest.mark.parametrize(
    ("country", "state"),
    [("USA", ""), ("CAN", "CA-XX"), ("MEX", "MX-XXX"), ("POL", "country POL"), ("", "")],
)
def test_country_is_no_state(country: str, state: str) -> None:
    assert read_of("axis", axis_event(plateCountry=country), parts=IMAGE).state == state


def test_event_without_its_picture_is_a_read_without() -> None:
    assert read_of("axis", axis_event()).photos == ()


@pytest.mark.parametrize(
    ("changes", "reason", "named"),
    [
        ({"plateUTF8": 7.5}, "payload_invalid", "plateUTF8: expected text"),
        ({"capture_timestamp": "noon"}, "payload_invalid", "capture_timestamp"),
        ({"capture_timestamp": "1e300"}, "time_invalid", "milliseconds"),
        ({"capture_timestamp": None}, "time_missing", "captured_at"),
        ({"plateConfidence": "nan"}, "payload_invalid", "plateConfidence"),
        ({"plateConfidence": "71.9"}, "payload_invalid", "0 to 1"),
        ({"camera_info": "cam"}, "payload_invalid", "camera_info"),
        ({"geotag": [1, 2]}, "payload_invalid", "geotag"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], reason: str, named: str) -> None:
    fault = fault_of("axis", axis_event(**changes), parts=IMAGE)
    assert fault.reason == reason
    assert named in fault.detail
    assert fault.photos[0].data == SCENE


def test_other_event_is_named() -> None:
    assert "plateUTF8" in fault_of("axis", {"topic": "tampering"}).detail


def test_real_event() -> None:
    read = read_of("axis", real("axis_lpr_event.json"), parts={"image": picture(size=(1920, 1080))})
    assert (read.plate, read.state, read.camera) == ("RLE11684", "country POL", "ACCC8ED3290D")
    assert read.captured_at == datetime(2021, 6, 11, 10, 5, 38, 252_000, tzinfo=UTC)
    assert (read.latitude, read.longitude) == (50.418114, 30.476213)
    assert read.photos[0].box == (1185, 532, 140, 28)
