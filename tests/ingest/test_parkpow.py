"""Programs written for ParkPow (ING-2)."""

from typing import Any

import orjson
import pytest

from ingest.schemas import PhotoRole
from tests.ingest.feed import CAPTURED, SCENE
from tests.ingest.formats_base import fault_of, read_of, reads_of, understood
from tests.ingest.vendors import parkpow, stream_result, vehicle_result


@pytest.mark.parametrize("result", [stream_result(), vehicle_result()], ids=["plate", "vehicle"])
def test_plate_is_one_read_in_both_modes(result: dict[str, Any]) -> None:
    read = read_of("parkpow", parkpow(results=[result]))
    assert (read.plate, read.state, read.captured_at) == ("abc123", "us-pa", CAPTURED)
    assert (read.camera, read.confidence, read.make) == ("GATE", 0.902, "Toyota")
    (scene,) = read.photos
    assert (scene.role, scene.data, scene.box) == (PhotoRole.SCENE, SCENE, (8, 6, 32, 14))


def test_results_may_be_text() -> None:
    results = orjson.dumps([stream_result(), stream_result(plate="xyz9")]).decode()
    reads = reads_of("parkpow", parkpow(results=results))
    assert [read.plate for read in reads] == ["abc123", "xyz9"]


def test_plate_alone_is_enough_for_a_result() -> None:
    read = read_of("parkpow", parkpow(results=[{"plate": "abc123"}]))
    assert (read.plate, read.state, read.confidence, read.make) == ("abc123", "", None, None)


def test_nothing_seen_is_noted() -> None:
    assert "no plate" in understood("parkpow", parkpow(results=[])).note


@pytest.mark.parametrize(
    ("changes", "reason", "named"),
    [
        ({"time": "2026-01-05 14:03:11"}, "time_invalid", "zone"),
        ({"time": None}, "time_missing", "captured_at"),
        ({"results": "[{"}, "payload_invalid", "results: expected a list of plates"),
        ({"results": None}, "payload_invalid", "results: expected a list of plates"),
        ({"results": "7"}, "payload_invalid", "results: expected a list, got 7"),
        ({"camera": {}}, "payload_invalid", "camera: expected text"),
        ({"image": "!!"}, "photograph_invalid", "base64"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], reason: str, named: str) -> None:
    fault = fault_of("parkpow", parkpow(**changes))
    assert fault.reason == reason
    assert named in fault.detail
