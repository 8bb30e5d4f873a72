"""Ordering a report of chosen hits, and what its owner may do with the order (QRY-8).

Nothing is looked up here but, where a whole arrangement is chosen, which hits that is; the worker
makes the report (`queries.services.reports`).
"""

import hashlib
import logging
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from accounts.people import Person
from accounts.standing import training_of
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from lprsvc.lib.ids import uuid7
from queries import policy, records, selectors, states
from queries.arranging import Wanted, arrange, see
from queries.links import check_hit
from queries.models import QueryReport, RecentQuery, ReportFormat, ReportState
from queries.report_form import ReportIn
from queries.rules import MOST_OPEN_REPORTS, MOST_PRINTED
from queries.services.answers import open_answer
from queries.services.looking import looking

MAKE_REPORT = "queries.tasks.make_report"

logger = logging.getLogger(__name__)


def order_report(*, person: Person, pk: UUID, wanted: ReportIn, now: datetime) -> QueryReport:
    """Have the chosen hits of an own query made into a file. Sent twice, it is ordered once.

    Raises PolicyDenied for a ticked hit that is marked not relevant (QRY-11), InvalidInput for no
    hit, more than `MOST_PRINTED` and where too much waits already, NotFound where the query is not
    the person's and for a name that no page of it gave. All are recorded.
    """
    with looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        form = _format(wanted.form)
        read_ids = _chosen(person, query, wanted, now)
        _check_count(read_ids)
        policy.check_can_print(selectors.marks_for(query), read_ids)
        _wait_for_other_orders(person)
        open_ones = selectors.list_open_reports_of(person)
        for report in open_ones:
            if report.query_id == pk and report.format == form and report.read_ids == read_ids:
                return report
        _check_turn(open_ones)
        report = QueryReport(id=uuid7(), query=query, format=form, read_ids=read_ids)
        _order(person, query, report, now)
        report.save(force_insert=True)
        return report


def order_again(*, person: Person, pk: UUID, report_id: UUID, now: datetime) -> None:
    """Have a report made that failed, was canceled, or whose file is gone. Raises as ordering."""
    with looking(person, query=pk, report=report_id):
        policy.check_can_ask(person, training_of(person, now=now))
        query, report = selectors.get_report_for(person, pk, report_id, now=now, lock=True)
        if not can_be_made_again(report, now):
            raise InvalidInput({"": ["This report is there, or is being made."]})
        policy.check_can_print(selectors.marks_for(query), report.read_ids)
        _wait_for_other_orders(person)
        _check_turn(selectors.list_open_reports_of(person))
        _order(person, query, report, now)
        report.save(update_fields=[*_ANEW, "ordered_at", "event"])


def cancel_report(*, person: Person, pk: UUID, report_id: UUID, now: datetime) -> None:
    """Stop a report that waits or is being made. Raises InvalidInput where it has ended."""
    with looking(person, query=pk, report=report_id):
        query, report = selectors.get_report_for(person, pk, report_id, now=now, lock=True)
        if report.state not in states.before(ReportState.CANCELED):
            raise InvalidInput({"": ["It has ended already."]})
        fields = about(query, report)
        record(actor=person, kind=Kind.REPORT_CANCELED, fields=fields, parent=report.event)
        report.state, report.finished_at = ReportState.CANCELED, now
        report.claim = report.claimed_at = None
        report.save(update_fields=["state", "finished_at", "claim", "claimed_at"])


def remove_report(*, person: Person, pk: UUID, report_id: UUID, now: datetime) -> None:
    """Erase an own report and its file, sooner than by itself."""
    with looking(person, query=pk, report=report_id):
        query, report = selectors.get_report_for(person, pk, report_id, now=now, lock=True)
        fields = about(query, report)
        record(actor=person, kind=Kind.REPORT_REMOVED, fields=fields, parent=report.event)
        report.delete()


def tell_worker(report_id: UUID) -> None:
    """Have a worker make a report; when the broker is away, the sweep will."""
    try:
        current_app.send_task(MAKE_REPORT, kwargs={"report_id": str(report_id)})
    except (KombuError, RedisError, OSError) as error:
        logger.warning("%s for %s was not sent, the sweep will: %s", MAKE_REPORT, report_id, error)


def can_be_made_again(report: QueryReport, now: datetime) -> bool:
    """Whether nothing is there and nothing goes on."""
    if report.state == ReportState.DONE:
        return report.file_until is None or report.file_until <= now
    return not report.is_open


def about(query: RecentQuery, report: QueryReport) -> dict[str, Value]:
    """Which report an event is about; `digest` is that of the hits chosen."""
    return records.named(query) | {
        "report": str(report.pk),
        "format": report.format,
        "count": report.count,
        "digest": _digest(report.read_ids),
    }


# What a second try begins with.
_ANEW = {
    "state": ReportState.WAITING,
    "claim": None,
    "claimed_at": None,
    "attempts": 0,
    "done": 0,
    "finished_at": None,
    "fault": "",
}


def _order(person: Person, query: RecentQuery, report: QueryReport, now: datetime) -> None:
    for name, value in _ANEW.items():
        setattr(report, name, value)
    ordered = record(
        actor=person, kind=Kind.REPORT_ORDERED, fields=about(query, report), parent=query.pk
    )
    report.ordered_at, report.event = now, ordered.id
    transaction.on_commit(partial(tell_worker, report.pk), robust=True)


def _chosen(person: Person, query: RecentQuery, wanted: ReportIn, now: datetime) -> list[UUID]:
    """The hits chosen, in an order of their own: the same choice is the same list."""
    if wanted.listed is not None:
        return sorted(_listed(person, query, wanted.listed))
    if wanted.relevant:
        marks = selectors.marks_for(query)
        return sorted(read_id for read_id, is_relevant in marks.items() if is_relevant)
    return sorted(
        {
            check_hit(name, user_id=person.user_id, query_id=query.pk, now=now)
            for name in wanted.names
        }
    )


def _listed(person: Person, query: RecentQuery, wanted: Wanted) -> set[UUID]:
    """All that an arrangement lists, but for what is not relevant. Recorded as a view."""
    result = open_answer(person, query)
    listed = arrange(see(result.hits, result.marking.marks), wanted).hits
    return {seen.hit.id for seen in listed if seen.is_relevant is not False}


def _format(text: str) -> ReportFormat:
    try:
        return ReportFormat(text)
    except ValueError:
        raise InvalidInput({"format": ["Choose PDF or Excel."]}) from None


def _check_count(read_ids: Collection[UUID]) -> None:
    if not read_ids:
        raise InvalidInput({"hit": ["Choose at least one hit."]})
    if len(read_ids) > MOST_PRINTED:
        text = f"Choose {MOST_PRINTED} hits at most; {len(read_ids):,} are chosen."
        raise InvalidInput({"hit": [text]})


def _check_turn(open_ones: Collection[QueryReport]) -> None:
    if len(open_ones) >= MOST_OPEN_REPORTS:
        raise PolicyDenied(
            "too_many_reports",
            f"{len(open_ones)} of your reports are being made. Wait until one is ready.",
        )


def _wait_for_other_orders(person: Person) -> None:
    """One order of a person's at a time, so that they are counted and a second click is seen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"reports {person.user_id}"]
        )


def _digest(read_ids: Iterable[UUID]) -> str:
    lines = sorted(f"{read_id}\n" for read_id in read_ids)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
