"""Verkada's webhook, whose pictures are never fetched (ING-2, SAF-2)."""

import socket
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ingest.feed import CAPTURED, SCENE, Feed
from tests.ingest.formats_base import fault_of, read_of, real
from tests.ingest.test_feed_api import part, post
from tests.ingest.vendors import verkada


def test_webhook_is_one_read() -> None:
    read = read_of("verkada", verkada(), parts={"image": SCENE})
    assert (read.plate, read.state, read.captured_at) == ("ABC123", "us-pa", CAPTURED)
    assert read.camera == "38718198-8a78-4718-a60f-68e1a8de30ac"
    assert read.confidence == 0.963
    assert read.keys == ("verkada:a73b17d4-d7ae-4631-8365-d72776bd5f4c",)
    assert (read.photos[0].data, read.photos[0].box) == (SCENE, (8, 6, 32, 14))


def test_picture_at_an_address_is_never_fetched(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:  # SAF-2
    def fail(*_: Any) -> None:
        raise AssertionError("something was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    (read,) = post(feed, "verkada", verkada()).json()["reads"]
    assert (read["outcome"], read["reason"]) == ("quarantined", "photographs_missing")


def test_whoever_relays_it_sends_the_picture_along(feed: Feed) -> None:
    import orjson

    form = {"json": orjson.dumps(verkada()).decode(), "image": part("a.jpg", SCENE)}
    assert post(feed, "verkada", form, "multipart").json()["stored"] == 1


def test_second_of_the_webhook_counts_where_the_moment_is_missing() -> None:
    at = CAPTURED.timestamp() - 1
    assert read_of("verkada", verkada(detected=None)).captured_at.timestamp() == at


@pytest.mark.parametrize("crop", [None, [], [0.1, 0.2], [0.1, 0.2, 5, 0.3], [-1, 0, 1, 1]])
def test_crop_that_is_none_is_left_out(crop: Any) -> None:
    assert read_of("verkada", verkada(crop=crop), parts={"image": SCENE}).photos[0].box is None


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"webhook_type": "motion"}, "webhook_type: expected lpr, got 'motion'"),
        ({"webhook_type": "lpr", "data": []}, "data: expected an object"),
        (verkada(detected="soon"), "data.detected"),
        (verkada(crop=["a", 1, 2, 3]), "expected a number"),
    ],
)
def test_what_is_wrong_is_named(document: Any, named: str) -> None:
    assert named in fault_of("verkada", document, parts={"image": SCENE}).detail


def test_real_webhook() -> None:
    read = read_of("verkada", real("verkada_lpr_2025.json"))
    assert (read.plate, read.state) == ("ABCD123", "us-ca")
    assert read.captured_at == datetime(2025, 9, 19, 17, 27, 45, 879_000, tzinfo=UTC)
    assert "not fetched" in read.photos[0].problem
