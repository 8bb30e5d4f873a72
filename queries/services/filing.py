"""Handing out a finished report's file: recorded before a byte of it is read (QRY-7)."""

from datetime import datetime
from uuid import UUID

from accounts.people import Person
from accounts.standing import training_of
from audit.kinds import Kind
from audit.services import record
from lprsvc.lib.errors import DomainError
from lprsvc.lib.ranges import wanted_bytes
from queries import policy, selectors
from queries.models import QueryReport, ReportFormat, ReportState
from queries.reports.pdf import PDF_TYPE
from queries.reports.workbook import XLSX_TYPE
from queries.schemas import ReportFile
from queries.sealed_files import read_file
from queries.services.looking import looking
from queries.services.ordering import about

_TYPES = {ReportFormat.PDF: PDF_TYPE, ReportFormat.XLSX: XLSX_TYPE}


class FileGone(DomainError):
    """The file is not there: not made yet, or its day is over."""

    def __init__(self) -> None:
        super().__init__("file_gone", "There is no file of this report any more.", status=410)


def download_report(
    *, person: Person, pk: UUID, report_id: UUID, wanted: str, unless: str, now: datetime
) -> ReportFile:
    """The file of an own report, or the bytes of it that `wanted` (a ``Range`` header, or empty)
    asks for; the whole where `unless` (``If-Range``) names another file.

    Raises PolicyDenied where one of its hits was marked not relevant since (QRY-11), FileGone,
    RangeNotThere, NotFound. All are recorded, and so is each download, a resumed one too.
    """
    with looking(person, query=pk, report=report_id):
        policy.check_can_ask(person, training_of(person, now=now))
        query, report = selectors.get_report_for(person, pk, report_id, now=now)
        policy.check_can_print(selectors.marks_for(query), report.read_ids)
        size = _size(report, now)
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


def _size(report: QueryReport, now: datetime) -> int:
    is_there = report.state == ReportState.DONE and report.size is not None
    if not is_there or report.file_until is None or report.file_until <= now:
        raise FileGone
    return report.size or 0
