"""Printing chosen hits: opened by an event, each photograph a view, the file itself on record.

The file is made inside the transaction that records it and handed out after its commit; the
service keeps none of it (QRY-14).
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.people import Person
from accounts.selectors import find_retention
from accounts.standing import training_of
from audit.kinds import Kind
from audit.services import Recorded, record
from ingest.geography import geography_of
from ingest.models import Read
from ingest.selectors import list_hits, open_photograph
from ingest.services.places import known_places
from lprsvc.lib.errors import InvalidInput, NotFound
from queries import policy, records, selectors
from queries.models import RecentQuery
from queries.presenting import where_words
from queries.reports.content import PrintedHit, PrintedPhotograph, Report
from queries.reports.pdf import PDF_TYPE, report_pdf
from queries.reports.workbook import XLSX_TYPE, report_workbook
from queries.rules import MOST_PRINTED
from queries.services.answers import hit_of, place_of
from queries.services.looking import looking
from queries.timeframes import TimeFrame

PDF, XLSX = "pdf", "xlsx"
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PrintedReport:
    """A finished report, recorded."""

    content: bytes
    content_type: str
    name: str


def print_report(
    *, person: Person, pk: UUID, read_ids: Collection[UUID], form: str, now: datetime
) -> PrintedReport:
    """The chosen hits of an own query as a PDF or a workbook (QRY-8).

    Raises PolicyDenied for a hit that is marked not relevant (QRY-11), InvalidInput for no hit or
    more than `MOST_PRINTED`, NotFound where the query is not the
    person's or its answer does not hold all of the hits. Both are recorded.
    """
    with looking(person, query=pk):
        policy.check_can_ask(person, training_of(person, now=now))
        query = selectors.get_recent_for(person, pk, now=now)
        _check_choice(read_ids, form)
        policy.check_can_print(selectors.marks_for(query), read_ids)
        report = _gather(person, query, set(read_ids), form, now)
        if form == PDF:
            printed = report_pdf(report)
            content, pages, kind = printed.content, printed.pages, PDF_TYPE
        else:
            content, pages, kind = report_workbook(report), None, XLSX_TYPE
        record(
            actor=person,
            kind=Kind.REPORT_PRINTED if form == PDF else Kind.REPORT_DOWNLOADED,
            fields={
                "query": str(pk),
                "plate": query.plate_key,
                "state": query.state,
                "format": form,
                "count": len(report.hits),
                "digest": records.digest([one.hit for one in report.hits]),
                "sha256": hashlib.sha256(content).hexdigest(),
                "pages": pages,
                "opened": str(report.opened.id),
            },
            parent=query.pk,
        )
        # The name stays in folders and histories: it says nothing of the plate.
        return PrintedReport(content, kind, f"lpr-report-{report.opened.id}.{form}")


def _check_choice(read_ids: Collection[UUID], form: str) -> None:
    if form not in {PDF, XLSX}:
        raise InvalidInput({"format": ["Choose PDF or Excel."]})
    if not read_ids:
        raise InvalidInput({"hit": ["Choose at least one hit."]})
    if len(read_ids) > MOST_PRINTED:
        text = f"Choose {MOST_PRINTED} hits at most; {len(read_ids)} are chosen."
        raise InvalidInput({"hit": [text]})


def _gather(
    person: Person, query: RecentQuery, wanted: set[UUID], form: str, now: datetime
) -> Report:
    opened = record(
        actor=person,
        kind=Kind.RESULT_VIEWED,
        fields=records.opening(query) | {"report": form},
        parent=query.pk,
    )
    within = geography_of(query.geography)
    reads = list_hits(
        plate_key=query.plate_key,
        state=query.state,
        start=query.start,
        end=query.end,
        within=within,
    )
    chosen = [read for read in reads if read.id in wanted]
    if len(chosen) != len(wanted):
        raise NotFound("hit")
    places = known_places([place_of(read) for read in chosen])
    hits = tuple(
        PrintedHit(
            number,
            hit_of(read, places.get(place_of(read))),
            _photographs(person, query, read, opened),
        )
        for number, read in enumerate(chosen, start=1)
    )
    today = now.astimezone(ZoneInfo(person.timezone)).date()
    return Report(
        person=person,
        query=query,
        query_id=query.pk,
        where=where_words(within) or "",
        hits=hits,
        total=len(reads),
        opened=opened,
        retention=find_retention(person, recorded_on=today),
        made_at=now,
    )


def _photographs(
    person: Person, query: RecentQuery, read: Read, opened: Recorded
) -> tuple[PrintedPhotograph, ...]:
    """Both, each recorded as viewed before it is read (QRY-7)."""
    frame = TimeFrame(read.captured_at, read.captured_at + _INSTANT, query.period)
    found = []
    for role, sha256 in (("scene", read.scene_sha256), ("plate", read.plate_sha256)):
        record(
            actor=person,
            kind=Kind.RESULT_PHOTO_VIEWED,
            fields=records.opening(query, frame)
            | {"read": str(read.id), "photograph": role, "report": str(opened.id)},
            parent=query.pk,
        )
        content, _ = open_photograph(bytes(sha256))
        derived = role == "plate" and read.plate_is_derived
        found.append(PrintedPhotograph(role, content, bytes(sha256).hex(), derived))
    return tuple(found)
