"""Asking, seeing the answer, and forgetting: the event first, then what it allows.

Each of these is one transaction. The event that is recorded in it opens the reads of its own plate
and time frame to it, and to nothing else; without it the database shows no read at all (QRY-16).
Hits are complete when a service returns: nothing is fetched afterwards.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from accounts.models import user_actor_id
from accounts.people import Person
from accounts.standing import training_of
from audit.actors import system
from audit.kinds import Kind
from audit.services import Behalf, Recorded, record, record_alone, recording_refusals
from ingest.models import Read
from ingest.selectors import get_read, list_hits, open_photograph
from lprsvc.lib.errors import NotFound, PolicyDenied
from queries import policy, records, selectors
from queries.links import check
from queries.models import RecentQuery
from queries.policy import Grounds
from queries.rules import RECALL
from queries.schemas import Hit, HitResult, PhotographResult, QueryIn, QueryResult
from queries.timeframes import TimeFrame

# The least window that holds one capture: half-open, in PostgreSQL's own resolution.
_INSTANT = timedelta(microseconds=1)


def run_query(*, person: Person, ask: QueryIn, now: datetime) -> QueryResult:
    """Ask about one plate: checked, recorded, then answered; a refusal is recorded too.

    The same filled-in form sent again runs nothing: it is shown the first one's query.
    Raises PolicyDenied (``queries.policy``) and AuditUnavailable.
    """
    grounds = selectors.grounds_for(person, now=now)
    behalf = records.behalf_of(ask, grounds)
    with recording_refusals(
        actor=person,
        refused=Kind.QUERY_REFUSED,
        failed=Kind.QUERY_FAILED,
        fields=records.asked(ask),
        behalf=behalf,
    ):
        policy.check_can_ask(person, grounds.training)
        _wait_for_same_submission(person, ask.submission)
        if earlier := selectors.find_submitted(person, ask.submission, now=now):
            return _view(person, earlier, is_repeat=True)
        frame = policy.check_can_run(person=person, ask=ask, grounds=grounds, now=now)
        return _run(
            person=person,
            ask=ask,
            frame=frame,
            reason_label=grounds.reasons[ask.reason_code],
            behalf=behalf,
            now=now,
        )


def open_form(*, person: Person, now: datetime) -> Grounds:
    """What the form needs, for those who may ask; being turned away is recorded.

    Raises PolicyDenied, AuditUnavailable.
    """
    grounds = selectors.grounds_for(person, now=now)
    try:
        policy.check_can_ask(person, grounds.training)
    except PolicyDenied as denied:
        # Nothing was asked yet, so it is a page that stayed shut and no query.
        record_alone(
            actor=person,
            kind=Kind.ACCESS_REFUSED,
            fields={"path": "queries/new/", "message": denied.message},
            outcome="refused",
            outcome_code=denied.code,
        )
        raise
    return grounds


def record_incomplete(
    *,
    person: Person,
    grounds: Grounds,
    values: Mapping[str, str],
    faults: Mapping[str, list[str]],
    rule: str,
) -> Recorded:
    """Record a query whose form could not even be read as one (QRY-15); nothing was searched.

    `values` are as entered, `faults` the messages by field, `rule` the first fault's code. Who
    may not ask at all is refused for that, whatever the form says: raises PolicyDenied.
    """
    fields = records.entered(values, faults)
    with recording_refusals(
        actor=person, refused=Kind.QUERY_REFUSED, failed=Kind.QUERY_FAILED, fields=fields
    ):
        policy.check_can_ask(person, grounds.training)
        return record(
            actor=person,
            kind=Kind.QUERY_REFUSED,
            fields=fields,
            outcome="refused",
            outcome_code=rule,
        )


def view_result(*, person: Person, pk: UUID, now: datetime) -> QueryResult:
    """The answer to one of the person's own queries, selected and recorded anew.

    Raises NotFound for an unknown query and for another person's alike.
    """
    with _looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        return _view(person, selectors.get_recent_for(person, pk, now=now))


def view_hit(*, person: Person, pk: UUID, read_id: UUID, now: datetime) -> HitResult:
    """One hit of an own query, recorded. Raises NotFound where the answer does not hold it."""
    with _looking(person, query=pk, read=read_id):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        event = record(
            actor=person,
            kind=Kind.RESULT_VIEWED,
            fields=records.opening(query) | {"read": str(read_id)},
            parent=query.pk,
        )
        read = _read(query, read_id, TimeFrame(query.start, query.end, query.period))
        return HitResult(query, _hit(read), event.id)


def view_photograph(
    *, person: Person, pk: UUID, read_id: UUID, role: str, token: str, now: datetime
) -> PhotographResult:
    """The bytes of one photograph, recorded before they are read (QRY-7).

    `token` is what `queries.links.sign` made. The event opens the instant of this one capture, no
    more. Raises NotFound for a link that is old, changed or another person's, and where the query
    is not the person's or does not hold the read; that is recorded too.
    """
    with _looking(person, query=pk, read=read_id):
        policy.check_can_ask(person, training_of(person, now=now))
        link = check(
            token, user_id=person.user_id, query_id=pk, read_id=read_id, role=role, now=now
        )
        query = selectors.get_recent_for(person, pk, now=now)
        if not query.start <= link.captured_at < query.end:
            raise NotFound("photograph")
        frame = TimeFrame(link.captured_at, link.captured_at + _INSTANT, query.period)
        record(
            actor=person,
            kind=Kind.RESULT_PHOTO_VIEWED,
            fields=records.opening(query, frame) | {"read": str(read_id), "photograph": role},
            parent=query.pk,
        )
        read = _read(query, read_id, frame)
        sha256 = read.scene_sha256 if role == "scene" else read.plate_sha256
        return PhotographResult(*open_photograph(bytes(sha256)))


def list_recent(*, person: Person, now: datetime) -> list[RecentQuery]:
    """The person's own queries that can be recalled, newest first; looking is recorded."""
    with _looking(person):
        policy.check_can_ask(person, training_of(person, now=now))
        recent = selectors.list_recent_for(person, now=now)
        record(actor=person, kind=Kind.QUERY_RECALLED, fields={"count": len(recent)})
        return recent


