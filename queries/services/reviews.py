"""What a supervisor has to look at: a row beside the event it is about, in its transaction."""

from datetime import datetime
from uuid import UUID

from queries.models import QueryReview, ReviewCause


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
