"""Recalling own queries, and forgetting them: by hand, or after 60 days (QRY-13)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.people import Person
from accounts.selectors import list_own_groups
from accounts.standing import training_of
from audit.actors import system
from audit.kinds import Kind
from audit.services import record
from lprsvc.lib.errors import InvalidInput
from queries import policy, records, selectors
from queries.models import AskedInName, QueryReview, RecentQuery
from queries.rules import PIN_MAX_CHARACTERS, REVIEW_KEPT
from queries.selectors import RecallFilter
from queries.services.looking import looking

_ALL = RecallFilter()


def list_recent(*, person: Person, wanted: RecallFilter = _ALL, now: datetime) -> list[RecentQuery]:
    """The own queries and those of the person's groups that fit; looking is recorded."""
    with looking(person):
        policy.check_can_ask(person, training_of(person, now=now))
        recent = selectors.list_recent_for(person, wanted, now=now)
        record(
            actor=person,
            kind=Kind.QUERY_RECALLED,
            fields={
                "count": len(recent),
                "shared": sum(query.owner_id != person.user_id for query in recent),
                "wanted_text": wanted.text or None,
                "wanted_reason": wanted.reason or None,
            },
        )
        return recent


def recall_query(*, person: Person, pk: UUID, now: datetime) -> RecentQuery:
    """One query of one's own or of a group, to fill the form with and ask again: a new query,
    with its own event. Raises NotFound."""
    with looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recallable_for(person, pk, now=now)
        record(actor=person, kind=Kind.QUERY_RECALLED, fields=records.named(query), parent=query.pk)
        return query


def own_query(*, person: Person, pk: UUID, now: datetime) -> RecentQuery:
    """One own query, to name or share it; looking is recorded. Raises NotFound."""
    with looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        record(actor=person, kind=Kind.QUERY_RECALLED, fields=records.named(query), parent=query.pk)
        return query


def keep_query(*, person: Person, pk: UUID, name: str, group: UUID | None, now: datetime) -> None:
    """Name an own query, so that it stays on top of the list, and share its question with a group
    of the person's own, or with nobody any more. Neither keeps it longer than its 60 days.

    Raises NotFound, PolicyDenied (``group_unknown``), InvalidInput.
    """
    name = " ".join(name.split())
    with looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        groups = {own.pk: own.name for own in list_own_groups(person)}
        # What it is shared with already stays so, though the owner may have left the group.
        if group != query.group_id:
            policy.check_can_share(group, groups)
        if len(name) > PIN_MAX_CHARACTERS or "\0" in name:
            raise InvalidInput({"name": [f"Use {PIN_MAX_CHARACTERS} characters at most."]})
        about = records.named(query)
        if name != query.pinned_as:
            fields = about | {"name": name or None}
            record(actor=person, kind=Kind.QUERY_PINNED, fields=fields, parent=pk)
        if group != query.group_id:
            fields = about | {
                "group": str(group) if group else None,
                "group_name": groups[group] if group else None,
                "group_before": str(query.group_id) if query.group_id else None,
            }
            record(actor=person, kind=Kind.QUERY_SHARED, fields=fields, parent=pk)
        RecentQuery.objects.filter(pk=pk).update(pinned_as=name, group_id=group)


def forget_queries(*, person: Person, pks: Collection[UUID], now: datetime) -> int:
    """Erase several own queries by hand: all of them, or none. Returns how many.

    Raises NotFound where one is not the person's own.
    """
    with looking(person):
        policy.check_can_ask(person, training_of(person, now=now))
        for pk in sorted(set(pks)):
            _forget(person, selectors.get_recent_for(person, pk, now=now))
    return len(set(pks))


def forget_query(*, person: Person, pk: UUID, now: datetime) -> None:
    """Erase one own query by hand, sooner than the 60 days; its log entries stay (QRY-13)."""
    with looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        _forget(person, selectors.get_recent_for(person, pk, now=now))


def _forget(person: Person, query: RecentQuery) -> None:
    record(actor=person, kind=Kind.QUERY_FORGOTTEN, fields=records.named(query), parent=query.pk)
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
