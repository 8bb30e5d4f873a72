"""Hikvision cameras (ING-2)."""

from datetime import datetime
from typing import Any

import pytest

from ingest.schemas import DeviceKind, PhotoRole
from tests.ingest.feed import CAPTURED, CLOSE_UP, SCENE, Feed, picture
from tests.ingest.formats_base import fault_of, read_of, understood
from tests.ingest.test_feed_api import part, post
from tests.ingest.vendors import hikvision

BOTH = {"licensePlatePicture.jpg": CLOSE_UP, "detectionPicture.jpg": SCENE}


@pytest.mark.parametrize("namespace", ["ver20", "ver10", "std-cgi/ver20"])
def test_event_is_one_read_whatever_its_namespace(namespace: str) -> None:
    read = read_of("hikvision", hikvision(namespace=namespace), parts=BOTH)
    assert (read.plate, read.state, read.captured_at) == ("ABC123", "", CAPTURED)
    assert read.latitude == pytest.approx(39.9501)
    assert read.longitude == pytest.approx(-75.1601)
    assert (read.confidence, read.color) == (0.97, "white")
    assert read.keys == ("hikvision:20260521161006973",)
    assert [(photo.role, photo.data) for photo in read.photos] == [
        (PhotoRole.SCENE, SCENE),
        (PhotoRole.PLATE, CLOSE_UP),
    ]


def test_camera_is_known_by_three_names() -> None:
    read = read_of("hikvision", hikvision(), parts=BOTH)
    assert (read.camera, *read.camera_names) == ("e8:a0:ed:00:00:01", "10.199.27.128", "Gate 1")


@pytest.mark.parametrize("name", ["anpr.xml", "xml_file", "anything"])
def test_part_may_have_any_name(feed: Feed, name: str) -> None:
    form = {
        name: part("anpr.xml", hikvision()),
        "first": part("licensePlatePicture.jpg", CLOSE_UP),
        "second": part("detectionPicture.jpg", SCENE),
    }
    body = post(feed, "hikvision", form, "multipart").json()
    # The number of a country says no more than the camera's own record, which says nothing.
    assert body["reads"][0]["reason"] == "state_unknown"


def test_zeros_are_no_place() -> None:
    zeros = "".join(f"<{name}><degree>0</degree></{name}>" for name in ("Longitude", "Latitude"))
    for more in (f"<DeviceGPSInfo>{zeros}</DeviceGPSInfo>", ""):
        read = read_of("hikvision", hikvision(more=more), parts=BOTH)
        assert (read.latitude, read.longitude) == (None, None)


def test_time_without_a_zone_is_that_of_the_cameras_clock() -> None:
    read = read_of("hikvision", hikvision(at="2026-01-05T14:03:11"), parts=BOTH)
    assert read.captured_at == datetime(2026, 1, 5, 14, 3, 11)  # noqa: DTZ001 - the point of it


class TestPictures:
    """Which picture is what, where one of them is missing."""

    def test_scene_alone_tells_the_plate_in_pixels(self) -> None:
        (scene,) = read_of("hikvision", hikvision(), parts={"detectionPicture.jpg": SCENE}).photos
        assert (scene.role, scene.box) == (PhotoRole.SCENE, (8, 6, 32, 14))

    def test_scene_alone_tells_the_plate_in_thousandths(self) -> None:
        large = {"detectionPicture.jpg": picture(size=(2_000, 1_500))}
        (scene,) = read_of("hikvision", hikvision(), parts=large).photos
        assert (scene.role, scene.box) == (PhotoRole.SCENE, (16, 9, 64, 21))

    def test_plates_picture_alone_may_be_the_whole_scene(self) -> None:
        parts = {"licensePlatePicture.jpg": SCENE}
        (scene,) = read_of("hikvision", hikvision(), parts=parts).photos
        assert (scene.role, scene.box) == (PhotoRole.SCENE, (8, 6, 32, 14))

    def test_plates_picture_alone_may_be_just_that(self) -> None:
        parts = {"licensePlatePicture.jpg": picture(size=(32, 14))}
        (close_up,) = read_of("hikvision", hikvision(), parts=parts).photos
        assert (close_up.role, close_up.box) == (PhotoRole.PLATE, None)

    def test_none_at_all_is_a_read_without(self) -> None:
        assert read_of("hikvision", hikvision()).photos == ()


def test_camera_with_nothing_to_tell_says_that_it_lives() -> None:
    event = hikvision().replace(b"<ANPR>", b"<Other>").replace(b"</ANPR>", b"</Other>")
    (beat,) = understood("hikvision", event.replace(b">active<", b">inactive<")).heartbeats
    assert (beat.kind, beat.names[0]) == (DeviceKind.CAMERA, "e8:a0:ed:00:00:01")
    assert "eventType: expected ANPR" in fault_of("hikvision", event).detail


@pytest.mark.parametrize(
    ("document", "named"),
    [
        (b"<Other/>", "eventType"),
        (b"<EventNotificationAlert><ANPR/></EventNotificationAlert>", "ANPR: expected an object"),
        (hikvision().replace(b">97<", b">high<"), "ANPR.confidenceLevel"),
        (hikvision(more="<DeviceGPSInfo>north</DeviceGPSInfo>"), "DeviceGPSInfo"),
        (b'{"plate": "A1"}', "No XML"),
    ],
)
def test_what_is_wrong_is_named(document: Any, named: str) -> None:
    fault = fault_of("hikvision", document)
    assert fault.reason == "payload_invalid"
    assert named in fault.detail


class TestHostile:
    """XML that no camera sends (SAF-2)."""

    def test_entity_is_refused(self) -> None:
        bomb = b'<!DOCTYPE x [<!ENTITY a "1"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
        assert "never send" in fault_of("hikvision", bomb).detail

    def test_file_of_ours_is_not_read(self) -> None:
        outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
        fault = fault_of("hikvision", outside)
        assert "never send" in fault.detail
        assert "root:" not in repr(fault)

    def test_definition_elsewhere_is_not_fetched(self) -> None:
        outside = b'<!DOCTYPE x SYSTEM "http://169.254.169.254/x.dtd"><x/>'
        assert "never send" in fault_of("hikvision", outside).detail

    @pytest.mark.parametrize(
        "document",
        [
            b"<a>" * 200 + b"</a>" * 200,
            b"<a>" + b"<b/>" * 3_000 + b"</a>",
            b"<a " + b" ".join(b'x%d="1"' % number for number in range(60)) + b"/>",
        ],
        ids=["deep", "many", "attributes"],
    )
    def test_more_than_any_camera_sends_is_refused(self, document: bytes) -> None:
        assert "can't be read" in fault_of("hikvision", document).detail

    @pytest.mark.parametrize(
        "document",
        [b"<a>\xff</a>", b'<?xml version="1.0" encoding="no-such"?><a/>', b"<a>&#0;</a>"],
    )
    def test_wrong_encoding_is_named(self, document: bytes) -> None:
        assert fault_of("hikvision", document).reason == "payload_invalid"
