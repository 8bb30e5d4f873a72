"""Handing out a finished report's file: recorded before a byte of it is read (QRY-7)."""

from datetime import datetime
from functools import partial
from uuid import UUID

from accounts.people import Person
from accounts.standing import training_of
from audit.kinds import Kind
from audit.services import Recorded, record
from lprsvc.lib.errors import DomainError
from lprsvc.lib.ranges import wanted_bytes
from queries import policy, records, selectors, states
from queries.models import QueryReport, RecentQuery, ReportFormat, ReportState
from queries.reports.pdf import PDF_TYPE
from queries.reports.workbook import XLSX_TYPE
from queries.schemas import ReportFile
from queries.sealed_files import read_file
from queries.services.answers import open_answer
from queries.services.looking import looking
from queries.services.ordering import about

OUTDATED = (
    "A hit in this report was corrected or erased since it was made, so its file is no longer given"
    " out. Make the report again."
)
_TYPES = {ReportFormat.PDF: PDF_TYPE, ReportFormat.XLSX: XLSX_TYPE}


class FileOutdated(DomainError):
    """A hit in it was corrected, or is held no longer, since it was made."""

    def __init__(self) -> None:
        super().__init__("file_outdated", OUTDATED, status=410)


class FileGone(DomainError):
    """The file is not there: not made yet, or its day is over."""

    def __init__(self) -> None:
        super().__init__("file_gone", "There is no file of this report any more.", status=410)


def download_report(
    *, person: Person, pk: UUID, report_id: UUID, wanted: str, unless: str, now: datetime
) -> ReportFile:
    """The file of an own report, or the bytes of it that `wanted` (a ``Range`` header, or empty)
    asks for; the whole where `unless` (``If-Range``) names another file.

    Raises PolicyDenied where one of its hits was marked not relevant since (QRY-11), FileOutdated,
    FileGone, RangeNotThere, NotFound. All are recorded, and so is each download, a resumed one too.
    An outdated file is over: the sweep erases it, and the report can be made again.
    """
    over = partial(_end_outdated, person, pk, report_id, now)
    with looking(person, then=over, query=pk, report=report_id):
        policy.check_can_ask(person, training_of(person, now=now))
        query, report = selectors.get_report_for(person, pk, report_id, now=now)
        policy.check_can_print(selectors.marks_for(query), report.read_ids)
        size = _size(report, now)
        _check_hits(person, query, report)
        same = not unless or unless == etag(report.sha256)
        first, last = (wanted_bytes(wanted, size) if same else None) or (0, size - 1)
        record(
            actor=person,
            kind=Kind.REPORT_DOWNLOADED,
            fields=about(query, report)
            | {"sha256": report.sha256, "first_byte": first, "last_byte": last, "size": size},
            parent=report.event,
        )
        return ReportFile(
            content=read_file(report.pk, first, last),
            content_type=_TYPES[ReportFormat(report.format)],
            # The name stays in folders and histories: it says nothing of the plate.
            name=f"lpr-report-{report.pk}.{report.format}",
            sha256=report.sha256,
            first=first,
            last=last,
            size=size,
        )


def etag(sha256: str) -> str:
    """What names exactly these bytes, for a download that goes on."""
    return f'"{sha256}"'


def _check_hits(person: Person, query: RecentQuery, report: QueryReport) -> None:
    """Whether its hits are still what they were, found by looking them up anew: whatever erases or
    corrects a read, by the clock or by hand, need not know of files. Raises FileOutdated."""
    chosen = set(report.read_ids)
    answer = open_answer(person, query, report_id=report.pk)
    held = records.digest(hit for hit in answer.hits if hit.id in chosen)
    if held != report.hits_digest:
        raise FileOutdated


def _end_outdated(
    person: Person, pk: UUID, report_id: UUID, now: datetime, _refusal: Recorded, error: DomainError
) -> None:
    """In the transaction that records the refusal: the report is ready no more, and says why."""
    if not isinstance(error, FileOutdated):
        return
    query, report = selectors.get_report_for(person, pk, report_id, now=now, lock=True)
    if report.state != ReportState.DONE:
        return
    record(
        actor=person,
        kind=states.REPORT[ReportState.DONE][ReportState.FAILED] or Kind.REPORT_FAILED,
        fields=about(query, report) | {"message": error.message},
        outcome="failed",
        outcome_code=error.code,
        parent=report.event,
    )
    report.state, report.finished_at, report.fault = ReportState.FAILED, now, error.message
    report.save(update_fields=["state", "finished_at", "fault"])


def _size(report: QueryReport, now: datetime) -> int:
    is_there = report.state == ReportState.DONE and report.size is not None
    if not is_there or report.file_until is None or report.file_until <= now:
        raise FileGone
    return report.size or 0
