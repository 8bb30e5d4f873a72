"""Recalling own queries, and forgetting them: by hand, or after 60 days (QRY-13)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.people import Person
from accounts.standing import training_of
from audit.actors import system
from audit.kinds import Kind
from audit.services import record
from queries import policy, selectors
from queries.models import AskedInName, QueryReview, RecentQuery
from queries.rules import REVIEW_KEPT
from queries.services.looking import looking


def list_recent(*, person: Person, now: datetime) -> list[RecentQuery]:
    """The person's own queries that can be recalled, newest first; looking is recorded."""
    with looking(person):
        policy.check_can_ask(person, training_of(person, now=now))
        recent = selectors.list_recent_for(person, now=now)
        record(actor=person, kind=Kind.QUERY_RECALLED, fields={"count": len(recent)})
        return recent


def recall_query(*, person: Person, pk: UUID, now: datetime) -> RecentQuery:
    """One own query, to fill the form with and ask again: a new query, with its own event."""
    with looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        fields = {"query": str(pk), "plate": query.plate_key, "state": query.state}
        record(actor=person, kind=Kind.QUERY_RECALLED, fields=fields, parent=query.pk)
        return query


def forget_query(*, person: Person, pk: UUID, now: datetime) -> None:
    """Erase one own query by hand, sooner than the 60 days; its log entries stay (QRY-13)."""
    with looking(person, query=pk):
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
        AskedInName.objects.filter(erase_after__lte=now).delete()
        QueryReview.objects.filter(reviewed_at__lte=now - REVIEW_KEPT).delete()
        record(
            actor=system("queries.erase_recent_queries"),
            kind=Kind.SYSTEM_MAINTAINED,
            fields={"job": "queries.erase_recent_queries", "erased": erased},
        )
    return erased
