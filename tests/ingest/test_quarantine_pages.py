"""The vendor's pages about quarantine: lists, one read, repair, orders about many (ING-5)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.roles import Role
from audit.kinds import Kind
from ingest.models import QuarantinedRead, QuarantineJob
from ingest.rules import REASON_WORDS, QuarantineReason
from ingest.services.sources import create_camera
from tests.audited import recorded
from tests.cast import Cast, client_for, make_user
from tests.ingest.feed import (
    ACTOR,
    CAPTURED,
    NOW,
    WHY,
    Feed,
    encoded,
    hits,
    make_feed,
    payload,
    picture,
)

BASE = "/admin/ingest/quarantinedread/"
REPAIR: dict[str, Any] = {
    "plate": "ABC 123",
    "state": "US-PA",
    "captured_at": CAPTURED.isoformat(),
    "camera": "FIXED",
    "latitude": "39.95",
    "longitude": "-75.16",
    "confidence": "0.97",
    "scene": "0",
    "close_up": "1",
    "reason": "read off the photograph",
}


@pytest.fixture
def vendor(cast: Cast) -> Client:
    return client_for(cast.vendor)


def hold(feed: Feed, **changes: Any) -> QuarantinedRead:
    receipt = feed.store(payload(**changes))
    return QuarantinedRead.objects.get(batch=receipt.receipt)


def listed(client: Client, **filters: Any) -> list[QuarantinedRead]:
    response = client.get(BASE, filters)
    assert response.status_code == 200
    return list(response.context["page"])


def photograph_links(client: Client, read: QuarantinedRead, page: str = "change") -> list[str]:
    content = client.get(f"{BASE}{read.pk}/{page}/").content.decode()
    return re.findall(r'<img src="([^"]+)"', content)


def test_every_reason_has_words_and_advice() -> None:
    assert set(REASON_WORDS) == set(QuarantineReason)


# --- lists ----------------------------------------------------------------------------------------


def test_list_is_filtered_by_the_address(feed: Feed, vendor: Client) -> None:
    other = make_feed("NY-TOLL")
    no_plate, unknown = hold(feed, plate=""), hold(feed, camera="NEW")
    theirs = hold(other, plate="")
    assert set(listed(vendor)) == {no_plate, unknown, theirs}
    assert listed(vendor, source=feed.source.pk, reason="no_plate") == [no_plate]
    assert listed(vendor, camera="NEW") == [unknown]
    assert listed(vendor, state="discarded") == []
    assert len(listed(vendor, state="any")) == 3
    tomorrow = (NOW + timedelta(days=1)).date().isoformat()
    assert listed(vendor, since=tomorrow) == []
    assert len(listed(vendor, until=tomorrow)) == 3


@pytest.mark.parametrize(
    "nonsense",
    [{"source": "x"}, {"since": "soon"}, {"state": "eaten"}, {"page": "x"}, {"reason": "a b"}],
)
def test_nonsense_in_the_address_is_left_out(
    feed: Feed, vendor: Client, nonsense: dict[str, str]
) -> None:
    hold(feed, plate="")
    assert len(listed(vendor, **nonsense)) == 1


# QRY-2
def test_no_list_can_be_asked_for_a_plate(feed: Feed, vendor: Client) -> None:
    hold(feed, plate="ABC 123", camera="NEW")
    for name in ("q", "plate", "payload__plate", "read__plate", "detail", "search"):
        assert len(listed(vendor, **{name: "NOTHING"})) == 1
    # Nor does the list show any.
    assert b"ABC 123" not in vendor.get(BASE).content


def test_empty_list_says_what_that_means(feed: Feed, vendor: Client) -> None:
    assert b"No read waits." in vendor.get(BASE).content
    assert b"Nothing of this kind" in vendor.get(BASE, {"reason": "no_plate"}).content


def test_list_is_recorded_as_seen_with_its_filter(feed: Feed, vendor: Client) -> None:
    with recorded() as events:
        listed(vendor, reason="no_plate")
    assert [(e.kind, e.fields["object"], e.fields["search"]) for e in events] == [
        (Kind.ADMIN_VIEWED, "quarantine", "reason=no_plate")
    ]


def test_heaps_lead_to_orders_about_all_of_them(feed: Feed, vendor: Client) -> None:
    for number in range(3):
        hold(feed, camera="NEW", id=str(number))
    hold(feed, plate="")
    [largest, _] = vendor.get(BASE).context["heaps"]
    assert (largest[0].count, largest[1]) == (3, "Camera unknown")
    page = vendor.get(f"{BASE}bulk/refeed/?{largest[0].query}")
    assert page.context["count"] == 3


@pytest.mark.parametrize("address", ["", "bulk/refeed/", "bulk/discard/"])
@pytest.mark.parametrize("part", ["investigator", "supervisor", "manager", "auditor", "other"])
def test_pages_are_the_vendors_alone(feed: Feed, cast: Cast, address: str, part: str) -> None:
    client = client_for(cast.everybody[part])
    assert client.get(BASE + address).status_code in {403, 404}
    assert client.post(BASE + address, {"reason": "x"}).status_code in {403, 404}


# --- one read -------------------------------------------------------------------------------------


def test_page_shows_reason_payload_and_what_to_do(feed: Feed, vendor: Client) -> None:
    read = hold(feed, camera="NEW", model="Camry")
    with recorded() as events:
        page = vendor.get(f"{BASE}{read.pk}/change/").content.decode()
    assert "This source has no camera “NEW”." in page
    assert "Add the camera" in page
    assert "Camry" in page
    assert encoded(picture(10))[:40] not in page
    [event] = events
    assert (event.kind, event.fields["object"]) == (
        Kind.ADMIN_VIEWED,
        f"quarantinedread:{read.pk}",
    )


# QRY-7
def test_photographs_are_seen_by_a_link_of_ones_own_and_each_look_is_an_event(
    feed: Feed, vendor: Client, cast: Cast
) -> None:
    read = hold(feed, plate="")
    links = photograph_links(vendor, read)
    assert len(links) == 2
    with recorded() as events:
        response = vendor.get(links[0])
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert response.content == picture(10)
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("inline")
    [event] = events
    assert event.kind == Kind.QUARANTINE_PHOTO_VIEWED
    assert event.fields["photograph"] == 0
    # Without its token, for another photograph, for another person: nothing.
    bare = links[0].partition("?")[0]
    other = client_for(make_user("violet", "Violet Ray", [Role.VENDOR_ADMINISTRATOR]))
    for client, link in (
        (vendor, bare),
        (vendor, links[0].replace("/0/", "/1/")),
        (vendor, bare + "?t=" + "x" * 40),
        (other, links[0]),
    ):
        assert client.get(link).status_code == 404


def test_repair_page_is_filled_with_what_came(feed: Feed, vendor: Client) -> None:
    read = hold(feed, plate="AB?123")
    page = vendor.get(f"{BASE}{read.pk}/repair/")
    form = page.context["form"]
    assert (form["plate"].value(), form["state"].value()) == ("AB?123", "US-PA")
    assert (form["scene"].value(), form["close_up"].value()) == ("0", "1")
    assert len(photograph_links(vendor, read, "repair")) == 2


def test_repair_stores_the_read(feed: Feed, vendor: Client) -> None:
    read = hold(feed, plate="AB?123")
    with recorded() as events:
        response = vendor.post(f"{BASE}{read.pk}/repair/", REPAIR)
    assert response.status_code == 302
    assert [event.kind for event in events] == [Kind.QUARANTINE_REPAIRED]
    assert len(hits()) == 1
    page = vendor.get(f"{BASE}{read.pk}/change/").content.decode()
    assert "Repaired and stored" in page
    assert "/repair/" not in page


def test_missing_photograph_is_uploaded(feed: Feed, vendor: Client) -> None:
    read = hold(feed, photos=[{"role": "scene", "data": encoded(picture(10))}])
    new = SimpleUploadedFile("plate.jpg", picture(201), content_type="text/html")
    response = vendor.post(
        f"{BASE}{read.pk}/repair/", REPAIR | {"close_up": "", "close_up_file": new}
    )
    assert response.status_code == 302
    assert len(hits()) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"plate": "A?"}, "plate"),
        ({"captured_at": "noon"}, "captured_at"),
        ({"camera": ""}, "camera"),
        ({"latitude": "x"}, "latitude"),
        ({"box": "1 2 3"}, "box"),
        ({"box": "nan 0 1 1"}, "box"),
        ({"scene": ""}, "scene"),
        ({"scene": "9"}, "scene"),
        ({"reason": ""}, "reason"),
    ],
)
def test_fault_of_a_repair_stands_beside_its_field(
    feed: Feed, vendor: Client, changes: dict[str, str], field: str
) -> None:
    read = hold(feed, plate="AB?123")
    response = vendor.post(f"{BASE}{read.pk}/repair/", REPAIR | changes)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert QuarantinedRead.objects.get().state == "waiting"


def test_second_person_is_told_that_the_first_was_quicker(feed: Feed, vendor: Client) -> None:
    read = hold(feed, plate="AB?123")
    vendor.post(f"{BASE}{read.pk}/discard/", {"reason": "first"})
    response = vendor.post(f"{BASE}{read.pk}/repair/", REPAIR)
    assert response.status_code == 409
    assert b"discarded meanwhile" in response.content
    assert hits() == []


# --- orders ---------------------------------------------------------------------------------------


def test_order_about_all_of_a_camera_is_made_and_followed(feed: Feed, vendor: Client) -> None:
    for number in range(3):
        hold(feed, camera="NEW", id=str(number))
    create_camera(
        actor=ACTOR, source=feed.source, code="NEW", name="NEW", timezone="America/New_York",
        latitude=39.95, longitude=-75.16, reason=WHY, now=NOW,
    )  # fmt: skip
    address = f"{BASE}bulk/refeed/?source={feed.source.pk}&reason=camera_unknown&camera=NEW"
    assert "3 reads" in vendor.get(address).content.decode()
    response = vendor.post(address, {"reason": "the camera is entered now"})
    job = QuarantineJob.objects.get()
    assert response["Location"] == f"/admin/ingest/quarantinejob/{job.pk}/change/"
    page = vendor.get(response["Location"]).content.decode()
    assert "0 of 3 looked at" in page
    assert "hx-get" in page
    with recorded() as events:
        part = vendor.get(f"/admin/ingest/quarantinejob/{job.pk}/progress/")
    assert part.status_code == 200
    assert events == []


def test_order_needs_a_reason_and_something_to_do(feed: Feed, vendor: Client) -> None:
    assert vendor.post(f"{BASE}bulk/discard/", {"reason": "x"}).status_code == 422
    hold(feed, plate="")
    assert vendor.post(f"{BASE}bulk/discard/", {"reason": ""}).status_code == 422
    assert vendor.get(f"{BASE}bulk/eat/").status_code == 404
    assert not QuarantineJob.objects.exists()


def test_order_is_stopped_with_a_reason(feed: Feed, vendor: Client) -> None:
    hold(feed, plate="")
    vendor.post(f"{BASE}bulk/discard/", {"reason": "x"})
    job = QuarantineJob.objects.get()
    vendor.post(f"/admin/ingest/quarantinejob/{job.pk}/stop/", {"reason": "wrong one"})
    job.refresh_from_db()
    assert job.state == "stopped"
    page = vendor.get(f"/admin/ingest/quarantinejob/{job.pk}/change/").content.decode()
    assert "hx-get" not in page


def test_list_asks_the_database_a_fixed_number_of_times(
    feed: Feed, vendor: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        hold(feed, plate="", id=str(number))
    with django_assert_max_num_queries(24):
        vendor.get(BASE)
