"""Reading the log back, newest first, within a reader's scope.

For services of this room: looking at the log is itself an event, so views call `audit.services`.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from audit.kinds import Kind
from audit.models import Event
from audit.scopes import LogScope

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What to look for; None leaves a part open. `start` inclusive, `end` exclusive.

    `actors` holds the ids of everybody the typed name may mean, none at all included.
    """

    actors: tuple[str, ...] | None = None
    plate: str | None = None
    kind: str | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the log, for keyset paging: entries strictly older than this one follow."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{int(self.at.timestamp() * 1_000_000)}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """The inverse of ``str``; raises ValueError."""
        microseconds, _, event_id = text.partition(".")
        seconds, rest = divmod(int(microseconds), 1_000_000)
        if not 0 <= seconds < 10**11:
            raise ValueError(f"{text!r} is no position in the log")
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
        return cls(at=at, id=UUID(event_id))


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event as it is shown."""

    id: UUID
    at: datetime
    kind: str
    fields: dict[str, Any]
    seed: bytes

    @property
    def position(self) -> Position:
        """Where the entry stands."""
        return Position(at=self.at, id=self.id)


def list_entries(
    scope: LogScope, wanted: EventFilter, *, older_than: Position | None, limit: int = PAGE_SIZE
) -> list[LogEntry]:
    """At most `limit` entries in `scope` that fit, newest first."""
    events = _filtered(_in_scope(scope), wanted)
    if older_than is not None:
        # The first condition lets the index be entered at the place, the second is exact.
        events = events.filter(at__lte=older_than.at).filter(
            Q(at__lt=older_than.at) | Q(id__lt=older_than.id)
        )
    return [_entry(event) for event in events.order_by("-at", "-id")[:limit]]


def iter_indexes(
    scope: LogScope, wanted: EventFilter, *, size: int, chunk: int = 10_000
) -> Iterator[list[int]]:
    """The places in the tree, below `size`, of the entries in `scope` that fit; in parts, in no
    order. What has no place yet is left out."""
    events = _filtered(_in_scope(scope), wanted)
    newest: Position | None = None
    while True:
        page = events.order_by("at", "id").values_list("at", "id")
        if newest is not None:
            page = page.filter(at__gte=newest.at).filter(Q(at__gt=newest.at) | Q(id__gt=newest.id))
        found = list(page[:chunk])
        if found:
            newest = Position(*found[-1])
            yield _indexes(scope, [event_id for _, event_id in found], size)
        if len(found) < chunk:
            return


def _indexes(scope: LogScope, ids: list[UUID], size: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT idx FROM audit.leaf WHERE log_id = %s AND id = ANY(%s) AND idx < %s",
            [scope.log_id, ids, size],
        )
        return [row[0] for row in cursor.fetchall()]


def find_entry(scope: LogScope, event_id: UUID) -> LogEntry | None:
    """The entry with this id, if it is in `scope`."""
    event = _in_scope(scope).filter(id=event_id).first()
    return _entry(event) if event else None


def list_children(scope: LogScope, event_id: UUID, *, limit: int = PAGE_SIZE) -> list[LogEntry]:
    """The entries that name this one as their parent, as a query's result names its run."""
    parent = find_entry(scope, event_id)
    if parent is None:
        return []
    same_log = _in_scope(scope).filter(at__gte=parent.at, parent=str(event_id))
    return [_entry(event) for event in same_log.order_by("at", "id")[:limit]]


@dataclass(frozen=True, slots=True)
class Acts:
    """How often somebody did what: by kind, and how many of their queries had hits."""

    counts: Mapping[str, int]
    with_hits: int


def count_acts(
    scope: LogScope, *, kinds: Collection[str], start: datetime, end: datetime
) -> dict[str, Acts]:
    """By actor: how often each of `kinds` was done in [start, end)."""
    events = _in_scope(scope).filter(kind__in=kinds, at__gte=start, at__lt=end)
    hit = Q(kind=Kind.QUERY_RESULT, fields__count__gt=0)
    rows = events.values_list("actor", "kind").annotate(
        count=Count("id"), hits=Count("id", filter=hit)
    )
    found: dict[str, Acts] = {}
    for actor, kind, count, hits in rows.order_by("actor", "kind"):
        before = found.get(actor, Acts({}, 0))
        found[actor] = Acts({**before.counts, kind: count}, before.with_hits + hits)
    return found


