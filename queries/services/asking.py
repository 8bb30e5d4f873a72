"""Asking about one plate: the form, the query, and the refusal."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import connection

from accounts.models import user_actor_id
from accounts.people import Person
from audit.kinds import Kind
from audit.services import Behalf, Recorded, record, record_alone, recording_refusals
from lprsvc.lib.errors import DomainError, PolicyDenied
from queries import policy, records, rules, selectors
from queries.models import RecentQuery, ReviewCause
from queries.policy import Grounds
from queries.rules import RECALL
from queries.schemas import QueryIn, QueryResult
from queries.services.answers import hits_of, open_answer
from queries.services.behalf import note_asked_in_name
from queries.services.reviews import await_review
from queries.timeframes import TimeFrame


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
        then=partial(_await_review_of_refusal, person, now),
    ):
        policy.check_can_ask(person, grounds.training)
        _wait_for_same_submission(person, ask.submission)
        if earlier := selectors.find_submitted(person, ask.submission, now=now):
            return open_answer(person, earlier, is_repeat=True)
        frame = policy.check_can_run(person=person, ask=ask, grounds=grounds, now=now)
        return _run(
            person=person,
            ask=ask,
            frame=frame,
            grounds=grounds,
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


def _run(
    *,
    person: Person,
    ask: QueryIn,
    frame: TimeFrame,
    grounds: Grounds,
    behalf: Behalf | None,
    now: datetime,
) -> QueryResult:
    run = record(actor=person, kind=Kind.QUERY_RUN, fields=records.asked(ask), behalf=behalf)
    hits = hits_of(ask.plate_key, ask.state, frame, within=ask.geography)
    record(
        actor=person,
        kind=Kind.QUERY_RESULT,
        fields={"run": str(run.id), "count": len(hits), "digest": records.digest(hits)},
        behalf=behalf,
        parent=run.id,
    )
    offense = grounds.offenses.get(ask.offense)
    query = RecentQuery.objects.create(
        id=run.id,
        owner_id=person.user_id,
        plate_text=ask.plate_text,
        plate_key=ask.plate_key,
        state=ask.state,
        reason_code=ask.reason_code,
        reason_label=grounds.reasons[ask.reason_code],
        case_reference=ask.case_reference,
        offense_code=ask.offense,
        offense_label=offense.label if offense else "",
        geography=ask.geography.as_fields() if ask.geography else None,
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
        group_id=ask.group,
    )
    if ask.behalf_user is not None:
        note_asked_in_name(person=person, officer_id=ask.behalf_user, run_id=run.id, now=now)
    if offense and offense.years is None:
        await_review(
            asker_id=person.user_id, cause=ReviewCause.NO_LIMITATION, event_id=run.id, now=now
        )
    return QueryResult(query, hits, run.id)


def _await_review_of_refusal(
    person: Person, now: datetime, refusal: Recorded, error: DomainError
) -> None:
    if error.code in rules.REFUSALS_TO_REVIEW and person.agency_id is not None:
        await_review(
            asker_id=person.user_id, cause=ReviewCause.REFUSED, event_id=refusal.id, now=now
        )


def _wait_for_same_submission(person: Person, submission: UUID) -> None:
    """Let a double click's other request finish first, so that this one finds its query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"query {user_actor_id(person.user_id)} {submission}"],
        )
