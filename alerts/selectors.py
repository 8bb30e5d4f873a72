"""Reading alerts, always as somebody: what is not theirs looks as if it did not exist."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Max, OrderBy, Q, QuerySet, TextChoices

from accounts.models import ReasonCode
from accounts.people import Person
from accounts.selectors import reason_codes_for
from alerts.life import REMINDED_BEFORE
from alerts.models import AlertEntry, EntryStatus, Match
from lprsvc.lib.errors import NotFound

# What a list may be sorted by, as it stands in the address.
SORTS = {
    "plate": "plate_key",
    "reason": "reason_label",
    "added": "added_at",
    "expires": "expires_at",
    "matches": "match_count",
    "last": "last_match_at",
}
DEFAULT_SORT = "-added"


class Shown(TextChoices):
    """Which part of one's entries to list."""

    ALL = "", "All"
    ENDING = "ending", "Ending within two weeks"
    ENDED = "ended", "Ended"
    MATCHED = "matched", "With matches"
    NEW = "new", "With matches not opened"


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which of one's entries, in which order; `plate_key` empty for all of them."""

    plate_key: str = ""
    sort: str = DEFAULT_SORT
    shown: Shown = Shown.ALL

    def __post_init__(self) -> None:
        if self.sort.removeprefix("-") not in SORTS:
            raise ValueError(f"sort {self.sort!r} is not one of {sorted(SORTS)}")


def _own(person: Person) -> "QuerySet[AlertEntry]":
    return AlertEntry.objects.filter(
        alert_list__owner_id=person.user_id, alert_list__agency_id=_agency_id(person)
    )


def _agency_id(person: Person) -> int:
    if person.agency_id is None:
        raise NotFound("alert")
    return person.agency_id


def list_entries_for(
    person: Person, which: EntryFilter, *, now: datetime
) -> "QuerySet[AlertEntry]":
    """The person's entries with ``match_count``, ``last_match_at`` and ``unopened_count``, of
    matches that hold: a misread plate is none."""
    entries = _own(person).select_related("alert_list__owner")
    if which.plate_key:
        entries = entries.filter(plate_key=which.plate_key)
    unopened = Q(
        matches__notifications__recipient_id=person.user_id,
        matches__notifications__opened_at=None,
        matches__withdrawn_at=None,
    )
    holds = Q(matches__withdrawn_at=None)
    counted = entries.annotate(
        match_count=Count("matches", filter=holds, distinct=True),
        last_match_at=Max("matches__captured_at", filter=holds),
        unopened_count=Count(
            "matches__notifications",
            filter=unopened & Q(matches__notifications__isnull=False),
            distinct=True,
        ),
    )
    return counted.filter(_shown(which.shown, now)).order_by(_order(which.sort), "-pk")


def _shown(shown: Shown, now: datetime) -> Q:
    soon = now + timedelta(days=REMINDED_BEFORE[0])
    return {
        Shown.ALL: Q(),
        Shown.ENDING: Q(expires_at__gt=now, expires_at__lte=soon),
        Shown.ENDED: Q(expires_at__lte=now),
        Shown.MATCHED: Q(match_count__gt=0),
        Shown.NEW: Q(unopened_count__gt=0),
    }[shown]


def _order(sort: str) -> OrderBy:
    column = F(SORTS[sort.removeprefix("-")])
    return column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)


def whole(entries: "QuerySet[AlertEntry]") -> "QuerySet[AlertEntry]":
    """With all that an event about an entry says of it."""
    return entries.select_related("alert_list__owner__aor", "alert_list__agency")


def get_entry_for(person: Person, pk: UUID) -> AlertEntry:
    """One of the person's entries with its list, or NotFound."""
    entry = whole(_own(person)).filter(pk=pk).first()
    if entry is None:
        raise NotFound("alert")
    return entry


def lock_entries_for(person: Person, pks: Collection[UUID]) -> list[AlertEntry]:
    """These of the person's entries, held to the commit. Raises NotFound unless all are theirs."""
    wanted = set(pks)
    locked = whole(_own(person)).filter(pk__in=wanted).select_for_update(of=("self",))
    found = list(locked.order_by("pk"))
    if not wanted or len(found) != len(wanted):
        raise NotFound("alert")
    return found


def list_matches_for(person: Person, entry: AlertEntry) -> "QuerySet[Match]":
    """An entry's matches, newest first, with ``unopened_count`` (0 or 1) as this person sees it."""
    unopened = Q(notifications__recipient_id=person.user_id, notifications__opened_at=None)
    return (
        entry.matches.select_related("camera__source")
        .annotate(unopened_count=Count("notifications", filter=unopened))
        .order_by("-captured_at", "-pk")
    )


def get_match_for(person: Person, pk: UUID) -> Match:
    """One match of the person's entries with all that is shown of it, or NotFound."""
    match = (
        Match.objects.filter(
            pk=pk,
            entry__alert_list__owner_id=person.user_id,
            entry__alert_list__agency_id=_agency_id(person),
        )
        .select_related("entry__alert_list__owner", "camera__source")
        .first()
    )
    if match is None:
        raise NotFound("match")
    return match


def is_watching(person: Person, *, plate_key: str, state: str, now: datetime) -> bool:
    """Whether one of the person's own entries matches this plate of this state at `now`."""
    return (
        _own(person)
        .filter(plate_key=plate_key, state=state, status=EntryStatus.ACTIVE, expires_at__gt=now)
        .exists()
    )


def list_reasons(person: Person) -> list[tuple[str, str]]:
    """The agency's reason codes in use, as (code, label)."""
    return list(reason_codes_for(person.agency_id).values_list("code", "label"))


def find_reason(person: Person, code: str) -> ReasonCode | None:
    """The agency's reason code in use with this code, or None."""
    return reason_codes_for(person.agency_id).filter(code=code).first()
