"""Looking at alerts: each look is an event, committed before anything is shown."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator

from accounts.people import Person
from accounts.standing import training_of
from alerts import policy, rules, selectors
from alerts.links import Role, check_photograph_link
from alerts.models import AlertEntry, Match, Notification
from alerts.selectors import EntryFilter
from alerts.services.facts import entry_fields, instant, match_fields, opening_fields
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import Recorded, record, record_alone, recording_refusals
from ingest.models import Read
from ingest.selectors import Place, get_read, open_photograph
from ingest.services.places import known_places
from lprsvc.lib.errors import DomainError, NotFound, PolicyDenied
from lprsvc.lib.pictures import Size


@dataclass(frozen=True, slots=True)
class EntryShown:
    """One entry and a page of its matches."""

    entry: AlertEntry
    matches: "Page[Match]"


@dataclass(frozen=True, slots=True)
class MatchShown:
    """One match and the read it is about; `read` is None for a match that was withdrawn."""

    match: Match
    read: Read | None
    place: Place | None
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class PhotographShown:
    """The bytes of a photograph and what they are."""

    data: bytes
    content_type: str


def view_entries(
    *, person: Person, which: EntryFilter, page_number: int | str, now: datetime
) -> "Page[AlertEntry]":
    """A page of the person's own alerts; recorded, as a search when a plate was asked for."""
    search = bool(which.plate_key)
    about: dict[str, Value] = {
        "plate": which.plate_key or None,
        "sort": which.sort,
        "shown": which.shown.value,
    }
    with _recording_look(person, about):
        policy.check_can_keep_alerts(person, training_of(person, now=now))
        page = _page(selectors.list_entries_for(person, which, now=now), page_number)
        record(
            actor=person,
            kind=Kind.ALERT_SEARCHED if search else Kind.ALERT_VIEWED,
            fields={
                **about,
                "page": page.number,
                "count": page.paginator.count,
            },
        )
    return page


def view_entry(
    *, person: Person, pk: UUID, now: datetime, page_number: int | str = 1
) -> EntryShown:
    """One of the person's own alerts with a page of its matches. Raises NotFound."""
    with _recording_look(person, {"entry": str(pk)}):
        policy.check_can_keep_alerts(person, training_of(person, now=now))
        entry = selectors.get_entry_for(person, pk)
        page = _page(selectors.list_matches_for(person, entry), page_number)
        record(
            actor=person,
            kind=Kind.ALERT_VIEWED,
            fields=entry_fields(entry) | {"page": page.number, "count": page.paginator.count},
        )
    return EntryShown(entry, page)


def view_chosen(*, person: Person, pks: Collection[UUID], now: datetime) -> list[AlertEntry]:
    """The person's own alerts of these keys, with their counts, before something is done about
    them; recorded each. Raises NotFound unless all are theirs, and where none is named."""
    with _recording_look(person, {"entries": [*sorted(map(str, pks))]}):
        policy.check_can_keep_alerts(person, training_of(person, now=now))
        found = list(selectors.list_entries_for(person, EntryFilter(), now=now).filter(pk__in=pks))
        if not found or len(found) != len(set(pks)):
            raise NotFound("alert")
        for entry in found:
            record(actor=person, kind=Kind.ALERT_VIEWED, fields=entry_fields(entry))
    return found


def view_match(*, person: Person, pk: UUID, now: datetime) -> MatchShown:
    """One match with its read, which the event itself opens. Raises NotFound.

    The first look is noted on the person's notification. A read that is no longer kept is said to
    be so; what the match itself knows stays in the list. A match whose read was corrected to
    another plate is shown without it.
    """
    with _recording_look(person, {"match": str(pk)}):
        policy.check_can_keep_alerts(person, training_of(person, now=now))
        match = selectors.get_match_for(person, pk)
        is_match = match.withdrawn_at is None
        recorded = record(
            actor=person,
            kind=Kind.ALERT_MATCH_VIEWED,
            # What was withdrawn opens nothing, and by the log nobody sees a read by it.
            fields=match_fields(match) | (opening_fields(match.captured_at) if is_match else {}),
            outcome_code=None if is_match else "match_withdrawn",
        )
        read = _read_of(match) if is_match else None
        place = _place_of(read) if read else None
        Notification.objects.filter(
            match=match, recipient_id=person.user_id, opened_at=None
        ).update(opened_at=now)
    return MatchShown(match, read, place, recorded)


def view_photograph(
    *, person: Person, pk: UUID, role: Role, token: str, size: Size, now: datetime
) -> PhotographShown:
    """A photograph of a match's read; each look is an event of its own (QRY-7), small or not.

    `token` is that of the address `alerts.links` made. Raises NotFound, also for an address that
    is old, changed or another person's; that is recorded too.
    """
    with _recording_look(person, {"match": str(pk), "photograph": role}):
        policy.check_can_keep_alerts(person, training_of(person, now=now))
        check_photograph_link(person, pk, role, token, now=now)
        match = selectors.get_match_for(person, pk)
        record(
            actor=person,
            kind=Kind.RESULT_PHOTO_VIEWED,
            fields=match_fields(match)
            | opening_fields(match.captured_at)
            | {"photograph": role, "size": size},
        )
        read = _read_of(match)
        sha256 = bytes(read.scene_sha256 if role == "scene" else read.plate_sha256)
        # Read before the commit: a photograph that can't be shown is not recorded as seen.
        return PhotographShown(*open_photograph(sha256, size))


def check_open(*, person: Person, now: datetime) -> None:
    """Whether the person may be shown the pages that hold nothing yet, as the form of a new
    alert; being turned away is recorded. Raises PolicyDenied, AuditUnavailable."""
    try:
        policy.check_can_keep_alerts(person, training_of(person, now=now))
    except PolicyDenied as denied:
        record_alone(
            actor=person,
            kind=Kind.ACCESS_REFUSED,
            fields={"path": "alerts/", "message": denied.message},
            outcome="refused",
            outcome_code=denied.code,
        )
        raise


def _recording_look(person: Person, fields: dict[str, Value]) -> AbstractContextManager[None]:
    return recording_refusals(
        actor=person, refused=Kind.ALERT_REFUSED, failed=Kind.ALERT_FAILED, fields=fields
    )


def _place_of(read: Read) -> Place | None:
    point = (read.latitude_e7, read.longitude_e7)
    return known_places([point]).get(point)


def _read_of(match: Match) -> Read:
    """The read itself; the database shows it while this transaction's event opens it."""
    start, end = instant(match.captured_at)
    try:
        return get_read(
            match.read_id,
            plate_key=match.entry.plate_key,
            state=match.entry.state,
            start=start,
            end=end,
        )
    except NotFound as error:
        raise DomainError("read_gone", "This read is no longer kept.", status=404) from error


def _page(rows: Any, number: int | str) -> "Page[Any]":
    """A page with its rows fetched: nothing is read from the database after the commit."""
    page = Paginator(rows, rules.PAGE_SIZE).get_page(number)
    page.object_list = list(page.object_list)
    return page
