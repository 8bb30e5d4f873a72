"""Nearest address and intersection of each hit, and what they are worth (QRY-6, ING-3)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from ingest.cells import mercator_of_degrees
from ingest.geodata.rows import AddressRow, IntersectionRow, SegmentRow
from ingest.interpolation import Range
from ingest.models import QueuedPlace
from ingest.services import places
from tests.cast import Cast, client_for
from tests.ingest.geography import load_addresses, load_streets
from tests.queries.reads import days_ago, make_source, read_in, store
from tests.queries.test_views import asked, text

X, Y = mercator_of_degrees(39.7, -75.6)
WAITS = "not known yet; it is being looked up"


@pytest.fixture
def client(cast: Cast) -> Client:
    store(make_source(cast), [read_in("ABC123", days_ago(10)), read_in("ABC123", days_ago(20))])
    return client_for(cast.investigator)


@pytest.fixture
def answer(client: Client) -> str:
    """The address of an answer of two hits at one place."""
    return asked(client)


def fill() -> None:
    places.fill_waiting(now=timezone.now() + timedelta(minutes=1))


def pages(client: Client, answer: str) -> list[str]:
    """The answer, and the page of one hit of it."""
    whole = text(client.get(answer))
    hit = whole.split(f'href="{answer}hits/', 1)[1].split('"', 1)[0]
    return [whole, text(client.get(f"{answer}hits/{hit}"))]


def test_each_hit_shows_address_and_intersection_with_method_distance_and_version(
    client: Client, answer: str
) -> None:
    load_addresses(AddressRow(X + 15, Y, "115 STATE ST"))
    load_streets(
        SegmentRow(1, ((X, Y + 5), (X + 50, Y + 5)), "State St"),
        IntersectionRow(X, Y + 90, "1st Ave SE & E Main St"),
    )
    fill()
    for page, hits in zip(pages(client, answer), (2, 1), strict=True):
        assert page.count("115 STATE ST") == hits
        assert page.count("1st Ave SE &amp; E Main St") == hits
        assert "address point, 1" in page
        assert "m away; test-addresses 2026" in page
        assert "m away; test-streets 2026" in page
        assert WAITS not in page


def test_an_estimate_is_shown_as_one(client: Client, answer: str) -> None:
    numbers = Range(101, 199)
    load_streets(SegmentRow(1, ((X - 50, Y + 5), (X + 50, Y + 5)), "State St", left=numbers))
    fill()
    for page in pages(client, answer):
        assert "approx. 1" in page
        assert "house number by position along the street" in page


def test_what_is_not_known_yet_is_said_plainly(client: Client, answer: str) -> None:
    for page, hits in zip(pages(client, answer), (2, 1), strict=True):
        assert page.count(WAITS) == 2 * hits


def test_where_no_data_is_loaded_that_is_said(client: Client, answer: str) -> None:
    fill()
    for page in pages(client, answer):
        assert "no address data for this area" in page
        assert "no street data for this area" in page


def test_a_place_that_was_lost_is_asked_for_by_who_looks(client: Client, answer: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE lpr_places")
        cursor.execute("DELETE FROM ingest_placequeue")
        cursor.execute("SET LOCAL ROLE NONE")
    text(client.get(answer))
    assert QueuedPlace.objects.count() == 1
    fill()
    assert WAITS not in text(client.get(answer))
