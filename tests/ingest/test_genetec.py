"""Genetec AutoVu: the webhook, and SharpV's files (ING-2)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.formats.xml import decode_xml
from ingest.schemas import PhotoRole
from tests.ingest.feed import CAPTURED, CLOSE_UP, SCENE
from tests.ingest.formats_base import fault_of, read_of, real
from tests.ingest.vendors import genetec, sharpv


def test_webhook_is_one_read() -> None:
    read = read_of("genetec", genetec())
    assert (read.plate, read.state, read.captured_at) == ("ABC123", "PA", CAPTURED)
    assert (read.camera, read.confidence) == ("GATE", 0.97)
    assert (read.make, read.model, read.color) == ("Toyota", "Camry", "silver")
    assert read.keys == ("genetec:5d3c7a10-0000-4000-8000-000000000001",)
    assert [(photo.role, photo.data) for photo in read.photos] == [
        (PhotoRole.SCENE, SCENE),
        (PhotoRole.PLATE, CLOSE_UP),
    ]


def test_webhook_tells_day_before_month() -> None:
    read = read_of("genetec", genetec(DateUtc="02/01/2026", TimeUtc="03:04:05"))
    assert read.captured_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    fault = fault_of("genetec", genetec(DateUtc="01/13/2026", TimeUtc="03:04:05"))
    assert fault.reason == "time_invalid"


def test_file_is_one_read_and_the_same_sighting() -> None:
    read = read_of("genetec", sharpv())
    assert (read.plate, read.state, read.captured_at) == ("ABC123", "PA", CAPTURED)
    assert (read.latitude, read.longitude, read.confidence) == (39.9501, -75.1601, 0.97)
    assert (read.camera, *read.camera_names) == ("GATE", "SHARP-1/GATE", "SHARP-1")
    assert [photo.data for photo in read.photos] == [SCENE, CLOSE_UP]
    assert read.keys == read_of("genetec", genetec()).keys


def test_file_tells_year_month_and_day() -> None:
    read = read_of("genetec", sharpv(UTCDate="2026:01:02", UTCTime="03:04:05.250"))
    assert read.captured_at == datetime(2026, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC)


def test_camera_without_a_receiver_has_no_place() -> None:
    for place in ("0", ""):
        read = read_of("genetec", sharpv(LongitudeX=place, LatitudeY=place))
        assert (read.latitude, read.longitude) == (None, None)


def test_picture_named_as_a_file_is_none_over_the_wire() -> None:
    read = read_of("genetec", sharpv(ContextImage="../../etc/x.jpg"))
    assert "no picture" in read.photos[0].problem


@pytest.mark.parametrize(
    ("document", "reason", "named"),
    [
        ({"Event": "other"}, "payload_invalid", "Plate"),
        (genetec(Attributes=["Make"]), "payload_invalid", "Attributes: expected an object"),
        (genetec(ConfidenceScore="high"), "payload_invalid", "ConfidenceScore"),
        (genetec(ConfidenceScore="970"), "payload_invalid", "0 to 1"),
        (genetec(DateUtc="", TimeUtc=""), "time_missing", "captured_at"),
        (sharpv(UTCDate="yesterday"), "time_invalid", "yesterday"),
        (b"<AutoVu><Plate>A1</Plate>", "payload_invalid", "line 1"),
        (b"<Other/>", "payload_invalid", "Plate"),
    ],
)
def test_what_is_wrong_is_named(document: Any, reason: str, named: str) -> None:
    fault = fault_of("genetec", document)
    assert fault.reason == reason
    assert named in fault.detail


def test_real_template_has_the_fields_that_are_read() -> None:
    """The camera puts values in the place of the template's words."""
    (document,) = decode_xml(real("genetec_sharpv_ftp_template.xml"))
    fields = {"Plate", "State", "UTCDate", "UTCTime", "CameraName", "SourceName", "ContextImage",
              "PlateImage", "LongitudeX", "LatitudeY", "Guid"}  # fmt: skip
    assert document["AutoVu"].keys() == fields
