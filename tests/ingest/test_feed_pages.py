"""The vendor's pages about feeds and receipts, and what the board says of them (ING-1, ING-4)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.board import board_for
from audit.kinds import Kind
from ingest.models import Batch, FeedKey, Source
from ingest.services.sources import create_source, pause_source
from tests.audited import recorded
from tests.cast import Cast, client_for
from tests.ingest.feed import ACTOR, NOW, WHY, Feed, make_feed, payload

FEEDS, RECEIPTS = "/admin/ingest/source/", "/admin/ingest/batch/"
HOUR = timedelta(hours=1)


@pytest.fixture
def vendor(cast: Cast) -> Client:
    return client_for(cast.vendor)


def page_of(client: Client, address: str, **filters: Any) -> str:
    response = client.get(address, filters)
    assert response.status_code == 200
    return str(response.content.decode())


def before(hours: int) -> dict[str, Any]:
    """A read that was taken so many hours ago."""
    return payload(captured_at=(NOW - hours * HOUR).isoformat())


def bare() -> Source:
    return create_source(
        actor=ACTOR, code="NEW", name="New one", kind="parking", state="US-NJ", reason=WHY, now=NOW
    )


# --- feeds ----------------------------------------------------------------------------------------


def test_list_shows_every_feed_with_its_rate(feed: Feed, vendor: Client) -> None:
    feed.store(payload(), payload(plate=""))
    page = page_of(vendor, FEEDS)
    assert "Delivering" in page
    assert re.search(
        r'<svg class="lpr-chart"[^>]*aria-label="Reads stored by hour[^"]*1 in all', page
    )
    assert "<rect" in page


def test_empty_list_says_how_to_begin(vendor: Client) -> None:
    assert "No camera operator is entered yet." in page_of(vendor, FEEDS)


def test_list_is_filtered_by_the_address(feed: Feed, vendor: Client) -> None:
    bare()

    def shown(**filters: Any) -> list[str]:
        found = vendor.get(FEEDS, filters).context["feeds"]
        return [one.feed.source.code for one in found]

    # Those that need somebody come first.
    assert shown() == ["DE-TOLL", "NEW"]
    assert shown(kind="parking") == ["NEW"]
    assert shown(standing="never") == ["DE-TOLL"]
    assert shown(q="new") == ["NEW"]
    assert shown(kind="x", standing="y") == ["DE-TOLL", "NEW"]


def test_list_tells_of_deliveries_without_a_key(vendor: Client) -> None:
    bare()
    Client().post("/api/v1/reads/", b"{}", "application/json")
    page = page_of(vendor, FEEDS)
    assert "feed_key_wrong (401)" in page
    assert "paste the right one" in page


def test_page_of_a_new_feed_says_what_to_do(vendor: Client) -> None:
    source = bare()
    page = page_of(vendor, f"{FEEDS}{source.pk}/change/")
    assert "Issue a feed key" in page
    assert "Add the cameras" in page
    assert "/api/v1/feeds/openalpr/" in page
    assert "Nothing was delivered yet." in page


def test_page_of_a_feed_shows_how_it_fares(feed: Feed, vendor: Client) -> None:
    feed.store(payload(), payload(camera="NOBODY"))
    feed.post(b"{")
    with recorded() as events:
        page = page_of(vendor, f"{FEEDS}{feed.source.pk}/change/")
    assert [(event.kind, event.fields["object"]) for event in events] == [
        (Kind.ADMIN_VIEWED, f"source:{feed.source.pk}")
    ]
    for part in ("Camera unknown", "malformed (400)", "FIXED", "MOBILE", "their software"):
        assert part in page
    # Cameras that never delivered first.
    assert page.index("MOBILE") < page.index(">FIXED<")
    # No plate, no photograph: this is no way to see reads (QRY-2).
    # Whole: three letters stand in many a token.
    assert not re.search("ABC ?123", page)


def test_silent_feed_says_for_how_long(feed: Feed, vendor: Client) -> None:
    feed.store(before(7), now=NOW - 7 * HOUR)
    page = page_of(vendor, f"{FEEDS}{feed.source.pk}/change/")
    assert re.search(r"No new read for 7\s+hours", page.replace("\xa0", " "))
    assert "Nothing reaches this service" in page


@pytest.mark.parametrize("address", [FEEDS, RECEIPTS])
@pytest.mark.parametrize("part", ["investigator", "supervisor", "manager", "auditor", "other"])
def test_pages_are_the_vendors_alone(feed: Feed, cast: Cast, address: str, part: str) -> None:
    feed.store(payload())
    client = client_for(cast.everybody[part])
    one = feed.source.pk if address == FEEDS else Batch.objects.get().pk
    for page in ("", f"{one}/change/", f"{one}/cut-off/", f"{one}/silence/"):
        assert client.get(address + page).status_code in {403, 404}
        assert client.post(address + page, {"reason": "x"}).status_code in {403, 404}


def test_keys_are_cut_off_and_silence_is_set_with_a_reason(feed: Feed, vendor: Client) -> None:
    address = f"{FEEDS}{feed.source.pk}/"
    assert vendor.post(f"{address}cut-off/", {"reason": ""}).status_code == 422
    vendor.post(f"{address}cut-off/", {"reason": "laptop stolen"})
    assert FeedKey.objects.get().revoked_at is not None
    vendor.post(f"{address}silence/", {"silent_after_hours": "48", "reason": "nights"})
    assert Source.objects.get().silent_after_hours == 48
    wrong = vendor.post(f"{address}silence/", {"silent_after_hours": "-1", "reason": "x"})
    assert "silent_after_hours" in wrong.context["form"].errors


# --- receipts -------------------------------------------------------------------------------------


def test_receipts_are_filtered_by_the_address(feed: Feed, vendor: Client) -> None:
    other = make_feed("NY-TOLL")
    good, bad = feed.store(payload()), feed.store(payload(plate=""))
    theirs = other.store(before(48), now=NOW - 48 * HOUR)

    def shown(**filters: Any) -> set[Any]:
        return {batch.pk for batch in vendor.get(RECEIPTS, filters).context["batches"]}

    assert shown() == {good.receipt, bad.receipt, theirs.receipt}
    assert shown(source=feed.source.pk, outcome="stored") == {good.receipt}
    assert shown(outcome="quarantined") == {bad.receipt}
    assert shown(outcome="nothing") == set()
    assert theirs.receipt not in shown(since=(NOW - 24 * HOUR).date().isoformat())
    assert shown(outcome="x", since="y", before="z", source="w") == shown()


def test_receipts_are_paged_without_counting(
    feed: Feed, vendor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.admin.receipts._PER_PAGE", 2)
    for number in range(5):
        feed.store(payload(plate=f"A{number}"))
    seen, before = [], ""
    for _ in range(3):
        context = vendor.get(RECEIPTS, {"before": before}).context
        seen += [batch.pk for batch in context["batches"]]
        before = context["older"]
    assert len(set(seen)) == 5
    assert not before


def test_one_receipt_tells_of_every_read_that_was_not_stored(feed: Feed, vendor: Client) -> None:
    feed.store(payload())
    receipt = feed.store(payload(), payload(plate="NEW1"), payload(plate=""))
    with recorded() as events:
        page = page_of(vendor, f"{RECEIPTS}{receipt.receipt}/change/")
    assert [event.fields["object"] for event in events] == [f"batch:{receipt.receipt}"]
    assert "stored before" in page
    assert f"/admin/ingest/quarantinedread/{receipt.reads[2].id}/change/" in page
    assert "No plate" in page
    assert not re.search("ABC ?123", page)
    assert "NEW1" not in page


# --- board ----------------------------------------------------------------------------------------


def item(cast: Cast, key: str, now: Any = NOW) -> Any:
    return next(one for one in board_for(cast.vendor.person, now) if one.key == key)


def test_board_names_silent_feeds(feed: Feed, cast: Cast) -> None:
    assert item(cast, "silent").count == 0
    feed.store(payload())
    silent = item(cast, "silent", NOW + 80 * HOUR)
    assert (silent.count, silent.oldest) == (1, NOW)
    assert [(row.label, row.note) for row in silent.rows] == [
        (feed.source.name, "nothing for 3 days")
    ]
    pause_source(actor=ACTOR, source=feed.source, reason=WHY, now=NOW)
    assert item(cast, "silent", NOW + 80 * HOUR).count == 0


def test_board_counts_what_waits_by_its_reason(feed: Feed, cast: Cast) -> None:
    assert item(cast, "quarantine").count == 0
    for number in range(3):
        feed.store(payload(camera="NEW", id=str(number)))
    feed.store(payload(plate=""))
    waiting = item(cast, "quarantine")
    assert (waiting.count, waiting.oldest, waiting.note) == (4, NOW, "")
    assert [row.note for row in waiting.rows] == ["3, camera NEW", "1, camera FIXED"]
    assert "discarded within" in item(cast, "quarantine", NOW + timedelta(days=170)).note
