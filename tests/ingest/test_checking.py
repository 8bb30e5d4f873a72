"""Each rule that sends a read to quarantine, and what goes through (ING-3, ING-5)."""

import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.checking import Album, Row, check, distance_metres
from ingest.formats import generic
from ingest.models import Camera, read_id
from ingest.rules import CLOCK_SKEW, MAX_AGE, Quarantined, QuarantineReason
from ingest.schemas import ReadIn
from tests.ingest.feed import CAPTURED, CLOSE_UP, NOW, SCENE, encoded, payload, picture

FIXED = Camera(
    pk=1, code="FIXED", latitude_e7=399_500_000, longitude_e7=-751_600_000, is_active=True
)
MOBILE = Camera(pk=2, code="MOBILE", is_mobile=True, is_active=True)
OFF = Camera(pk=3, code="OFF", is_mobile=True, is_active=False)
AT_HOME = Camera(pk=4, code="HOME", is_mobile=True, is_active=True, default_state="US-DE")
CAMERAS = {camera.code: camera for camera in (FIXED, MOBILE, OFF, AT_HOME)}


def checked(**changes: Any) -> Row:
    read = generic.parse(payload(**changes))
    assert isinstance(read, ReadIn), read
    album = Album([read], source_id=1, load=lambda _: SCENE)
    return check(read, index=0, county=42101, cameras=CAMERAS, album=album, now=NOW)


def reason(**changes: Any) -> QuarantineReason:
    with pytest.raises(Quarantined) as fault:
        checked(**changes)
    return fault.value.reason


def photos(**scene: Any) -> list[dict[str, Any]]:
    return [{"role": "scene", **scene}, {"role": "plate", "data": encoded(CLOSE_UP)}]


def test_good_read_becomes_a_row() -> None:
    row = checked()
    assert (row.plate_key, row.plate_text, row.state) == ("ABC123", "ABC 123", "US-PA")
    assert (row.latitude_e7, row.longitude_e7) == (399_500_000, -751_600_000)
    assert (row.captured_at, row.camera_id, row.plate_is_derived) == (CAPTURED, 1, False)
    assert (row.make, row.model, row.color, row.confidence) == ("Toyota", "Camry", "silver", 0.97)
    assert row.id == read_id(
        plate_key="ABC123", state="US-PA", captured_at=CAPTURED, camera_id=FIXED.pk
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"plate": ""}, "no_plate"),
        ({"plate": "  "}, "no_plate"),
        ({"plate": None}, "no_plate"),
        ({"plate": "???"}, "plate_unreadable"),
        ({"plate": "ABCDEFGHIJK"}, "plate_unreadable"),
        ({"plate": "-----"}, "plate_unreadable"),
        ({"plate": "A" + "-" * 60}, "plate_unreadable"),
        ({"plate": "ABC\0"}, "plate_unreadable"),
        ({"state": "ZZ"}, "state_unknown"),
        ({"state": ""}, "state_unknown"),
        ({"state": "Z" * 5_000}, "state_unknown"),
        ({"camera": "NOBODY"}, "camera_unknown"),
        ({"camera": ""}, "camera_unknown"),
        ({"camera": "OFF"}, "camera_inactive"),
        ({"latitude": 0, "longitude": 0}, "place_invalid"),
        ({"latitude": 48.85, "longitude": 2.35}, "place_invalid"),
        ({"latitude": -75.16, "longitude": 39.95}, "place_invalid"),
        ({"latitude": 91, "longitude": -75.16}, "place_invalid"),
        ({"latitude": math.nan, "longitude": -75.16}, "place_invalid"),
        ({"latitude": math.inf, "longitude": -75.16}, "place_invalid"),
        ({"latitude": 10**400, "longitude": -75.16}, "place_invalid"),
        ({"latitude": None}, "place_invalid"),
        ({"camera": "MOBILE", "latitude": None, "longitude": None}, "place_missing"),
        ({"latitude": 40.05}, "place_far_from_camera"),
        ({"photos": None}, "photographs_missing"),
        ({"photos": []}, "photographs_missing"),
        ({"photos": photos(data=encoded(SCENE))[:1]}, "photographs_missing"),
        ({"photos": photos(data=encoded(SCENE))[1:]}, "photographs_missing"),
        ({"photos": photos(part="scene-1")}, "photographs_missing"),
        ({"photos": photos(data=encoded(b"GIF89a not one of ours"))}, "photograph_invalid"),
        ({"photos": photos(data=encoded(SCENE[:-20]))}, "photograph_invalid"),
        ({"photos": photos(data=encoded(picture(size=(4, 4))))}, "photograph_invalid"),
        ({"photos": photos(data="")}, "photograph_invalid"),
        ({"photos": photos(sha256="ab" * 32)}, "photograph_unknown"),
    ],
)
def test_bad_read_is_quarantined_with_its_reason(changes: dict[str, Any], expected: str) -> None:
    assert reason(**changes) == expected


