"""The vendor's page of streets and addresses (ING-3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.kinds import Kind
from ingest.models import GeoDataset, GeoStatus
from ingest.services import places
from tests.audited import recorded
from tests.cast import Cast, client_for
from tests.ingest.feed import NOW, Feed, payload
from tests.ingest.geography import address, load_addresses, load_streets, street

PAGE = "/admin/ingest/geodataset/"


@pytest.fixture
def vendor(cast: Cast) -> Client:
    return client_for(cast.vendor)


@pytest.fixture
def dataset(feed: Feed) -> GeoDataset:
    feed.store(payload())
    places.fill_waiting(now=NOW)
    return load_addresses(address("115 STATE ST"))


def page(client: Client, address_: str) -> str:
    response = client.get(address_)
    assert response.status_code == 200
    body: str = response.content.decode()
    return body


def test_list_tells_what_is_in_use_and_how_far_places_are(
    vendor: Client, dataset: GeoDataset
) -> None:
    load_streets(street("Main St", (0, 0), (9, 9)))
    shown = page(vendor, PAGE)
    for said in ("test-addresses", "1 addresses", "In use", "waits for the worker"):
        assert said in shown
    places.sweep(now=NOW)
    assert "all 1" in page(vendor, PAGE)


def test_progress_is_told_while_it_goes_on(vendor: Client, dataset: GeoDataset) -> None:
    dataset.refresh_cursor, dataset.refresh_done, dataset.refresh_total = 1, 2_000, 10_000
    from django.contrib import admin

    shown = admin.site.get_model_admin(GeoDataset).places(dataset)  # type: ignore[attr-defined]
    assert shown == "2,000 of 10,000"
    dataset.activated_at = None
    assert admin.site.get_model_admin(GeoDataset).places(dataset) == "–"  # type: ignore[attr-defined]


def test_a_data_set_shows_its_files_hash(vendor: Client, dataset: GeoDataset) -> None:
    shown = page(vendor, f"{PAGE}{dataset.pk}/change/")
    assert bytes(dataset.content_sha256).hex() in shown
    assert f"{PAGE}{dataset.pk}/retire/" in shown


def test_the_vendor_takes_a_data_set_out_of_use(vendor: Client, dataset: GeoDataset) -> None:
    asked = page(vendor, f"{PAGE}{dataset.pk}/retire/")
    assert "Hits and alerts no longer show what test-addresses 2026 says" in asked
    with recorded() as events:
        vendor.post(f"{PAGE}{dataset.pk}/retire/", {"reason": "the licence ended"})
    assert Kind.PLACES_RETIRED in {event.kind for event in events}
    dataset.refresh_from_db()
    assert dataset.status == GeoStatus.RETIRED
    assert f"{PAGE}{dataset.pk}/retire/" not in page(vendor, f"{PAGE}{dataset.pk}/change/")


def test_without_a_reason_nothing_changes(vendor: Client, dataset: GeoDataset) -> None:
    response = vendor.post(f"{PAGE}{dataset.pk}/retire/", {"reason": ""})
    assert response.status_code == 422
    dataset.refresh_from_db()
    assert dataset.status == GeoStatus.ACTIVE


@pytest.mark.parametrize("part", ["investigator", "supervisor", "manager", "auditor", "other"])
def test_the_page_is_the_vendors_alone(cast: Cast, dataset: GeoDataset, part: str) -> None:
    client = client_for(cast.everybody[part])
    assert client.get(PAGE).status_code in {302, 403, 404}
    response = client.post(f"{PAGE}{dataset.pk}/retire/", {"reason": "mine"})
    assert response.status_code in {302, 403, 404}
    dataset.refresh_from_db()
    assert dataset.status == GeoStatus.ACTIVE


@pytest.mark.django_db
def test_the_board_says_what_was_not_looked_up(vendor: Client, cast: Cast, feed: Feed) -> None:
    def item() -> Any:
        from ingest.board_items import collect

        items = collect(cast.vendor.person, timezone.now() + timedelta(hours=1))
        return next(one for one in items if one.key == "places")

    assert item().count == 0
    feed.store(payload())
    assert item().count == 1
    assert item().note.startswith("No streets or addresses are loaded")
    assert "Places not looked up" in page(vendor, "/admin/")
