"""The vendor's pages (ING-1, ING-5); who may open which is shown by the walk of all URLs too."""

from typing import Any

import pytest
from django.test import Client

from audit.kinds import Kind
from ingest.models import Camera, FeedKey, Source
from ingest.selectors import find_feed_key
from tests.audited import recorded
from tests.cast import Cast, client_for
from tests.ingest.feed import Feed, payload

LISTS = ["camera", "feedkey"]


@pytest.fixture
def vendor(cast: Cast) -> Client:
    return client_for(cast.vendor)


@pytest.mark.parametrize("name", LISTS)
def test_lists_show_what_there_is(feed: Feed, vendor: Client, name: str) -> None:
    feed.store(payload(), payload(plate=""))
    response = vendor.get(f"/admin/ingest/{name}/")
    assert response.status_code == 200
    assert response.context["cl"].result_count > 0


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("part", ["investigator", "supervisor", "manager", "auditor", "other"])
def test_lists_are_the_vendors_alone(feed: Feed, cast: Cast, name: str, part: str) -> None:
    response = client_for(cast.everybody[part]).get(f"/admin/ingest/{name}/")
    assert response.status_code in {302, 403, 404}


# QRY-2
def test_admin_has_no_page_of_reads(vendor: Client) -> None:
    assert vendor.get("/admin/ingest/read/").status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_lists_ask_the_database_a_fixed_number_of_times(
    feed: Feed, vendor: Client, name: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        feed.store(payload(plate=f"A{number}"), payload(plate="", id=str(number)))
    with django_assert_max_num_queries(22):
        vendor.get(f"/admin/ingest/{name}/")


def act(client: Client, address: str, **data: Any) -> Any:
    return client.post(f"/admin/ingest/{address}/", {"reason": "they asked"} | data, follow=True)


def test_source_is_paused_and_resumed_with_a_reason(feed: Feed, vendor: Client) -> None:
    for page, is_paused in (("pause", True), ("resume", False)):
        with recorded() as events:
            assert act(vendor, f"source/{feed.source.pk}/{page}").status_code == 200
        assert Source.objects.get().is_paused is is_paused
        changes = [event for event in events if event.kind == Kind.ADMIN_CHANGED]
        assert [event.fields["reason"] for event in changes] == ["they asked"]


def test_page_without_a_reason_changes_nothing(feed: Feed, vendor: Client) -> None:
    response = act(vendor, f"source/{feed.source.pk}/pause", reason=" ")
    assert response.status_code == 422
    assert not Source.objects.get().is_paused


def test_source_and_camera_are_added(vendor: Client) -> None:
    act(vendor, "source/new", code="NY", name="New York", kind="toll_road", state="US-NY")
    source = Source.objects.get()
    place = {"timezone": "America/New_York", "latitude": "40.7", "longitude": "-74.0"}
    act(vendor, f"source/{source.pk}/camera", code="C1", name="Gantry", **place)
    assert Camera.objects.get().latitude_e7 == 407_000_000


def test_camera_without_a_place_is_refused_beside_the_field(feed: Feed, vendor: Client) -> None:
    response = act(
        vendor, f"source/{feed.source.pk}/camera", code="C", name="C", timezone="America/New_York"
    )
    assert response.status_code == 422
    assert "latitude" in response.context["form"].errors


def test_key_is_shown_once(feed: Feed, vendor: Client) -> None:
    page = act(vendor, f"source/{feed.source.pk}/key", label="new software").content.decode()
    secret = page.partition("lprfeed_")[2].partition("<")[0].split()[0]
    key = find_feed_key(f"lprfeed_{secret}")
    assert key is not None
    assert key.label == "new software"
    assert b"lprfeed_" not in vendor.get(f"/admin/ingest/feedkey/{key.pk}/change/").content


def test_key_is_revoked(feed: Feed, vendor: Client) -> None:
    act(vendor, f"feedkey/{feed.issued.key.pk}/revoke")
    assert FeedKey.objects.get().revoked_at is not None


def test_camera_is_switched_off_and_on(feed: Feed, vendor: Client) -> None:
    for page, is_active in (("off", False), ("on", True)):
        act(vendor, f"camera/{feed.fixed.pk}/{page}")
        assert Camera.objects.get(pk=feed.fixed.pk).is_active is is_active


class TestCameraNames:
    """Names by which a camera's software calls it (ING-1)."""

    def test_name_is_added_shown_and_taken_away(self, feed: Feed, vendor: Client) -> None:
        page = f"camera/{feed.fixed.pk}"
        assert (
            "Take a name away" not in vendor.get(f"/admin/ingest/{page}/change/").content.decode()
        )
        with recorded() as events:
            act(vendor, f"{page}/name", name="AGENT7/99")
        assert [event.kind for event in events] == [Kind.ADMIN_CREATED, Kind.ADMIN_VIEWED]
        shown = vendor.get(f"/admin/ingest/{page}/change/").content.decode()
        assert "AGENT7/99" in shown
        assert "Take a name away" in shown
        act(vendor, f"{page}/unname", name=feed.fixed.names.get().pk)
        assert not feed.fixed.names.exists()

    def test_name_that_is_taken_is_told_beside_its_field(self, feed: Feed, vendor: Client) -> None:
        response = act(vendor, f"camera/{feed.fixed.pk}/name", name="mobile")
        assert "is the code of a camera of this source" in response.content.decode()

    def test_name_of_another_camera_is_not_to_be_had(self, feed: Feed, vendor: Client) -> None:
        act(vendor, f"camera/{feed.fixed.pk}/name", name="GATE")
        given = feed.fixed.names.get()
        response = act(vendor, f"camera/{feed.mobile.pk}/unname", name=given.pk)
        assert "Select a valid choice" in response.content.decode()
        assert feed.fixed.names.get() == given

    @pytest.mark.parametrize("part", ["investigator", "supervisor", "manager", "auditor", "other"])
    @pytest.mark.parametrize("page", ["name", "unname"])
    def test_names_are_the_vendors_to_give(
        self, feed: Feed, cast: Cast, part: str, page: str
    ) -> None:
        address = f"camera/{feed.fixed.pk}/{page}"
        act(client_for(cast.everybody[part]), address, name="GATE")
        assert not feed.fixed.names.exists()
