"""Relevant or not: what the one who asked thinks of each hit (QRY-11).

Kept with the recent query and erased with it. What is not relevant is neither printed nor exported.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.people import Person
from accounts.standing import training_of
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record
from queries import policy, selectors
from queries.arranging import Wanted, arrange, see
from queries.links import check_hit
from queries.models import HitMark, RecentQuery
from queries.schemas import Marked
from queries.services.answers import open_answer
from queries.services.looking import looking

# Of more hits than one page shows the log holds the number and the digest.
_NAMED_IN_LOG = 100
_WORDS: Mapping[bool | None, str] = {True: "relevant", False: "not_relevant", None: "none"}


def mark_hits(
    *, person: Person, pk: UUID, names: Collection[str], is_relevant: bool | None, now: datetime
) -> Marked:
    """Mark the hits of an own query that a page named (`queries.links.sign_hit`); None: no mark.

    Raises NotFound for another person's query, and for a name that no page of it gave.
    """
    with looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        read_ids = {check_hit(name, user_id=person.user_id, query_id=pk, now=now) for name in names}
        wanted = dict.fromkeys(read_ids, is_relevant)
        return _mark(person, query, wanted, {"mark": _WORDS[is_relevant]})


def mark_arranged(
    *, person: Person, pk: UUID, wanted: Wanted, is_relevant: bool | None, now: datetime
) -> Marked:
    """Mark every hit of an own query that an arrangement of it lists, on all its pages.

    The answer is selected for it, and that is recorded as a view. Raises NotFound.
    """
    with looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        result = open_answer(person, query)
        listed = arrange(see(result.hits, result.marking.marks), wanted).hits
        marks = {seen.hit.id: is_relevant for seen in listed}
        return _mark(person, query, marks, {"mark": _WORDS[is_relevant]})


def undo_marks(*, person: Person, pk: UUID, change: UUID, now: datetime) -> Marked:
    """Give the hits of one change the marks they had before, unless they were marked since.

    Undoing is a change too, and can be undone. Raises NotFound where there is nothing of it.
    """
    with looking(person, query=pk, change=change):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        _wait_for_other_marks(query)
        before = selectors.get_change(query, change)
        return _mark(person, query, before, {"mark": "undone", "undoes": str(change)})


def _mark(
    person: Person,
    query: RecentQuery,
    wanted: Mapping[UUID, bool | None],
    about: dict[str, Value],
) -> Marked:
    """Write what differs from what is there, and record exactly that."""
    _wait_for_other_marks(query)
    present = selectors.marks_for(query)
    changed = {
        read_id: mark for read_id, mark in wanted.items() if present.get(read_id) is not mark
    }
    reads: list[Value] = [str(read_id) for read_id in sorted(changed)]
    fields = about | {
        "query": str(query.pk),
        "plate": query.plate_key,
        "state": query.state,
        "count": len(changed),
        "digest": _digest(changed),
        "reads": reads if len(reads) <= _NAMED_IN_LOG else None,
    }
    event = record(actor=person, kind=Kind.RESULT_MARKED, fields=fields, parent=query.pk)
    rows = [
        HitMark(
            query=query,
            read_id=read_id,
            is_relevant=mark,
            was_relevant=present.get(read_id),
            change=event.id,
        )
        for read_id, mark in changed.items()
    ]
    HitMark.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["query", "read_id"],
        update_fields=["is_relevant", "was_relevant", "change"],
    )
    return Marked(query=query, changed=changed, marking=selectors.marking_of(query))


def _digest(read_ids: Iterable[UUID]) -> str:
    lines = sorted(f"{read_id}\n" for read_id in read_ids)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _wait_for_other_marks(query: RecentQuery) -> None:
    """One change of a query's marks at a time: each keeps what was before it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"marks {query.pk}"]
        )
