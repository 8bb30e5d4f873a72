"""Seeing the answer of an own query again: all of it, one hit, one photograph."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from accounts.people import Person
from accounts.standing import training_of
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record
from ingest.selectors import open_photograph
from lprsvc.lib.errors import NotFound
from lprsvc.lib.pictures import Size
from queries import policy, records, selectors
from queries.links import check
from queries.schemas import HitResult, PhotographResult, QueryResult
from queries.services.answers import open_answer, read_of
from queries.services.looking import looking
from queries.timeframes import TimeFrame

# The least window that holds one capture: half-open, in PostgreSQL's own resolution.
_INSTANT = timedelta(microseconds=1)


def view_result(
    *, person: Person, pk: UUID, now: datetime, arrangement: Mapping[str, str] | None = None
) -> QueryResult:
    """The answer to one of the person's own queries, selected and recorded anew.

    `arrangement` is how it will be looked at, as the address says it; it stands in the log.

    Raises NotFound for an unknown query and for another person's alike.
    """
    with looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        answer = open_answer(person, query, arrangement=arrangement)
        return replace(answer, reports=selectors.list_reports_for(query))


def view_hit(*, person: Person, pk: UUID, read_id: UUID, now: datetime) -> HitResult:
    """One hit of an own query, recorded. Raises NotFound where the answer does not hold it."""
    with looking(person, query=pk, read=read_id):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        answer = open_answer(person, query, read_id=read_id)
        hit = next((hit for hit in answer.hits if hit.id == read_id), None)
        if hit is None:
            raise NotFound("hit")
        return HitResult(query, hit, answer.hits, answer.receipt, answer.marking)


def record_printing(
    *, person: Person, pk: UUID, arrangement: Mapping[str, str], now: datetime
) -> None:
    """Record that a page of an own query's answer went to the browser's printer (AUD-1).

    The page itself says so as it happens; what a browser does without saying is not known.
    """
    with looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        fields: dict[str, Value] = {
            "query": str(query.pk),
            "plate": query.plate_key,
            "state": query.state,
            "medium": "browser",
            "arrangement": records.arrangement(arrangement),
        }
        record(actor=person, kind=Kind.REPORT_PRINTED, fields=fields, parent=query.pk)


def view_photograph(
    *, person: Person, pk: UUID, read_id: UUID, role: str, token: str, size: Size, now: datetime
) -> PhotographResult:
    """The bytes of one photograph, recorded before they are read (QRY-7), small ones likewise.

    `token` is what `queries.links.sign` made. The event opens the instant of this one capture, no
    more. Raises NotFound for a link that is old, changed or another person's, and where the query
    is not the person's or does not hold the read; that is recorded too.
    """
    with looking(person, query=pk, read=read_id):
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
            fields=records.opening(query, frame)
            | {"read": str(read_id), "photograph": role, "size": size},
            parent=query.pk,
        )
        read = read_of(query, read_id, frame)
        sha256 = read.scene_sha256 if role == "scene" else read.plate_sha256
        return PhotographResult(*open_photograph(bytes(sha256), size))
