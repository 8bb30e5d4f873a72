"""Where the plate was seen, in the mail and on the match's page (ING-3, ALT-5)."""

from typing import Any

import pytest

from alerts.models import Match, Notification
from alerts.services.notification import Delivery
from ingest.cells import mercator_of_degrees
from ingest.geodata.rows import AddressRow, IntersectionRow, SegmentRow
from ingest.services import places
from tests.alerts.world import NOW, World, alert_on
from tests.cast import Cast, client_for
from tests.harness.mail import Inbox
from tests.ingest.geography import load_addresses, load_streets

X, Y = mercator_of_degrees(39.68012, -75.65034)
ADDRESS = "614 OGLETOWN RD"
CROSSING = "Ogletown Rd & Salem Church Rd"


@pytest.fixture
def match(world: World, cast: Cast, smtp_server: Inbox) -> Match:
    """A match whose place nobody has looked up yet."""
    load_addresses(AddressRow(X + 20, Y, ADDRESS))
    load_streets(
        SegmentRow(1, ((X, Y + 5), (X + 50, Y + 5)), "Ogletown Rd"),
        IntersectionRow(X, Y + 90, CROSSING),
    )
    alert_on(cast.investigator.person)
    world.match(world.deliver())
    return Match.objects.get()


def mailed(world: World, smtp_server: Inbox, subtype: str) -> str:
    if not smtp_server.messages:
        assert world.send(Notification.objects.get().pk) is Delivery.SENT
    part = smtp_server.messages[0].get_body((subtype,))
    assert part is not None
    return " ".join(part.get_content().replace("&amp;", "&").split())


@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_mail_names_address_and_intersection_although_nobody_looked_them_up_before(
    world: World, match: Match, smtp_server: Inbox, subtype: str
) -> None:
    text = mailed(world, smtp_server, subtype)
    assert f"{ADDRESS} (address point, 1" in text
    assert "m away; test-addresses 2026)" in text
    assert f"{CROSSING} (" in text


@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_mail_goes_out_and_says_so_when_the_place_cannot_be_had(
    world: World,
    match: Match,
    smtp_server: Inbox,
    subtype: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: Any) -> Any:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(places, "find_nearest", fail)
    text = mailed(world, smtp_server, subtype)
    assert text.count("not known yet; see the match") == 2
    assert ADDRESS not in text


def test_page_says_what_is_not_known_yet_and_shows_what_is(
    world: World, cast: Cast, match: Match
) -> None:
    client = client_for(cast.investigator)
    page = client.get(f"/alerts/matches/{match.pk}/").content.decode()
    assert page.count("not known yet; it is being looked up") == 2
    world.worker(places.fill_waiting, now=NOW)
    page = client.get(f"/alerts/matches/{match.pk}/").content.decode()
    assert ADDRESS in page
    assert "Ogletown Rd &amp; Salem Church Rd" in page
    assert "address point, 1" in page
    assert "not known yet" not in page
