"""The printed report: who gets one, what stands in it, and what the log says of it."""

import hashlib
import io
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from PIL import Image
from pypdf import PdfReader

from accounts.disposal import SHIPPED
from accounts.services.schedules import set_records_schedule
from audit.kinds import Kind
from audit.models import Event
from queries.links import sign_hit
from queries.models import QueryReport, RecentQuery, ReportState
from queries.reports import pdf, words
from queries.services.reports import make_report
from tests.audited import recorded
from tests.cast import Cast, cast, client_for
from tests.harness.database import logged_on_as
from tests.queries.reads import NOW, days_ago, make_source, read_in, store
from tests.queries.test_views import asked

__all__ = ["cast"]
pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def client(cast: Cast) -> Client:
    set_records_schedule(
        actor=cast.vendor.person, component=cast.ero, rule=SHIPPED["ERO"], reason="tests", now=NOW
    )
    return client_for(cast.investigator)


@pytest.fixture
def read_ids(cast: Cast) -> list[str]:
    return store(make_source(cast), [read_in("ABC 123", days_ago(days)) for days in (10, 20, 30)])


def names_of(where: str, read_ids: Iterable[str]) -> list[str]:
    """The hits' names as the page of their query gives them."""
    query = RecentQuery.objects.get(pk=pk_of(where))
    return [
        sign_hit(
            user_id=query.owner_id,
            query_id=query.pk,
            read_id=UUID(read_id),
            until=query.erase_after,
        )
        for read_id in read_ids
    ]


def pk_of(where: str) -> UUID:
    return UUID(where.strip("/").split("/")[1])


def ordered(client: Client, where: str, read_ids: Iterable[str], form: str = "pdf") -> Any:
    """What ordering a report of ticked hits answers."""
    hits = names_of(where, read_ids)
    return client.post(f"{where}report/", {"hit": hits, "report": f"ticked:{form}"})


def make(report_id: UUID | None = None) -> QueryReport:
    """The worker's part for this report, or the last one ordered."""
    last = QueryReport.objects.order_by("ordered_at", "id").last()
    assert last is not None
    with logged_on_as("lpr_worker"):
        make_report(report_id=report_id or last.pk, clock=timezone.now)
    last.refresh_from_db()
    return last


def printed(client: Client, where: str, read_ids: Iterable[str], form: str = "pdf") -> Any:
    """Ordered, made and downloaded."""
    assert ordered(client, where, read_ids, form).status_code == 303
    report = make()
    assert report.state == ReportState.DONE, report.fault
    return client.get(f"{where}reports/{report.pk}/file/")


