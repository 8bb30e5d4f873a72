"""Asking in an officer's name: they are told, see what was asked, and may object once (QRY-1).

PIA, "Querying the Database": officers without access "may request that an ICE user query the
database on their behalf"; the user then "must enter the name". Whoever is named has to know it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import User, user_actor_id
from accounts.people import Person
from accounts.selectors import list_reviewers_of
from accounts.services.notices import queue_notice
from audit.kinds import Kind
from audit.scopes import LogReader, LogScope
from audit.selectors import LogEntry
from audit.services import record, view_entry
from queries import policy, selectors
from queries.models import AskedInName, ReviewCause
from queries.rules import RECALL
from queries.services.looking import looking
from queries.services.reviews import await_review, checked_reason

ASKED, OBJECTED = "asked_in_name", "query_objected"


@dataclass(frozen=True, slots=True)
class InName:
    """What was asked in somebody's name: who and when, and the log's entry of it."""

    asked: AskedInName
    entry: LogEntry


def note_asked_in_name(*, person: Person, officer_id: UUID, run_id: UUID, now: datetime) -> None:
    """Owe the officer a mail about the query that `person` runs; in its transaction."""
    officer = User.objects.get(pk=officer_id)
    AskedInName.objects.create(
        id=run_id,
        asker_id=person.user_id,
        officer=officer,
        asked_at=now,
        erase_after=now + RECALL,
    )
    queue_notice(
        kind=ASKED,
        recipient=officer.email,
        about=f"askedinname:{run_id}",
        log_id=person.log_id,
        now=now,
    )


def list_in_name(*, person: Person, now: datetime) -> list[AskedInName]:
    """What others asked in the person's name, newest first; looking is recorded."""
    with looking(person):
        found = selectors.list_in_name_of(person, now=now)
        record(actor=person, kind=Kind.QUERY_RECALLED, fields={"in_name": len(found)})
        return found


def view_in_name(*, person: Person, pk: UUID, now: datetime) -> InName:
    """One of them, with what was asked, from the log; that look is an entry of its own.

    Raises NotFound.
    """
    with looking(person, query=pk):
        asked = selectors.get_in_name_of(person, pk, now=now)
    scope = LogScope(log_id=person.log_id, actors=(user_actor_id(asked.asker_id),))
    reader = LogReader(scope=scope, find_actors=lambda _: ())
    entry, _ = view_entry(actor=person, reader=reader, event_id=pk)
    return InName(asked, entry)


def object_to_query(*, person: Person, pk: UUID, reason: str, now: datetime) -> None:
    """Say that it was not asked in one's name rightly: the asker's supervisor is told, once.

    Raises NotFound, PolicyDenied (``already_objected``), InvalidInput without a reason.
    """
    with looking(person, query=pk):
        asked = selectors.get_in_name_of(person, pk, now=now, lock=True)
        policy.check_can_object(person, asked)
        objection = record(
            actor=person,
            kind=Kind.QUERY_OBJECTED,
            fields={"query": str(pk), "reason": checked_reason(reason)},
            parent=pk,
        )
        AskedInName.objects.filter(pk=pk).update(objected_at=now)
        review = await_review(
            asker_id=asked.asker_id,
            cause=ReviewCause.OBJECTION,
            event_id=pk,
            cause_event_id=objection.id,
            now=now,
        )
        for reviewer in list_reviewers_of(asked.asker):
            queue_notice(
                kind=OBJECTED,
                recipient=reviewer.email,
                about=f"queryreview:{review.pk}",
                log_id=person.log_id,
                now=now,
            )
