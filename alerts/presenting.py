"""What the pages about alerts show, in plain values: no query runs while a template renders."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from accounts.people import Person
from alerts.life import Stage
from alerts.links import photograph_url
from alerts.models import AlertEntry, EntryStatus, Match
from alerts.selectors import EntryFilter
from alerts.services.facts import life_of
from ingest.models import Read
from ingest.selectors import Place
from lprsvc.lib.jurisdictions import state_name
from lprsvc.lib.pictures import small


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """An entry, as a list or page shows it."""

    url: str
    plate: str
    state_name: str
    reason_name: str
    note: str
    owner_name: str
    is_own: bool
    created_at: datetime
    expires_on: datetime
    is_active: bool
    key: str
    stage: Stage
    affirmed_from: date
    removed_at: datetime
    affirm_url: str
    recipients: tuple[str, ...] = ("only you",)
    match_count: int = 0
    last_match_at: datetime | None = None
    unopened_count: int = 0


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A match, as the list of an entry's matches shows it."""

    url: str
    captured_at: datetime
    timezone: str
    source_name: str
    camera_name: str
    matched_at: datetime
    is_opened: bool
    # The close-up, small; none of a match that was withdrawn.
    photographs: list[dict[str, Any]]
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A read, as the pages of queries show theirs too."""

    captured_at: datetime
    timezone: str
    plate: str
    state_name: str
    source_name: str
    camera_name: str
    latitude: float
    longitude: float
    make: str | None
    model: str | None
    color: str | None
    confidence: float | None
    place: Place | None
    photographs: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading of the list; `url` sorts by it, and back when it is so already."""

    label: str
    url: str = ""
    direction: str = ""


_COLUMNS = {
    "plate": "Plate",
    "reason": "Reason",
    "": "Owner",
    "added": "Since",
    "expires": "Until",
    "last": "Matches",
}


def columns(which: EntryFilter, query: QueryDict) -> list[Column]:
    """The headings of the list, given the address it was asked for by."""
    return [_column(label, sort, which, query) for sort, label in _COLUMNS.items()]


def _column(label: str, sort: str, which: EntryFilter, query: QueryDict) -> Column:
    if not sort:
        return Column(label)
    changed = query.copy()
    changed.pop("page", None)
    changed["sort"] = f"-{sort}" if which.sort == sort else sort
    direction = {sort: "ascending", f"-{sort}": "descending"}.get(which.sort, "")
    return Column(label, f"?{changed.urlencode()}", direction)


def detailed(entry: AlertEntry, now: datetime) -> EntryRow:
    """An entry on a page of its own; its list and owner should be selected."""
    return EntryRow(**_facts(entry, now))


def listed(entry: AlertEntry, now: datetime) -> EntryRow:
    """An entry of `selectors.list_entries_for`, with its counts."""
    counts = {
        name: getattr(entry, name) for name in ("match_count", "last_match_at", "unopened_count")
    }
    return EntryRow(**_facts(entry, now), **counts)


def _facts(entry: AlertEntry, now: datetime) -> dict[str, Any]:
    life = life_of(entry)
    return {
        "key": str(entry.pk),
        "stage": life.stage(now),
        "affirmed_from": life.affirmed_from,
        "removed_at": life.removed_at,
        "affirm_url": f"{reverse('alert_affirm')}?e={entry.pk}",
        "url": reverse("alert_detail", args=[entry.pk]),
        "plate": entry.plate_text,
        "state_name": state_name(entry.state),
        "reason_name": entry.reason_label,
        "note": entry.case_reference,
        "owner_name": entry.alert_list.owner.full_name,
        # In this release nobody sees another's.
        "is_own": True,
        "created_at": entry.added_at,
        "expires_on": entry.expires_at,
        "is_active": entry.status == EntryStatus.ACTIVE and entry.expires_at > now,
    }


def matched(match: Match, person: Person, *, now: datetime) -> MatchRow:
    """A match of `selectors.list_matches_for`, with a fresh link to its close-up."""
    return MatchRow(
        url=reverse("match_detail", args=[match.pk]),
        captured_at=match.captured_at,
        timezone=match.camera.timezone,
        source_name=match.camera.source.name,
        camera_name=match.camera.name,
        matched_at=match.matched_at,
        is_opened=not getattr(match, "unopened_count", 0),
        photographs=[] if match.withdrawn_at else [_close_up(match, person, now)],
        withdrawn_at=match.withdrawn_at,
    )


def _close_up(match: Match, person: Person, now: datetime) -> dict[str, Any]:
    large = photograph_url(person, match.pk, "plate", now=now)
    return {"role": "plate", "url": small(large), "large_url": large}


def hit(match: Match, read: Read, place: Place | None, photographs: list[dict[str, Any]]) -> Hit:
    """The read of a match; the match's camera and source should be selected."""
    return Hit(
        captured_at=read.captured_at,
        timezone=match.camera.timezone,
        plate=read.plate_text,
        state_name=state_name(read.state),
        source_name=match.camera.source.name,
        camera_name=match.camera.name,
        latitude=read.latitude,
        longitude=read.longitude,
        make=read.make,
        model=read.model,
        color=read.color,
        confidence=read.confidence,
        place=place,
        photographs=photographs,
    )