def text_of(content: bytes) -> list[str]:
    """The text of each page, on one line."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


# --- what stands in it --------------------------------------------------------------------------


def test_report_has_an_overview_and_a_page_for_each_hit(
    client: Client, read_ids: list[str], cast: Cast
) -> None:
    """QRY-8, QRY-9."""
    where = asked(client)
    response = printed(client, where, read_ids[:2])
    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "private, no-store"
    assert "ABC" not in response["Content-Disposition"]
    pages = text_of(response.content)
    assert len(pages) == 3
    run = Event.objects.get(kind=Kind.QUERY_RUN)
    for expected in (
        *("Alice Moreno", "themselves", "Criminal investigation", "John Doe", "2 of 3"),
        *("Destroy by", "Dec 31,", "DAA-0567-2015-0016-0001", str(run.id)),
    ):
        assert expected in pages[0], expected
    for number, page in enumerate(pages, start=1):
        assert "Corroborate before you act" in page
        assert f"Page {number} of 3" in page
    for page in pages[1:]:
        for expected in (
            *("Delaware toll road", "Gantry 1", "39.70000, -75.60000", "Nearest address"),
            *("Nearest intersection", "97 %", "silver Toyota Camry", "UTC", "Street view"),
            *("Area view", "Satellite", "Imagery was not taken at the time of the read"),
            "No imagery is configured",
        ):
            assert expected in page, expected


def test_report_says_its_title_and_language(client: Client, read_ids: list[str]) -> None:
    reader = PdfReader(io.BytesIO(printed(client, asked(client), read_ids).content))
    assert reader.metadata is not None
    assert reader.metadata.title == "License plate reader report: ABC123"
    assert reader.metadata.author == "Alice Moreno"
    assert reader.trailer["/Root"]["/Lang"] == "en-US"  # type: ignore[index]


def parts_of(content: bytes) -> list[tuple[str, str]]:
    """Kind and words of every part of the structure, in their order."""
    found: list[tuple[str, str]] = []

    def walk(part: Any) -> None:
        kids = part.get_object().get("/K", [])
        if "/S" in part.get_object():
            entry = part.get_object()
            found.append((str(entry["/S"]), str(entry.get("/Alt", ""))))
        for kid in kids:
            if not isinstance(kid, int) and "/MCID" not in kid.get_object():
                walk(kid)

    walk(PdfReader(io.BytesIO(content)).trailer["/Root"]["/StructTreeRoot"])  # type: ignore[index]
    return found


def test_report_has_a_structure_that_can_be_read_aloud(client: Client, read_ids: list[str]) -> None:
    """SAF-4: headings, lists, a table, and words for every picture; nothing unmarked."""
    content = printed(client, asked(client), read_ids[:2]).content
    parts = parts_of(content)
    kinds = [kind for kind, _ in parts]
    assert kinds[:4] == ["/Document", "/P", "/H1", "/H2"]
    assert [kind for kind in kinds if kind in {"/H1", "/H2"}] == ["/H1", *["/H2"] * 5]
    assert (kinds.count("/TH"), kinds.count("/TR"), kinds.count("/TD")) == (4, 3, 8)
    figures = [words for kind, words in parts if kind == "/Figure"]
    assert len(figures) == 1 + 2 * 5
    assert all(figures)
    root: Any = PdfReader(io.BytesIO(content)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is not False
    for page in PdfReader(io.BytesIO(content)).pages:
        code = page.get_contents().get_data().decode("latin-1")  # type: ignore[union-attr]
        assert outside_of_marks(code) == [], "shown, and neither part nor artifact"


def outside_of_marks(code: str) -> list[str]:
    """The operators of a page that show something outside of any mark."""
    depth, shown = 0, []
    for line in code.splitlines():
        words = line.split()
        if not words:
            continue
        depth += words.count("BDC") + words.count("BMC") - words.count("EMC")
        if depth == 0 and words[-1] in {"Tj", "TJ", "T*", "Do", "S", "f", "B", "f*"}:
            shown.append(line)
        assert depth in {0, 1}, "marks within marks"
    return shown


def test_without_a_schedule_the_report_says_so(cast: Cast, read_ids: list[str]) -> None:
    client = client_for(cast.colleague)  # of HSI
    pages = text_of(printed(client, asked(client), read_ids[:1]).content)
    assert "No records schedule is entered" in pages[0]


def test_long_texts_wrap_over_pages(client: Client, read_ids: list[str]) -> None:
    note = "Case 2026-0117 " + "x" * 900 + " " + "and what else there is to say " * 30
    response = printed(client, asked(client, case_reference=note[:1990]), read_ids[:1])
    assert response.status_code == 200
    assert len(text_of(response.content)) >= 2


def test_photographs_keep_their_proportions() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (3000, 500), "gold").save(buffer, "PNG")
    content, size = pdf._for_paper(buffer.getvalue())
    assert size[0] == 1600
    assert size[0] / size[1] == pytest.approx(6, rel=0.01)
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.size) == ("JPEG", size)


def test_workbook_says_who_and_why_and_computes_nothing(
    client: Client, cast: Cast
) -> None:  # SAF-2
    source = make_source(cast, name="=HYPERLINK(1)")
    ids = store(source, [read_in("ABC123", days_ago(3))])
    response = printed(client, asked(client, case_reference="=1+1 case 12345678"), ids, "xlsx")
    sheet = load_workbook(io.BytesIO(response.content)).active
    assert sheet is not None
    head = {row[0].value: row[1].value for row in sheet.iter_rows(max_row=18)}
    assert head["Asked by"].startswith("Alice Moreno")
    assert head["Case or subject"] == "'=1+1 case 12345678"
    assert str(Event.objects.get(kind=Kind.QUERY_RUN).id) in head["Log entry of the query"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    last = [cell.value for cell in sheet[sheet.max_row]]
    assert "'=HYPERLINK(1)" in last
    assert last[0] == 1


def test_times_are_those_of_the_place() -> None:
    assert words.clock(NOW.replace(month=1, day=5, hour=14, minute=3, second=11, year=2026),
                       "America/New_York") == "Jan 5, 2026, 09:03:11 EST"  # fmt: skip


# --- the log ------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["pdf", "xlsx"])
def test_report_is_on_record_from_order_to_download(
    client: Client, read_ids: list[str], form: str
) -> None:
    """AUD-1, QRY-7: each photograph printed is a view."""
    where = asked(client)
    with recorded() as events:
        content = printed(client, where, read_ids[:2], form).content
    photographs = [Kind.RESULT_PHOTO_VIEWED] * 4
    assert [event.kind for event in events] == [
        *(Kind.REPORT_ORDERED, Kind.RESULT_VIEWED, *photographs),
        *(Kind.REPORT_PRINTED, Kind.RESULT_VIEWED, Kind.REPORT_DOWNLOADED),
    ]
    assert len({event.fields["actor"] for event in events}) == 1
    fields = events[-3].fields
    sha256 = hashlib.sha256(content).hexdigest()
    assert fields["sha256"] == events[-1].fields["sha256"] == sha256
    assert (fields["count"], fields["format"], fields["left_out"]) == (2, form, 0)
    assert fields["pages"] == (3 if form == "pdf" else None)
    assert fields["opened"] == str(events[1].id)
    if form == "pdf":
        assert str(events[1].id) in text_of(content)[0]
