"""OpenALPR and Rekor Scout agents (ING-2)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.schemas import DeviceKind, PhotoRole
from tests.ingest.feed import CAPTURED, CLOSE_UP, SCENE, encoded
from tests.ingest.formats_base import fault_of, read_of, reads_of, real, understood
from tests.ingest.vendors import openalpr_group, openalpr_heartbeat, openalpr_results


def test_group_is_one_read() -> None:
    read = read_of("openalpr", openalpr_group())
    assert (read.plate, read.state, read.captured_at) == ("ABC123", "us-pa", CAPTURED)
    assert (read.latitude, read.longitude) == (39.9501, -75.1601)
    assert read.confidence == pytest.approx(0.92075203)
    assert (read.make, read.model, read.color) == ("Toyota", "Camry", "Silver")
    assert [(p.role, p.data) for p in read.photos] == [
        (PhotoRole.SCENE, SCENE),
        (PhotoRole.PLATE, CLOSE_UP),
    ]


@pytest.mark.parametrize(
    ("make", "shown"),
    [("toyota", "Toyota"), ("bmw", "BMW"), ("land_rover", "Land Rover"), ("MG", "MG")],
)
def test_names_are_written_as_people_do(make: str, shown: str) -> None:
    vehicle = {"make": [{"name": make, "confidence": 90}]}
    assert read_of("openalpr", openalpr_group(vehicle=vehicle)).make == shown


def test_camera_is_known_by_agent_and_id_by_id_or_by_label() -> None:
    read = read_of("openalpr", openalpr_group(), camera="FROM-ADDRESS")
    assert (read.camera, *read.camera_names) == (
        "AGENT7/1414799424",
        "1414799424",
        "Gantry",
        "FROM-ADDRESS",
    )


def test_uuids_are_the_keys_of_a_group() -> None:
    group = openalpr_group()
    read = read_of("openalpr", group)
    assert set(read.keys) == {f"openalpr:{uuid}" for uuid in group["uuids"]}


def test_candidates_are_no_plates() -> None:
    assert "A8C123" not in repr(read_of("openalpr", openalpr_group()).plate)
    plates = [read.plate for read in reads_of("openalpr", openalpr_results())]
    assert plates == ["ABC123", "XYZ9"]


@pytest.mark.parametrize("place", [(0, 0), (-1, -1), (-1.0, -1.0), (None, None)])
def test_agent_without_a_receiver_has_no_place(place: tuple[Any, Any]) -> None:
    read = read_of("openalpr", openalpr_group(gps_latitude=place[0], gps_longitude=place[1]))
    assert (read.latitude, read.longitude) == (None, None)


@pytest.mark.parametrize(
    ("region", "country", "state"),
    [
        ("us-ca", "us", "us-ca"),
        ("mo", "us", "mo"),
        ("CA", "", "CA"),
        ("us", "us", ""),
        ("", "us", ""),
        ("on", "ca", "ca-on"),
        ("by", "de", "de-by"),
        ("", "ca", "CA-XX"),
        ("", "de", "country de"),
    ],
)
def test_region_is_a_state_unless_it_is_a_country(region: str, country: str, state: str) -> None:
    group = openalpr_group(best_region=region, country=country)
    group["best_plate"]["region"] = ""
    assert read_of("openalpr", group).state == state


def test_preview_waits_for_its_group() -> None:
    fault = fault_of("openalpr", openalpr_group(is_preview=True))
    assert fault.reason == "preview"
    assert fault.payload["plate"] == "ABC123"
    assert [photo.data for photo in fault.photos] == [SCENE, CLOSE_UP]
    assert fault.keys


def test_results_of_one_picture_are_told_apart_by_their_place_in_it() -> None:
    first, second = reads_of("openalpr", openalpr_results())
    assert first.keys == ("openalpr-picture:AGENT7-picture-1:0",)
    assert second.keys == ("openalpr-picture:AGENT7-picture-1:1",)
    assert [photo.role for photo in first.photos] == [PhotoRole.PLATE]
    assert (first.state, second.state) == ("pa", "us-nj")


def test_result_that_is_none_costs_the_other_nothing() -> None:
    results = [7, openalpr_results()["results"][0]]
    bad, good = understood("openalpr", openalpr_results(results=results)).reads
    assert getattr(bad, "detail", "").startswith("results[0]: expected an object, got 7")
    assert getattr(good, "plate", "") == "ABC123"


@pytest.mark.parametrize(
    ("document", "note"),
    [
        ({"data_type": "alpr_alert", "group": openalpr_group()}, "alert"),
        ({"openalpr_webhook": "test"}, "test"),
        (openalpr_results(results=[]), "no plate"),
    ],
)
def test_what_is_no_read_is_noted(document: dict[str, Any], note: str) -> None:
    found = understood("openalpr", document)
    assert (found.reads, found.heartbeats) == ((), ())
    assert note in found.note


def test_heartbeat_tells_of_agent_and_cameras() -> None:
    found = understood("openalpr", openalpr_heartbeat())
    agent, camera = found.heartbeats
    assert (agent.kind, agent.names) == (DeviceKind.AGENT, ("AGENT7", "lane-pc"))
    assert (agent.software, agent.reported_at) == ("4.0.1", CAPTURED)
    assert agent.facts == {"cpu_usage_percent": 18.5, "daemon_uptime_seconds": 2_594_832}
    assert camera.names == ("AGENT7/1414799424", "1414799424", "Gantry")
    assert (camera.agent, camera.fps, camera.is_streaming) == ("AGENT7", 12.0, True)
    assert (found.reads, found.note) == ((), "heartbeat")


def test_no_log_on_of_a_camera_is_ever_kept() -> None:  # SAF-3
    assert "secret" not in repr(understood("openalpr", openalpr_heartbeat()))
    strange = openalpr_heartbeat(data_type="heartbeat2")
    assert "secret" not in repr(fault_of("openalpr", strange))


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({}, "data_type: expected one of alpr_group"),
        ({"data_type": "vehicle"}, "got 'vehicle'"),
        ([], ""),
        ("text", "expected an object"),
        (openalpr_group(best_plate=[1]), "best_plate: expected an object"),
        (openalpr_group(epoch_start="noon"), "epoch_start: expected a number"),
        (openalpr_group(uuids="one"), "uuids: expected a list"),
        (openalpr_heartbeat(agent_uid=None), "agent_uid"),
    ],
)
def test_unknown_shape_is_named(document: Any, named: str) -> None:
    if document == []:
        assert understood("openalpr", document).reads == ()
        return
    fault = fault_of("openalpr", document)
    assert fault.reason == "payload_invalid"
    assert named in fault.detail


def test_unknown_shape_keeps_its_pictures() -> None:
    fault = fault_of("openalpr", {"data_type": "new"}, parts={"picture": SCENE})
    assert [photo.data for photo in fault.photos] == [SCENE]
    fault = fault_of("openalpr", openalpr_group(data_type="new"))
    assert [photo.data for photo in fault.photos] == [SCENE, CLOSE_UP]
    fault = fault_of("openalpr", f'{{"broken":,"image":"{encoded(SCENE)}"}}'.encode())
    assert [photo.data for photo in fault.photos] == [SCENE]


@pytest.mark.parametrize("at", [1e300, -5, 2**63, "99999999999999999"])
def test_time_beyond_the_calendar_is_a_fault_of_the_read(at: Any) -> None:
    assert fault_of("openalpr", openalpr_group(epoch_start=at)).reason == "time_invalid"


def test_picture_that_is_no_base64_is_named() -> None:
    fault = fault_of("openalpr", openalpr_group(vehicle_crop_jpeg="!!"))
    assert fault.reason == "photograph_invalid"
    assert fault.payload["plate"] == "ABC123"


def test_picture_comes_in_lines_and_as_data_url_too() -> None:
    lines = "\r\n".join([encoded(SCENE)[:40], encoded(SCENE)[40:]])
    read = read_of("openalpr", openalpr_group(vehicle_crop_jpeg=f"data:image/jpeg;base64,{lines}"))
    assert read.photos[0].data == SCENE


class TestReal:
    """Messages of real agents."""

    def test_group_of_version_1(self) -> None:
        read = read_of("openalpr", real("rekor_alpr_group_v1.json"))
        assert (read.plate, read.state) == ("A13709", "mo")
        assert read.captured_at == datetime(2015, 11, 24, 0, 50, 8, 789_000, tzinfo=UTC)
        assert read.camera == "dimitar-video/1414799424"
        assert read.confidence == pytest.approx(0.92075203)
        assert len(read.keys) == 5
        assert read.photos == ()

    def test_results(self) -> None:
        read = read_of("openalpr", real("openalpr_alpr_results_v2.json"))
        assert (read.plate, read.state) == ("627WWI", "wa")
        assert read.captured_at == datetime(2016, 10, 17, 15, 7, 33, 320_000, tzinfo=UTC)

    def test_heartbeat(self) -> None:
        agent, camera = understood("openalpr", real("rekor_heartbeat.json")).heartbeats
        assert agent.names == ("your-unique-sitename",)
        assert (camera.fps, camera.is_streaming) == (12.0, True)
        assert camera.names[0] == "your-unique-sitename/1630410444"
