"""Plate Recognizer Stream and Snapshot (ING-2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.bodies import TooMuch
from ingest.rules import MAX_PLATES_PER_MESSAGE
from ingest.schemas import PhotoRole, ReadIn, Unreadable
from tests.ingest.feed import CAPTURED, SCENE
from tests.ingest.formats_base import fault_of, read_of, reads_of, real, understood
from tests.ingest.vendors import snapshot_webhook, stream_result, stream_webhook, vehicle_result

UPLOAD = {"upload": SCENE}


@pytest.mark.parametrize("result", [stream_result(), vehicle_result()], ids=["plate", "vehicle"])
def test_both_modes_tell_the_same(result: dict[str, Any]) -> None:
    read = read_of("platerecognizer", stream_webhook(result), parts=UPLOAD)
    assert (read.plate, read.state, read.captured_at) == ("abc123", "us-pa", CAPTURED)
    assert (read.camera, read.confidence) == ("GATE", 0.902)
    assert (read.make, read.model, read.color) == ("Toyota", "Camry", "silver")
    (scene,) = read.photos
    assert (scene.role, scene.data, scene.box) == (PhotoRole.SCENE, SCENE, (8, 6, 32, 14))


def test_one_message_holds_many_plates_of_one_picture() -> None:
    message = stream_webhook(stream_result(), stream_result(plate="xyz9"))
    first, second = reads_of("platerecognizer", message, parts=UPLOAD)
    assert (first.plate, second.plate) == ("abc123", "xyz9")
    # The very same bytes: looked at once, however many plates there are.
    assert first.photos[0].data is second.photos[0].data


def test_vehicle_without_a_plate_is_a_read_without_a_plate() -> None:
    read = read_of("platerecognizer", stream_webhook(vehicle_result(plate=None)), parts=UPLOAD)
    assert read.plate == ""
    assert read.make == "Toyota"


def test_snapshot_without_a_plate_is_noted() -> None:
    found = understood("platerecognizer", snapshot_webhook(), parts=UPLOAD)
    assert found.reads == ()
    assert "no plate" in found.note


def test_snapshots_time_is_utc_though_it_names_no_zone() -> None:
    read = read_of("platerecognizer", snapshot_webhook(stream_result()))
    assert read.captured_at == CAPTURED + timedelta(milliseconds=30)


def test_snapshots_hook_is_not_the_camera_and_streams_is() -> None:
    result = stream_result()
    assert read_of("platerecognizer", snapshot_webhook(result, camera_id=None)).camera == ""
    assert read_of("platerecognizer", stream_webhook(result, camera_id=None)).camera == "GATE"
    named = read_of("platerecognizer", snapshot_webhook(result, camera_id=None), camera="LOT")
    assert named.camera == "LOT"


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("us-ca", "us-ca"),
        ("us", ""),
        ("", ""),
        ("ca", "CA-XX"),
        ("ca-on", "ca-on"),
        ("de", "country de"),
        ("in", "country in"),
        ("mx", "MX-XXX"),
    ],
)
def test_region_without_a_hyphen_is_a_country(code: str, state: str) -> None:
    """ "de" is Germany, not Delaware."""
    message = stream_webhook(stream_result(region={"code": code, "score": 0.9}))
    assert read_of("platerecognizer", message).state == state


def test_result_that_is_wrong_costs_the_others_nothing() -> None:
    message = stream_webhook(stream_result(score="high"), stream_result())
    bad, good = understood("platerecognizer", message, parts=UPLOAD).reads
    assert isinstance(bad, Unreadable)
    assert "results[0].score: expected a number, got 'high'" in bad.detail
    assert [photo.data for photo in bad.photos] == [SCENE]
    assert isinstance(good, ReadIn)


def test_more_plates_than_a_picture_holds_are_refused() -> None:
    many = [stream_result(plate=f"A{number}") for number in range(MAX_PLATES_PER_MESSAGE + 1)]
    with pytest.raises(TooMuch, match="101 plates"):
        understood("platerecognizer", stream_webhook(*many))
    assert len(reads_of("platerecognizer", stream_webhook(*many[1:]))) == MAX_PLATES_PER_MESSAGE


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({}, "results: expected a list of plates"),
        ({"data": {}}, "data.results"),
        ({"data": {"results": 5}}, "results: expected a list, got 5"),
        ({"hook": 5, "data": {"results": []}}, "hook: expected an object"),
    ],
)
def test_unknown_shape_is_named(document: Any, named: str) -> None:
    assert named in fault_of("platerecognizer", document).detail


def test_real_webhook() -> None:
    read = read_of("platerecognizer", real("platerecognizer_stream_webhook.json"), parts=UPLOAD)
    assert (read.plate, read.state, read.camera) == ("pl8rec", "us-ca", "camera-1")
    assert read.captured_at == datetime(2025, 8, 11, 16, 42, 58, 740_143, tzinfo=UTC)
    assert (read.make, read.model, read.color) == ("Porsche", "911", "red")
    assert read.photos[0].box == (337, 270, 75, 35)