def test_time_limits_hold_to_the_instant() -> None:
    last = NOW + CLOCK_SKEW
    assert checked(captured_at=last.isoformat()).captured_at == last
    beyond = last + timedelta(microseconds=1)
    assert reason(captured_at=beyond.isoformat()) == "captured_in_future"
    first = NOW - MAX_AGE
    assert checked(captured_at=first.isoformat()).captured_at == first
    before = first - timedelta(microseconds=1)
    assert reason(captured_at=before.isoformat()) == "captured_too_old"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_time_at_the_end_of_the_calendar_is_quarantined(at: str) -> None:
    assert reason(captured_at=at) in {"captured_in_future", "captured_too_old"}


def test_fixed_camera_lends_its_place() -> None:
    row = checked(latitude=None, longitude=None)
    assert (row.latitude_e7, row.longitude_e7) == (399_500_000, -751_600_000)


def test_mobile_camera_may_be_anywhere_in_the_land() -> None:
    row = checked(camera="MOBILE", latitude=61.2181, longitude=-149.9003)
    assert (row.latitude_e7, row.longitude_e7) == (612_181_000, -1_499_003_000)


def test_swapped_coordinates_are_named() -> None:
    with pytest.raises(Quarantined, match="swapped"):
        checked(latitude=-75.16, longitude=39.95)


def test_camera_lends_its_state_where_the_read_has_none() -> None:
    assert checked(camera="HOME", state=None).state == "US-DE"
    assert checked(camera="HOME", state="us-pa").state == "US-PA"


def test_scene_with_box_gives_a_derived_close_up() -> None:
    row = checked(photos=[{"role": "scene", "data": encoded(SCENE), "box": [4, 4, 30, 12]}])
    assert row.plate_is_derived
    assert row.plate_sha256 != row.scene_sha256


@pytest.mark.parametrize(
    "box", [[0, 0, 65, 10], [-1, 0, 20, 10], [10, 35, 20, 10], [5, 5, 0, 10], [5, 5, -4, 10]]
)
def test_box_outside_the_scene_is_quarantined(box: list[int]) -> None:
    scene = {"role": "scene", "data": encoded(SCENE), "box": box}
    assert reason(photos=[scene]) == "photograph_invalid"


def test_close_up_sent_is_used_though_there_is_a_box() -> None:
    assert not checked(photos=photos(data=encoded(SCENE), box=[4, 4, 30, 12])).plate_is_derived


@given(
    text=st.text(alphabet="ABCxyz019", min_size=1, max_size=10),
    noise=st.lists(st.sampled_from(" -.·\u00a0\u2013_"), max_size=10),
)
def test_plate_means_the_same_however_it_is_written(text: str, noise: list[str]) -> None:
    """QRY-5: case and separators never make another read of it."""
    spaced = text
    for position, separator in enumerate(noise):
        at = position * 7 % (len(spaced) + 1)
        spaced = spaced[:at] + separator + spaced[at:]
    assert checked(plate=spaced).id == checked(plate=text.upper()).id


def test_same_instant_in_another_zone_is_the_same_read() -> None:
    west = CAPTURED.astimezone(tz=__import__("zoneinfo").ZoneInfo("America/Los_Angeles"))
    assert checked(captured_at=west.isoformat()).id == checked().id


def test_distance_is_measured_on_the_ground() -> None:
    philadelphia, new_york = (399_526_000, -751_652_000), (407_128_000, -740_060_000)
    assert distance_metres(philadelphia, new_york) == pytest.approx(129_600, rel=0.01)
