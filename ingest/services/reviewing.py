"""The vendor's look at a read that was reported, and saying no to a report (QRY-10).

Each look is an event that opens this one read, and the database lets it while a report that waits
names it (QRY-2). Correcting it: `corrections`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.people import Person
from accounts.services.governed import in_log
from audit.kinds import Kind
from audit.leaf import Value, format_at
from audit.services import Recorded, record, recording_refusals
from ingest import links, policy, selectors
from ingest.links import Role
from ingest.models import WAITING_REPORTS, Correction, ErrorReport, Read, ReportStatus
from ingest.selectors import Place
from ingest.services import telling
from ingest.services.mistakes import ReadChanged, check_answer, close, lock_read, told_of
from ingest.services.telling import Consequences
from ingest.states import report_step
from lprsvc.lib.errors import NotFound

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A read under review, with all that is said of it. `read` is None where none is kept: for an
    amendment that no read answers to, or when its time was over."""

    report: ErrorReport
    reports: Sequence[ErrorReport]
    read: Read | None
    place: Place | None
    earlier: Sequence[Correction]
    consequences: Consequences
    recorded: Recorded


def view_report(*, person: Person, pk: UUID, now: datetime) -> Review:
    """Look at the read that a waiting report names; from the first look on it is under review.

    Raises PolicyDenied, NotFound for a report that is unknown or decided.
    """
    with recording_refusals(
        actor=person,
        refused=Kind.READ_REFUSED,
        failed=Kind.READ_FAILED,
        fields={"report": str(pk)},
    ):
        policy.check_can_review_reads(person)
        reports = _lock_waiting(pk)
        _take_up(reports, person, now)
        event = record(actor=person, kind=Kind.READ_REVIEWED, fields=opening_of(reports[0]))
        read = _find_read(reports[0])
        return Review(
            report=next(report for report in reports if report.pk == pk),
            reports=reports,
            read=read,
            place=_place_of(read) if read else None,
            earlier=selectors.list_earlier(read) if read else [],
            consequences=telling.consequences_of(read) if read else Consequences(0, 0, 0),
            recorded=event,
        )


def view_photograph(
    *, person: Person, pk: UUID, role: Role, token: str, now: datetime
) -> tuple[bytes, str]:
    """A photograph of the read under review, and its content type; each look is an event (QRY-7).

    `token` is that of the address `ingest.links` made. Raises PolicyDenied, NotFound.
    """
    with recording_refusals(
        actor=person,
        refused=Kind.READ_REFUSED,
        failed=Kind.READ_FAILED,
        fields={"report": str(pk), "photograph": role},
    ):
        policy.check_can_review_reads(person)
        links.check_photograph_link(person, pk, role, token, now=now)
        report = selectors.get_waiting_report(pk)
        record(
            actor=person,
            kind=Kind.READ_PHOTO_VIEWED,
            fields=opening_of(report) | {"photograph": role},
        )
        read = reported_read(report)
        sha256 = read.scene_sha256 if role == "scene" else read.plate_sha256
        return selectors.open_photograph(bytes(sha256))


def reject_reports(
    *, person: Person, report_id: UUID, seen: frozenset[UUID], reason: str, now: datetime
) -> int:
    """Leave the read as it is, and say why to all who reported it; returns how many reports.

    `seen` as in `corrections.correct_read`. Raises PolicyDenied, NotFound, InvalidInput,
    ReadChanged.
    """
    with recording_refusals(
        actor=person,
        refused=Kind.READ_REFUSED,
        failed=Kind.READ_FAILED,
        fields={"report": str(report_id), "reason": reason[:2_000]},
    ):
        policy.check_can_review_reads(person)
        check_answer(reason)
        reports = lock_for_decision(report_id, seen, ReportStatus.REJECTED)
        close_all(reports, ReportStatus.REJECTED, person=person, answer=reason.strip(), now=now)
    return len(reports)


# --- for this service and `corrections` -----------------------------------------------------------


def lock_for_decision(
    report_id: UUID, seen: frozenset[UUID], after: ReportStatus
) -> list[ErrorReport]:
    """The waiting reports about the read that this one names, oldest first, held to the commit.

    Raises NotFound, PolicyDenied where one can't become `after`, and ReadChanged when they are not
    those that were seen: nobody's report is decided unread, and none twice.
    """
    reports = _lock_waiting(report_id)
    if {report.pk for report in reports} != seen:
        raise ReadChanged
    for report in reports:
        report_step(report.status, after)
    return reports


def opening_of(report: ErrorReport) -> dict[str, Value]:
    """The fields of an event about a read under review: they open it, and it alone."""
    fields: dict[str, Value] = {
        "report": str(report.pk),
        "read": str(report.read_id) if report.read_id else None,
        "version": report.version,
    }
    if report.captured_at is not None:
        fields |= {
            "plate": report.plate_key,
            "state": report.state,
            "start": format_at(report.captured_at),
            "end": format_at(report.captured_at + _INSTANT),
        }
    return fields


def reported_read(report: ErrorReport) -> Read:
    """The read a report names, which the caller's event has opened. Raises ReadChanged where there
    is none of that version any more."""
    read = _find_read(report)
    if read is None or read.version != report.version:
        raise ReadChanged
    return read


def close_all(
    reports: Sequence[ErrorReport],
    status: ReportStatus,
    *,
    person: Person,
    answer: str,
    now: datetime,
    parent: UUID | None = None,
    **changes: object,
) -> None:
    """Close locked reports: each is recorded in its agency's own log, and its reporter told."""
    for report in reports:
        kind = report_step(report.status, status)
        close(report, status, answer=answer, now=now, **changes)
        log_id = report.agency.log_id
        told = told_of(report) | {"changed": list(report.changed)}
        record(actor=in_log(person, log_id), kind=kind, fields=told, parent=parent or report.cause)
        telling.owe_reporter(report, log_id=log_id, now=now)


def _lock_waiting(pk: UUID) -> list[ErrorReport]:
    """As `lock_for_decision`, whatever they may become."""
    named = selectors.get_waiting_report(pk)
    if named.read_id is not None:
        lock_read(named.read_id)
    about = {"read_id": named.read_id} if named.read_id is not None else {"pk": pk}
    waiting = ErrorReport.objects.filter(status__in=WAITING_REPORTS, **about)
    reports = list(
        waiting.select_for_update(of=("self",))
        .select_related("agency", "reporter", "amendment", "camera__source")
        .order_by("opened_at", "pk")
    )
    if all(report.pk != pk for report in reports):
        raise NotFound("report")
    # Of one amendment, one at a time: its last report tells the office.
    selectors.lock_amendments({r.amendment_id for r in reports if r.amendment_id is not None})
    return reports


def _take_up(reports: Sequence[ErrorReport], person: Person, now: datetime) -> None:
    for report in reports:
        if report.status == ReportStatus.OPEN:
            report_step(report.status, ReportStatus.UNDER_REVIEW)
            report.status = ReportStatus.UNDER_REVIEW
            report.reviewer_id, report.reviewed_at = person.user_id, now
            report.save(update_fields=["status", "reviewer", "reviewed_at"])


def _place_of(read: Read) -> Place | None:
    point = (read.latitude_e7, read.longitude_e7)
    return selectors.places_for([point]).get(point)


def _find_read(report: ErrorReport) -> Read | None:
    if report.read_id is None or report.captured_at is None:
        return None
    try:
        return selectors.get_read(
            report.read_id,
            plate_key=report.plate_key,
            state=report.state,
            start=report.captured_at,
            end=report.captured_at + _INSTANT,
        )
    except NotFound:
        return None
