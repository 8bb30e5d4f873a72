"""People are told of log-ons from places not seen before (ACC-2)."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import KnownPlace, Notice, User
from accounts.notices import kind_named
from accounts.services.people import suspend_user
from accounts.services.places import Place, forget_old_places, note_place, place_of
from audit.actors import Origin, system
from tests.cast import NOW, PASSWORD, Cast

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def origin(ip: str = "203.0.113.7", client: str = FIREFOX) -> Origin:
    """Where a log-on comes from."""
    return Origin(ip=ip, client=f"web {client}")


def note(user: User, where: Origin) -> bool:
    """A log-on from there; whether the person is told."""
    with transaction.atomic():
        return note_place(user, where, now=NOW)


@pytest.mark.parametrize(
    ("client", "name"),
    [
        (FIREFOX, "Firefox on Windows"),
        (WINDOWS + "Chrome/140.0 Safari/537.36", "Chrome on Windows"),
        (WINDOWS + "Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/1",
            "Safari on iPhone or iPad",
        ),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile", "Chrome on Android"),
        ("curl/8", "another browser"),
        ("", "another browser"),
    ],
)
def test_browsers_are_known_without_their_version(client: str, name: str) -> None:
    assert place_of(origin(client=client)).browser == name


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_networks_are_coarse(ip: str, network: str) -> None:
    assert place_of(origin(ip=ip)) == Place("Firefox on Windows", network)


def test_first_place_of_all_is_no_news(cast: Cast) -> None:
    assert not note(cast.investigator, origin())
    assert not note(cast.investigator, origin(ip="203.0.113.99"))
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("where", "new"),
    [
        (origin(ip="198.51.100.1"), {"network"}),
        (origin(client=WINDOWS + "Chrome/1"), {"browser"}),
        (origin(ip="198.51.100.1", client=WINDOWS + "Chrome/1"), {"browser", "network"}),
    ],
)
def test_new_places_are_told_once(cast: Cast, where: Origin, new: set[str]) -> None:
    note(cast.investigator, origin())
    assert note(cast.investigator, where)
    assert not note(cast.investigator, where)
    notice = Notice.objects.get()
    assert notice.recipient == cast.investigator.email
    letter = kind_named("new_place").compose(notice, NOW)
    assert letter is not None
    assert {kind for kind in ("browser", "network") if letter.context[f"{kind}_is_new"]} == new
    assert letter.context["url"].endswith("/accounts/password/change/")


def test_places_of_others_are_their_own(cast: Cast) -> None:
    note(cast.investigator, origin())
    note(cast.colleague, origin(ip="198.51.100.1"))
    assert note(cast.investigator, origin(ip="198.51.100.1"))


def test_mail_to_somebody_suspended_meanwhile_is_dropped(cast: Cast) -> None:
    note(cast.investigator, origin())
    note(cast.investigator, origin(ip="198.51.100.1"))
    suspend_user(actor=system("tests"), user=cast.investigator, reason="tests", now=NOW)
    assert kind_named("new_place").compose(Notice.objects.get(kind="new_place"), NOW) is None


def test_real_log_on_from_elsewhere_is_told(cast: Cast) -> None:
    for address in ("203.0.113.7", "203.0.113.8", "198.51.100.1"):
        client = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=FIREFOX)
        client.post("/accounts/login/", {"login": "investigator", "password": PASSWORD})
        client.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
        assert client.get("/").status_code == 200
    assert [notice.kind for notice in Notice.objects.all()] == ["new_place"]


def test_places_nobody_comes_from_are_forgotten(cast: Cast) -> None:
    note(cast.investigator, origin())
    with transaction.atomic():
        assert forget_old_places(now=NOW + timedelta(days=180)) == 0
        assert forget_old_places(now=NOW + timedelta(days=181)) == 2
    assert not KnownPlace.objects.exists()