def recall_query(*, person: Person, pk: UUID, now: datetime) -> RecentQuery:
    """One own query, to fill the form with and ask again: a new query, with its own event."""
    with _looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        fields = {"query": str(pk), "plate": query.plate_key, "state": query.state}
        record(actor=person, kind=Kind.QUERY_RECALLED, fields=fields, parent=query.pk)
        return query


def forget_query(*, person: Person, pk: UUID, now: datetime) -> None:
    """Erase one own query by hand, sooner than the 60 days; its log entries stay (QRY-13)."""
    with _looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        record(
            actor=person,
            kind=Kind.QUERY_FORGOTTEN,
            fields={"query": str(pk), "plate": query.plate_key, "state": query.state},
            parent=query.pk,
        )
        query.delete()


def erase_due(*, now: datetime) -> int:
    """Erase every recent query whose 60 days are over; returns how many. Safe to run again."""
    with transaction.atomic(durable=True):
        erased, _ = RecentQuery.objects.filter(erase_after__lte=now).delete()
        record(
            actor=system("queries.erase_recent_queries"),
            kind=Kind.SYSTEM_MAINTAINED,
            fields={"job": "queries.erase_recent_queries", "erased": erased},
        )
    return erased


def _run(
    *,
    person: Person,
    ask: QueryIn,
    frame: TimeFrame,
    reason_label: str,
    behalf: Behalf | None,
    now: datetime,
) -> QueryResult:
    run = record(actor=person, kind=Kind.QUERY_RUN, fields=records.asked(ask), behalf=behalf)
    hits = _hits(ask.plate_key, ask.state, frame)
    record(
        actor=person,
        kind=Kind.QUERY_RESULT,
        fields={"run": str(run.id), "count": len(hits), "digest": records.digest(hits)},
        behalf=behalf,
        parent=run.id,
    )
    query = RecentQuery.objects.create(
        id=run.id,
        owner_id=person.user_id,
        plate_text=ask.plate_text,
        plate_key=ask.plate_key,
        state=ask.state,
        reason_code=ask.reason_code,
        reason_label=reason_label,
        case_reference=ask.case_reference,
        behalf_id=behalf.id if behalf else "",
        behalf_name=behalf.name if behalf else "",
        start=frame.start,
        end=frame.end,
        period=frame.period,
        hit_count=len(hits),
        receipt=run.leaf_hash,
        run_at=run.at,
        erase_after=now + RECALL,
        submission=ask.submission,
    )
    return QueryResult(query, hits, run.id)


def _view(person: Person, query: RecentQuery, *, is_repeat: bool = False) -> QueryResult:
    event = record(
        actor=person, kind=Kind.RESULT_VIEWED, fields=records.opening(query), parent=query.pk
    )
    frame = TimeFrame(query.start, query.end, query.period)
    return QueryResult(query, _hits(query.plate_key, query.state, frame), event.id, is_repeat)


def _hits(plate_key: str, state: str, frame: TimeFrame) -> tuple[Hit, ...]:
    reads = list_hits(plate_key=plate_key, state=state, start=frame.start, end=frame.end)
    return tuple(map(_hit, reads))


def _read(query: RecentQuery, read_id: UUID, frame: TimeFrame) -> Read:
    return get_read(
        read_id, plate_key=query.plate_key, state=query.state, start=frame.start, end=frame.end
    )


def _hit(read: Read) -> Hit:
    return Hit(
        id=read.id,
        plate_text=read.plate_text,
        state=read.state,
        captured_at=read.captured_at,
        timezone=read.camera.timezone,
        source_name=read.camera.source.name,
        camera_name=read.camera.name,
        latitude=read.latitude,
        longitude=read.longitude,
        confidence=read.confidence,
        make=read.make,
        model=read.model,
        color=read.color,
        plate_is_derived=read.plate_is_derived,
    )


def _looking(person: Person, **about: UUID) -> AbstractContextManager[None]:
    """The transaction of looking at something of one's own; what was not there is recorded."""
    return recording_refusals(
        actor=person,
        refused=Kind.ACCESS_REFUSED,
        failed=Kind.QUERY_FAILED,
        fields={name: str(value) for name, value in about.items()},
    )


def _wait_for_same_submission(person: Person, submission: UUID) -> None:
    """Let a double click's other request finish first, so that this one finds its query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"query {user_actor_id(person.user_id)} {submission}"],
        )
