"""Blue Iris, in each of the forms that people compose (ING-2)."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ingest.schemas import PhotoRole
from tests.ingest.feed import CAPTURED, SCENE, picture
from tests.ingest.formats_base import fault_of, read_of, reads_of, real, understood
from tests.ingest.vendors import blueiris, blueiris_dump, text_of


def test_plate_is_what_was_read_whatever_the_label_says() -> None:
    read = read_of("blueiris", blueiris())
    assert (read.plate, read.camera, read.confidence) == ("ABC 123", "GATE", 0.94)
    assert (read.captured_at, read.state) == (CAPTURED, "")
    (scene,) = read.photos
    assert (scene.role, scene.data, scene.box) == (PhotoRole.SCENE, SCENE, (8, 6, 32, 14))


def test_each_plate_of_a_picture_has_a_key_of_its_own() -> None:
    first, second = reads_of("blueiris", blueiris(ai_dump=blueiris_dump("A1", "A2")))
    assert (first.plate, second.plate) == ("A1", "A2")
    assert len({*first.keys, *second.keys}) == 2


def test_answer_may_stand_in_quotation_marks() -> None:
    dump = orjson.dumps(blueiris_dump("A1")).decode()
    assert read_of("blueiris", blueiris(ai_dump=dump)).plate == "A1"


def test_picture_may_be_webp() -> None:
    webp = picture(kind="WEBP")
    read = read_of("blueiris", blueiris(Image=text_of(webp)))
    assert read.photos[0].data == webp


@pytest.mark.parametrize(
    "spelt", ["%a, %d %b %Y %H:%M:%S GMT", "%a %d %b %Y %H:%M:%S GMT"], ids=["comma", "none"]
)
@pytest.mark.parametrize("timestamp", [None, "", "1/2/2026 3:04:05 PM", "2026-01-05T14:03:11"])
def test_recognisers_time_counts_where_the_alerts_has_no_zone(
    timestamp: str | None, spelt: str
) -> None:
    dump = blueiris_dump("A1")
    dump[1]["found"]["timestampUTC"] = CAPTURED.strftime(spelt)
    assert read_of("blueiris", blueiris(ai_dump=dump, timestamp=timestamp)).captured_at == CAPTURED


def test_time_without_a_zone_is_that_of_the_cameras_clock() -> None:
    read = read_of("blueiris", blueiris(ai_dump=None, memo="A1:97%", timestamp="2026-01-05T14:03"))
    assert read.captured_at == datetime(2026, 1, 5, 14, 3)  # noqa: DTZ001 - the point of it


@pytest.mark.parametrize("timestamp", ["1/2/2026 3:04:05 PM", "02.01.2026 15:04", "soon"])
def test_date_that_may_mean_two_days_is_never_guessed(timestamp: str) -> None:
    fault = fault_of("blueiris", blueiris(ai_dump=None, memo="A1:97%", timestamp=timestamp))
    assert fault.reason == "time_invalid"


@pytest.mark.parametrize("spelt", ["Tue, 31 Feb 2026 10:00:00 GMT", "Tue, 1 Foo 2026 10:00:00 GMT"])
def test_recognisers_time_that_is_none_is_named(spelt: str) -> None:
    dump = blueiris_dump("A1")
    dump[1]["found"]["timestampUTC"] = spelt
    assert spelt in fault_of("blueiris", blueiris(ai_dump=dump, timestamp="")).detail


def test_memo_is_plates_among_things() -> None:
    memo = "ABC123:97%, car:85%,[XYZ9]:71%, traffic light:50%"
    first, second = reads_of("blueiris", blueiris(ai_dump=None, memo=memo))
    assert (first.plate, first.confidence) == ("ABC123", 0.97)
    assert (second.plate, second.confidence) == ("XYZ9", 0.71)


@pytest.mark.parametrize("memo", ["ABC123", "Nothing found", "ABC123:high", "ABC123:97%,cancelled"])
def test_memo_with_anything_else_is_never_guessed(memo: str) -> None:
    """ "cancelled" would make a fine plate."""
    fault = fault_of("blueiris", blueiris(ai_dump=None, memo=memo))
    assert fault.reason == "plate_unreadable"
    assert fault.photos[0].data == SCENE


def test_plate_number_is_the_last_resort() -> None:
    read = read_of("blueiris", blueiris(ai_dump=None, plate_number="ABC123"))
    assert (read.plate, read.confidence, read.photos[0].box) == ("ABC123", None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"ai_dump": blueiris_dump()},
        {"ai_dump": [{"api": "objects", "found": {"predictions": [{"label": "car"}]}}]},
        {"ai_dump": None, "memo": "car:85%,person:60%"},
    ],
)
def test_nothing_seen_is_noted(changes: dict[str, Any]) -> None:
    found = understood("blueiris", blueiris(**changes))
    assert found.reads == ()
    assert "no plate" in found.note


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ai_dump": None}, "one of ai_dump, memo, plate_number"),
        ({"ai_dump": "{"}, "ai_dump: expected the recogniser's answer"),
        ({"ai_dump": 7}, "ai_dump: expected a list"),
        ({"ai_dump": [{"api": "alpr", "found": []}]}, "ai_dump[0].found: expected an object"),
        ({"ai_dump": [{"api": "alpr", "found": {"predictions": ["A1"]}}]}, "predictions[0]"),
    ],
)
def test_unknown_shape_is_named(changes: dict[str, Any], named: str) -> None:
    assert named in fault_of("blueiris", blueiris(**changes)).detail


def test_macro_that_broke_the_json_waits_in_quarantine() -> None:
    fault = fault_of("blueiris", b'{"ai_dump":,"camera":"GATE","ALERT_PATH":"C:\\Alerts\\1.jpg"}')
    assert fault.reason == "payload_invalid"
    assert "line 1" in fault.detail


class TestReal:
    """Answers of real recognisers, as they are: without the alert around them."""

    def test_answer(self) -> None:
        first, second = reads_of("blueiris", real("blueiris_example.json"), camera="GATE")
        assert (first.plate, second.plate) == ("T121396C", "KYJ5")
        assert first.captured_at == datetime(2024, 11, 19, 23, 51, 20, tzinfo=UTC)
        assert first.confidence == pytest.approx(0.9422435760)

    def test_answer_of_another_recogniser(self) -> None:
        reads = reads_of("blueiris", real("blueiris_json-dump-example.json"), camera="GATE")
        assert [read.plate for read in reads] == ["SGX 7923G", "HF7499"]
        assert reads[0].captured_at == datetime(2025, 2, 9, 3, 46, 58, tzinfo=UTC)
