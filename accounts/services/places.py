"""From where a person logs on; they are told of a browser or network not seen before (ACC-2)."""

import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network

from accounts.log_on_rules import PLACE_KEPT
from accounts.models import KnownPlace, User
from accounts.people import person_for
from accounts.services.notices import queue_notice
from audit.actors import Origin

# The first that fits: Edge and Opera call themselves Chrome too, and Chrome Safari.
_BROWSERS = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/"),
    ("Opera", r"\bOPR/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"\b(?:Chrome|CriOS|HeadlessChrome)/"),
    ("Safari", r"\bSafari/"),
)
_SYSTEMS = (
    ("iPhone or iPad", r"iPhone|iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("Linux", r"Linux|X11"),
)
# How much of an address is one place: a provider gives the rest anew from day to day.
_PREFIX = {4: 24, 6: 48}


@dataclass(frozen=True, slots=True)
class Place:
    """A browser, without its version, and a network."""

    browser: str
    network: str


def place_of(origin: Origin) -> Place:
    """As much of where a request came from as tells places apart, and no more."""
    return Place(_browser_of(origin.client), _network_of(origin.ip))


def note_place(user: User, origin: Origin, *, now: datetime) -> bool:
    """Remember where `user` logs on from, in the caller's transaction; whether they are told.

    The first log-on of all is new everywhere, and no news.
    """
    place = place_of(origin)
    kinds = {KnownPlace.Kind.BROWSER: place.browser, KnownPlace.Kind.NETWORK: place.network}
    known = set(KnownPlace.objects.filter(user_id=user.pk).values_list("kind", "name"))
    new = {kind for kind, name in kinds.items() if (kind.value, name) not in known}
    for kind, name in kinds.items():
        _see(user, kind, name, now=now)
    if not known or not new:
        return False
    words = [
        f"user:{user.pk}",
        place.browser,
        _news(KnownPlace.Kind.BROWSER in new),
        place.network,
        _news(KnownPlace.Kind.NETWORK in new),
    ]
    queue_notice(
        kind="new_place",
        recipient=user.email,
        about="|".join(words),
        log_id=person_for(user).log_id,
        now=now,
    )
    return True


def forget_old_places(*, now: datetime) -> int:
    """Remove places nobody came from for half a year, in the caller's transaction; how many."""
    removed, _ = KnownPlace.objects.filter(last_seen__lt=now - PLACE_KEPT).delete()
    return removed


def _see(user: User, kind: KnownPlace.Kind, name: str, *, now: datetime) -> None:
    seen = KnownPlace.objects.filter(user_id=user.pk, kind=kind, name=name).update(last_seen=now)
    if not seen:
        place = KnownPlace(user=user, kind=kind, name=name, first_seen=now, last_seen=now)
        # Of two log-ons at once the second finds the row made.
        KnownPlace.objects.bulk_create([place], ignore_conflicts=True)


def _news(is_new: bool) -> str:
    return "new" if is_new else "known"


def _browser_of(client: str) -> str:
    browser = next((name for name, mark in _BROWSERS if re.search(mark, client)), "")
    system = next((name for name, mark in _SYSTEMS if re.search(mark, client)), "")
    return " on ".join(part for part in (browser or "another browser", system) if part)


def _network_of(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network(f"{found}/{_PREFIX[found.version]}", strict=False))
