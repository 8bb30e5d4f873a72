"""Saying that a hit is wrong; what becomes of it is the ingest room's (QRY-10)."""

from datetime import datetime
from uuid import UUID

from accounts.people import Person
from accounts.standing import training_of
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record, recording_refusals
from ingest.geography import geography_of
from ingest.models import ErrorReport
from ingest.services import mistakes
from ingest.services.mistakes import Claim, NamedRead
from queries import policy, records, selectors
from queries.services.answers import read_of
from queries.timeframes import TimeFrame


def report_hit(
    *, person: Person, pk: UUID, read_id: UUID, claim: Claim, now: datetime
) -> ErrorReport:
    """Report what is wrong with a hit of one of the person's own queries.

    Raises NotFound where the answer does not hold it, PolicyDenied (``already_reported``) and
    InvalidInput with the faults by field; each is recorded.
    """
    said: dict[str, Value] = {
        "query": str(pk),
        "read": str(read_id),
        "wrong": [str(wrong) for wrong in claim.wrong],
        "claimed": {name: records.writable(text) for name, text in claim.values().items()},
        "text": records.writable(claim.text),
    }
    with recording_refusals(
        actor=person, refused=Kind.READ_REFUSED, failed=Kind.READ_FAILED, fields=said
    ):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        event = record(
            actor=person,
            kind=Kind.RESULT_ERROR_REPORTED,
            fields=said | records.opening(query),
            parent=query.pk,
        )
        # What lies outside the query's place is no hit of it.
        read_of(query, read_id, TimeFrame(query.start, query.end, query.period))
        read = NamedRead(
            read_id=read_id,
            plate_key=query.plate_key,
            state=query.state,
            start=query.start,
            end=query.end,
            within=geography_of(query.geography),
        )
        return mistakes.report_error(person=person, read=read, claim=claim, cause=event.id, now=now)
