"""What a supervisor has to look at: put before them, looked at, and decided with a reason.

A row holds ids alone. What was asked is read in the log, through the log's own reader, so that each
look at it is an entry of its own and nothing of it is kept longer here than there.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.paginator import Page, Paginator

from accounts.models import user_actor_id
from accounts.people import Person
from audit.kinds import Kind
from audit.scopes import LogReader, LogScope
from audit.selectors import LogEntry
from audit.services import record, view_entry
from lprsvc.lib.errors import InvalidInput, NotFound
from queries import policy, selectors
from queries.models import QueryReview, ReviewCause, ReviewFinding
from queries.rules import REASON_MAX_CHARACTERS, REVIEWS_PER_PAGE
from queries.selectors import ReviewFilter
from queries.services.looking import looking


@dataclass(frozen=True, slots=True)
class ReviewShown:
    """A review with what the log holds of it: the query, why it is here, what was found.

    None where the log keeps the entry no longer, or there was none. `hit_count` None: not run.
    """

    review: QueryReview
    asked: LogEntry | None
    objection: LogEntry | None
    finding: LogEntry | None
    hit_count: int | None


def await_review(
    *,
    asker_id: UUID,
    cause: ReviewCause,
    event_id: UUID,
    now: datetime,
    cause_event_id: UUID | None = None,
) -> QueryReview:
    """Put a query before its asker's supervisor, in the caller's transaction."""
    return QueryReview.objects.create(
        asker_id=asker_id,
        cause=cause,
        event_id=event_id,
        cause_event_id=cause_event_id,
        created_at=now,
    )


def list_reviews(*, person: Person, wanted: ReviewFilter, page: str) -> "Page[QueryReview]":
    """A page of what waits for the person, or of what is done; looking is recorded.

    Raises PolicyDenied.
    """
    with looking(person):
        policy.check_can_review(person)
        found = Paginator(selectors.list_reviews_for(person, wanted), REVIEWS_PER_PAGE)
        shown = found.get_page(page)
        shown.object_list = list(shown.object_list)
        record(
            actor=person,
            kind=Kind.REVIEW_LISTED,
            fields={
                "done": wanted.done,
                "cause": wanted.cause or None,
                "asker": user_actor_id(wanted.asker) if wanted.asker else None,
                "count": found.count,
            },
        )
        return shown


def open_review(*, person: Person, pk: UUID) -> ReviewShown:
    """One review with the query it is about, each entry of the log recorded as looked at.

    Raises PolicyDenied, NotFound.
    """
    with looking(person, review=pk):
        policy.check_can_review(person)
        review = selectors.get_review_for(person, pk)
    asker = user_actor_id(review.asker_id)
    asked, children = _view(person, review.event_id, of=asker)
    officer = str(asked.fields.get("behalf_of")) if asked else ""
    objection, _ = _view(person, review.cause_event_id, of=officer)
    reviewer = user_actor_id(review.reviewed_by_id) if review.reviewed_by_id else ""
    finding, _ = _view(person, review.finding_event_id, of=reviewer)
    counts = [child.fields["count"] for child in children if child.kind == Kind.QUERY_RESULT]
    return ReviewShown(review, asked, objection, finding, counts[0] if counts else None)


def decide_review(
    *, person: Person, pk: UUID, finding: ReviewFinding, reason: str, now: datetime
) -> None:
    """Note what the person found, and why; once.

    Raises PolicyDenied (``already_reviewed``), NotFound, InvalidInput without a reason.
    """
    with looking(person, review=pk):
        policy.check_can_review(person)
        review = selectors.get_review_for(person, pk, lock=True)
        policy.check_can_decide(person, review)
        decided = record(
            actor=person,
            kind=Kind.REVIEW_DECIDED,
            fields={
                "review": str(pk),
                "cause": review.cause,
                "asker": user_actor_id(review.asker_id),
                "finding": finding.value,
                "reason": checked_reason(reason),
            },
            parent=review.event_id,
        )
        QueryReview.objects.filter(pk=pk).update(
            finding=finding,
            finding_event_id=decided.id,
            reviewed_by_id=person.user_id,
            reviewed_at=now,
        )


def checked_reason(reason: str) -> str:
    """The reason, as it goes into the log. Raises InvalidInput where there is none to speak of."""
    reason = reason.strip()
    if not reason:
        raise InvalidInput({"reason": ["Say why."]})
    if len(reason) > REASON_MAX_CHARACTERS:
        raise InvalidInput({"reason": [f"Use {REASON_MAX_CHARACTERS:,} characters at most."]})
    if "\0" in reason:
        raise InvalidInput({"reason": ["It holds a character that can't be stored."]})
    return reason


def _view(
    person: Person, event_id: UUID | None, *, of: str
) -> tuple[LogEntry | None, list[LogEntry]]:
    """An entry that `of` caused, with what belongs to it; nothing where it is not kept."""
    if event_id is None:
        return None, []
    scope = LogScope(log_id=person.log_id, actors=(of,))
    reader = LogReader(scope=scope, find_actors=lambda _: ())
    try:
        return view_entry(actor=person, reader=reader, event_id=event_id)
    except NotFound:
        return None, []
