"""Every view that hands out a photograph, whosever it is: the same safe answer (QRY-7, SAF-2)."""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from alerts.models import AlertEntry, Match
from audit.kinds import Kind
from ingest.models import ErrorReport, QuarantinedRead
from tests.alerts.world import World, alert_on, make_world
from tests.audited import recorded
from tests.cast import Cast, client_for
from tests.harness.database import AsRole
from tests.ingest.feed import CLOSE_UP, encoded, ids_of, make_feed, payload
from tests.ingest.test_corrections import report
from tests.queries.test_views import asked, photographs
from tests.test_doors import doors

LATELY = datetime.now(UTC) - timedelta(hours=1)
# A JPEG whose comment, and whose end, is a page with a script.
_PAGE = b"<html><script>alert(document.cookie)</script></html>"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Disposition": 'inline; filename="photograph.jpg"',
    "Content-Type": "image/jpeg",
}


def page_in_a_picture() -> bytes:
    target = io.BytesIO()
    picture = Image.effect_noise((1600, 1000), 60).convert("RGB")
    picture.save(target, "JPEG", comment=_PAGE)
    return target.getvalue() + _PAGE


@pytest.fixture
def evil(committed_db: None, cast: Cast) -> bytes:
    """The scene of a read that a feed sent, and of one that waits in quarantine."""
    feed, scene = make_feed(), page_in_a_picture()
    photos = [
        {"role": "scene", "data": encoded(scene)},
        {"role": "plate", "data": encoded(CLOSE_UP)},
    ]
    receipt = feed.store(payload(photos=photos))
    feed.store(payload(plate="", photos=photos))
    report(cast.investigator, ids_of(receipt)[0])
    return scene


def of_a_hit(cast: Cast) -> tuple[Client, str]:
    client = client_for(cast.investigator)
    page = client.get(asked(client)).content.decode()
    return client, photographs(page)[0].removesuffix("&size=thumb")


def of_a_review(cast: Cast) -> tuple[Client, str]:
    client = client_for(cast.vendor)
    waiting = ErrorReport.objects.get()
    page = client.get(reverse("admin:ingest_errorreport_review", args=[waiting.pk]))
    return client, photographs(page.content.decode())[0]


def of_the_quarantine(cast: Cast) -> tuple[Client, str]:
    client = client_for(cast.vendor)
    held = QuarantinedRead.objects.get()
    page = client.get(f"/admin/ingest/quarantinedread/{held.pk}/change/")
    return client, photographs(page.content.decode())[0]


# Of each view that hands out photographs: somebody who may see one, and its address. That of a
# match has reads of its own (`world`).
VIEWS: dict[str, Callable[[Cast], tuple[Client, str]]] = {
    "hit_photograph": of_a_hit,
    "admin:ingest_errorreport_photograph": of_a_review,
    "admin:quarantine_photograph": of_the_quarantine,
}
_OF_A_MATCH = "match_photograph"


def test_every_view_of_photographs_is_tried_here(cast: Cast) -> None:
    found = {door.name for door in doors() if "photograph" in door.address + door.name}
    assert found == {*VIEWS, _OF_A_MATCH}


def assert_safe(response: Any) -> None:
    assert response.status_code == 200
    assert {name: response[name] for name in _HEADERS} == _HEADERS
    # The admin's pages say more of the same.
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))


@pytest.mark.parametrize("view", VIEWS)
def test_photograph_that_is_a_page_too_stays_a_picture(
    cast: Cast, evil: bytes, view: str
) -> None:  # QRY-7
    client, link = VIEWS[view](cast)
    response = client.get(link)
    assert_safe(response)
    assert response.content == evil


def test_thumbnail_is_the_picture_alone_and_looking_at_it_is_a_look(
    cast: Cast, evil: bytes
) -> None:  # AUD-1
    client, link = of_a_hit(cast)
    with recorded() as events:
        small, whole = client.get(f"{link}&size=thumb"), client.get(link)
    assert_safe(small)
    assert _PAGE not in small.content
    assert len(small.content) < len(whole.content)
    with Image.open(io.BytesIO(small.content)) as drawn:
        assert drawn.size == (480, 300)
    assert [event.kind for event in events] == [Kind.RESULT_PHOTO_VIEWED] * 2
    assert [(event.fields["photograph"], event.fields["size"]) for event in events] == [
        ("scene", "thumb"),
        ("scene", "full"),
    ]
    other = ("size", "id", "at")
    first, second = (
        {name: value for name, value in event.fields.items() if name not in (*other, "request")}
        for event in events
    )
    assert first == second


def test_list_of_hits_loads_small_ones_and_the_hits_own_page_whole_ones(
    cast: Cast, evil: bytes
) -> None:
    client = client_for(cast.investigator)
    page = client.get(asked(client)).content.decode()
    assert [link.endswith("&size=thumb") for link in photographs(page)] == [True, True]
    large = re.findall(r'data-large="([^"]+)"', page)
    assert [link.replace("&amp;", "&") + "&size=thumb" for link in large] == photographs(page)
    own = re.search(r'href="(/queries/[^"]+/hits/[0-9a-f-]{36}/)', page)
    assert own
    whole = photographs(client.get(own[1]).content.decode())
    assert ["size=" in link for link in whole] == [False, False]


@pytest.mark.parametrize("size", ["", "THUMB", "thumb%00", "4096", "%F0%9F%94%8E" * 50])
def test_size_that_there_is_none_of_is_told_so(cast: Cast, evil: bytes, size: str) -> None:
    client, link = of_a_hit(cast)
    with recorded() as events:
        response = client.get(f"{link}&size={size}")
    assert response.status_code == 400
    assert "is no size of a photograph: full or thumb." in response.content.decode()
    assert events == []


def test_link_of_another_opens_no_small_photograph_either(cast: Cast, evil: bytes) -> None:
    _, link = of_a_hit(cast)
    assert client_for(cast.colleague).get(f"{link}&size=thumb").status_code == 404


# --- of a match -----------------------------------------------------------------------------------


@pytest.fixture
def world(committed_db: None, cast: Cast, as_role: AsRole) -> World:
    return make_world(as_role)


@pytest.fixture
def entry(world: World, cast: Cast) -> AlertEntry:
    entry = alert_on(cast.investigator.person, now=LATELY)
    world.match(world.deliver(now=LATELY), LATELY)
    return entry


def test_match_list_shows_each_close_up_small(cast: Cast, entry: AlertEntry) -> None:  # AUD-1
    client = client_for(cast.investigator)
    [link] = photographs(client.get(f"/alerts/{entry.pk}/").content.decode())
    assert "/plate/" in link
    assert link.endswith("&size=thumb")
    with recorded() as events:
        small, whole = client.get(link), client.get(link.removesuffix("&size=thumb"))
    assert_safe(small)
    assert_safe(whole)
    assert [event.kind for event in events] == [Kind.RESULT_PHOTO_VIEWED] * 2
    assert [event.fields["size"] for event in events] == ["thumb", "full"]
    assert {event.fields["match"] for event in events} == {str(Match.objects.get().pk)}


def test_match_that_was_withdrawn_shows_no_photograph(
    cast: Cast, entry: AlertEntry, as_role: AsRole
) -> None:
    with as_role("lpr_worker"):
        Match.objects.update(withdrawn_at=LATELY)
    page = client_for(cast.investigator).get(f"/alerts/{entry.pk}/")
    assert photographs(page.content.decode()) == []