@dataclass(frozen=True, slots=True)
class LoggedRead:
    """A read as the log knows it: what an event must be about to have shown it.

    `since`: from when on it stood there with this plate and state.
    """

    read_id: UUID
    plate: str
    state: str
    captured_at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who was shown a read: an actor's id, in which log, and when first.

    `limit`: by a query that was limited to this geography, as the log holds it; None: by whatever
    showed the read wherever it lies.
    """

    actor: str
    log_id: UUID
    first_at: datetime
    limit: dict[str, Any] | None


def list_viewers(read: LoggedRead) -> list[Viewer]:
    """Everybody in any log who was shown the read: it answered a query of theirs or made for them,
    they opened it, or were mailed a match (QRY-10). In the order of their first sight; several for
    one person who saw it within several limits, of which the caller says whether they hold it.

    For services that tell them, under no scope: nothing of it is for anybody's eyes but its count.
    """
    parameters = _of_read(read) | {
        "kinds": [kind.value for kind in _SHOWS_A_READ],
        "notified": Kind.ALERT_NOTIFIED.value,
        "captured_at": read.captured_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_VIEWERS, parameters)
        return [
            Viewer(actor, log_id, first_at, json.loads(limit) if limit else None)
            for actor, log_id, first_at, limit in cursor.fetchall()
        ]


def count_matched_alerts(read: LoggedRead) -> int:
    """How many alerts of any agency the read has matched, by their logs."""
    with connection.cursor() as cursor:
        cursor.execute(_MATCHED_ALERTS, _of_read(read) | {"matched": Kind.ALERT_MATCHED.value})
        count: int = cursor.fetchone()[0]
    return count


def _of_read(read: LoggedRead) -> dict[str, Any]:
    return {
        "read": str(read.read_id),
        "plate": read.plate,
        "state": read.state,
        "since": read.since,
    }


# Results are kept nowhere: what a query or an opened result showed is told by plate, state and
# window, and one hit by its read.
_SHOWS_A_READ = (
    Kind.QUERY_RUN,
    Kind.RESULT_VIEWED,
    Kind.RESULT_PHOTO_VIEWED,
    Kind.ALERT_MATCH_VIEWED,
    Kind.ALERT_NOTIFIED,
)
# By way of the logs, so that each is entered by its index event_by_plate.
_ABOUT_THE_PLATE = """
  FROM audit.log log CROSS JOIN LATERAL (
        SELECT e.* FROM audit.event e
         WHERE e.log_id = log.id AND e.plate = %(plate)s AND e.at >= %(since)s
           AND e.state = %(state)s AND e.outcome = 'ok') e
"""
_VIEWERS = f"""
SELECT who.actor, e.log_id, min(e.at),
       CASE WHEN e.fields ->> 'read' IS NULL THEN e.fields ->> 'geography' END AS geography
{_ABOUT_THE_PLATE}
 CROSS JOIN LATERAL unnest(
        CASE e.kind WHEN %(notified)s THEN ARRAY[e.fields ->> 'recipient']
                    ELSE ARRAY[e.actor, e.behalf] END) AS who (actor)
 WHERE e.kind = ANY(%(kinds)s) AND who.actor LIKE 'user:%%'
   AND CASE WHEN e.fields ->> 'read' IS NOT NULL THEN e.fields ->> 'read' = %(read)s
            ELSE (e.fields ->> 'start')::timestamptz <= %(captured_at)s
                 AND %(captured_at)s < (e.fields ->> 'end')::timestamptz END
 GROUP BY who.actor, e.log_id, geography
 ORDER BY min(e.at), who.actor
"""
_MATCHED_ALERTS = f"""
SELECT count(DISTINCT e.fields ->> 'entry')
{_ABOUT_THE_PLATE}
 WHERE e.kind = %(matched)s AND e.fields ->> 'read' = %(read)s
"""


def _in_scope(scope: LogScope) -> QuerySet[Event]:
    events = Event.objects.filter(log_id=scope.log_id)
    if scope.actors is not None:
        events = events.filter(_by_or_for(scope.actors))
    if scope.aors is not None:
        events = events.filter(aor__in=scope.aors)
    return events


def _by_or_for(actors: Collection[str]) -> Q:
    """What they did, and what was done on their behalf: by a job, or by a colleague who asked."""
    return Q(actor__in=actors) | Q(behalf__in=actors)


def _filtered(events: QuerySet[Event], wanted: EventFilter) -> QuerySet[Event]:
    if wanted.actors is not None:
        events = events.filter(_by_or_for(wanted.actors))
    if wanted.plate is not None:
        events = events.filter(plate=wanted.plate)
    if wanted.kind is not None:
        events = events.filter(kind=wanted.kind)
    if wanted.start is not None:
        events = events.filter(at__gte=wanted.start)
    if wanted.end is not None:
        events = events.filter(at__lt=wanted.end)
    return events


def _entry(event: Event) -> LogEntry:
    return LogEntry(
        id=event.id, at=event.at, kind=event.kind, fields=event.fields, seed=bytes(event.seed)
    )
