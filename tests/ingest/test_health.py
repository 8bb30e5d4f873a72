"""Which cameras and agents are alive: heartbeats, last reads, and the names they go by."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from audit.kinds import Kind
from ingest import rules, selectors
from ingest.formats.feeds import FORMATS, Delivery, understand
from ingest.models import CameraActivity, Device
from ingest.services.reads import store_reads
from ingest.services.sources import create_camera, name_camera, unname_camera
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from tests.audited import recorded
from tests.harness.database import Connect
from tests.ingest.feed import ACTOR, CAPTURED, NOW, WHY, Feed, make_feed, payload
from tests.ingest.formats_base import understood
from tests.ingest.vendors import openalpr_group, openalpr_heartbeat

LATER = NOW + timedelta(minutes=1)
NAME = "AGENT7/1414799424"


def beat(feed: Feed, now: Any = NOW, **changes: Any) -> None:
    heartbeats = understood("openalpr", openalpr_heartbeat(**changes)).heartbeats
    store_reads(source=feed.source, reads=[], heartbeats=heartbeats, format="openalpr", now=now)


def name(feed: Feed, text: str = NAME, reason: str = WHY) -> Any:
    return name_camera(actor=ACTOR, camera=feed.fixed, name=text, reason=reason, now=NOW)


def test_last_read_of_a_camera_is_noted(feed: Feed) -> None:
    feed.store(payload(), payload(plate="A2", captured_at=NOW.isoformat()))
    fixed, mobile = selectors.camera_health(source=feed.source)
    assert fixed.activity is not None
    assert (fixed.camera, fixed.activity.last_received_at) == (feed.fixed, NOW)
    assert fixed.activity.last_captured_at == NOW
    assert (mobile.camera, mobile.activity, mobile.device) == (feed.mobile, None, None)


def test_last_read_is_written_only_so_often(feed: Feed) -> None:
    feed.store(payload())
    soon = NOW + rules.ACTIVITY_RESOLUTION / 2
    feed.store(payload(plate="A2", captured_at=NOW.isoformat()), now=soon)
    row = CameraActivity.objects.get()
    assert (row.last_received_at, row.last_captured_at) == (NOW, CAPTURED)
    feed.store(payload(plate="A3"), now=LATER)
    row = CameraActivity.objects.get()
    assert (row.last_received_at, row.last_captured_at) == (LATER, CAPTURED)


def test_read_that_is_set_aside_is_no_sign_of_life(feed: Feed) -> None:
    feed.store(payload(plate=""))
    assert not CameraActivity.objects.exists()


def test_heartbeat_is_kept_with_what_it_tells(feed: Feed) -> None:
    beat(feed)
    (agent,) = selectors.list_agents(source=feed.source)
    assert (agent.name, agent.software, agent.facts["cpu_usage_percent"]) == (
        "AGENT7",
        "4.0.1",
        18.5,
    )
    *_, unnamed = selectors.camera_health(source=feed.source)
    assert unnamed.camera is None
    assert unnamed.device is not None
    assert (unnamed.device.name, unnamed.device.fps, unnamed.device.agent) == (NAME, 12, "AGENT7")


def test_next_heartbeat_takes_the_place_of_the_last(feed: Feed) -> None:
    beat(feed)
    beat(feed, now=LATER, agent_version="4.0.2", video_streams=[])
    agent = Device.objects.get(kind="agent")
    assert (agent.first_heartbeat_at, agent.last_heartbeat_at) == (NOW, LATER)
    assert agent.software == "4.0.2"
    assert Device.objects.get(kind="camera").last_heartbeat_at == NOW


@pytest.mark.parametrize("text", [NAME, NAME.lower(), " 1414799424 ", "gantry"])
def test_camera_is_found_by_any_name_of_its_software(feed: Feed, text: str) -> None:
    beat(feed)
    name(feed, text)
    fixed, mobile = selectors.camera_health(source=feed.source)
    assert (fixed.camera, mobile.device) == (feed.fixed, None)
    assert fixed.device == Device.objects.get(kind="camera")
    reads = understood("openalpr", openalpr_group()).reads
    receipt = store_reads(source=feed.source, reads=reads, format="openalpr", now=NOW)
    assert receipt.stored == 1


def test_devices_of_another_source_are_its_own(feed: Feed) -> None:
    other = make_feed("NY-TOLL")
    beat(other)
    name(feed)
    assert [one.device for one in selectors.camera_health(source=feed.source)] == [None, None]
    assert len(selectors.camera_health()) == 5
    assert selectors.list_agents(source=feed.source) == []


def test_health_asks_three_queries_however_many_cameras(
    feed: Feed, django_assert_num_queries: Any
) -> None:
    beat(feed)
    make_feed("NY-TOLL")
    name(feed)
    with django_assert_num_queries(3):
        selectors.camera_health()


def test_devices_are_no_more_than_a_source_may_have(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.health.MAX_DEVICES_PER_SOURCE", 3)
    for number in range(5):
        beat(feed, agent_uid=f"AGENT{number}")
    assert Device.objects.count() == 3
    beat(feed, now=LATER, agent_uid="AGENT0")
    assert Device.objects.filter(last_heartbeat_at=LATER).count() == 2


def test_cameras_of_one_heartbeat_are_limited(feed: Feed) -> None:
    streams = [{"camera_id": number} for number in range(rules.MAX_DEVICES_PER_HEARTBEAT + 50)]
    beat(feed, video_streams=streams)
    assert Device.objects.count() == rules.MAX_DEVICES_PER_HEARTBEAT


def test_strange_figures_are_kept_as_far_as_they_can_be(feed: Feed) -> None:
    delivery = Delivery(
        b'{"data_type":"heartbeat","agent_uid":"A\\u0000B","cpu_usage_percent":1e300,'
        b'"video_streams":[{"camera_id":"","fps":1e308},{"camera_id":"x","fps":1e308}]}'
    )
    heartbeats = understand(FORMATS["openalpr"], delivery).heartbeats
    store_reads(source=feed.source, reads=[], heartbeats=heartbeats, format="openalpr", now=NOW)
    agent, camera = Device.objects.order_by("kind")
    assert (agent.name, agent.facts, camera.fps) == ("AB", {}, None)


def test_noting_never_waits_for_another_delivery(
    committed_db: None, feed: Feed, connect_as: Connect
) -> None:
    """Another transaction holds the camera's and the devices' rows, and stays."""
    feed.store(payload())
    beat(feed)
    with connect_as("postgres") as other, other.transaction(force_rollback=True):
        other.execute("SELECT 1 FROM ingest_cameraactivity FOR UPDATE")
        other.execute("SELECT 1 FROM ingest_device FOR UPDATE")
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 2000")
            assert feed.store(payload(plate="A2"), now=LATER).stored == 1
            beat(feed, now=LATER)
            cursor.execute("RESET statement_timeout")
    assert not CameraActivity.objects.filter(last_received_at=LATER).exists()
    assert not Device.objects.filter(last_heartbeat_at=LATER).exists()


class TestNames:
    """A camera's further names (ING-1, ACC-13)."""

    def test_name_is_given_and_taken_on_record(self, feed: Feed) -> None:
        with recorded() as events:
            given = name(feed)
            unname_camera(actor=ACTOR, name=given, reason=WHY, now=NOW)
        assert [event.kind for event in events] == [Kind.ADMIN_CREATED, Kind.ADMIN_REMOVED]
        assert list(feed.fixed.names.all()) == []
        assert [row.history_type for row in type(given).history.order_by("history_id")] == [
            "+",
            "-",
        ]

    @pytest.mark.parametrize("text", [NAME, NAME.lower(), "MOBILE", "mobile", "", "  ", "x" * 121])
    def test_name_stands_for_one_camera_of_a_source(self, feed: Feed, text: str) -> None:
        name(feed)
        with pytest.raises(InvalidInput):
            name(feed, text)
        make = make_feed("NY-TOLL")
        assert name(make).name == NAME

    def test_code_of_a_new_camera_is_no_other_cameras_name(self, feed: Feed) -> None:
        name(feed, "GATE")
        with pytest.raises(InvalidInput):
            create_camera(
                actor=ACTOR, source=feed.source, code="gate", name="Gate", is_mobile=True,
                timezone="America/New_York", reason=WHY, now=NOW,
            )  # fmt: skip

    def test_name_is_taken_once(self, feed: Feed) -> None:
        given = name(feed)
        unname_camera(actor=ACTOR, name=given, reason=WHY, now=NOW)
        with pytest.raises(PolicyDenied):
            unname_camera(actor=ACTOR, name=given, reason=WHY, now=NOW)

    def test_why_is_asked(self, feed: Feed) -> None:
        with pytest.raises(InvalidInput):
            name(feed, reason=" ")
