"""The printed report: who gets one, what stands in it, and what the log says of it."""

import hashlib
import io
from datetime import timedelta
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
from queries import rules
from queries.links import sign_hit
from queries.reports import pdf, words
from queries.services.marking import mark_hits
from tests.audited import broken_log, recorded
from tests.cast import Cast, cast, client_for, new_client
from tests.queries.reads import NOW, days_ago, make_source, read_in, store
from tests.queries.test_views import asked

__all__ = ["cast"]

MAY_NOT = ["manager", "auditor", "vendor"]


@pytest.fixture
def client(cast: Cast) -> Client:
    set_records_schedule(
        actor=cast.vendor.person, component=cast.ero, rule=SHIPPED["ERO"], reason="tests", now=NOW
    )
    return client_for(cast.investigator)


@pytest.fixture
def read_ids(cast: Cast) -> list[str]:
    return store(make_source(cast), [read_in("ABC 123", days_ago(days)) for days in (10, 20, 30)])


def printed(client: Client, where: str, hits: list[str], form: str = "pdf") -> Any:
    return client.post(f"{where}report/", {"hit": hits, "format": form})


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


@pytest.mark.parametrize(
    ("form", "kind"), [("pdf", Kind.REPORT_PRINTED), ("xlsx", Kind.REPORT_DOWNLOADED)]
)
def test_report_is_on_record_with_its_hash(
    client: Client, read_ids: list[str], form: str, kind: Kind
) -> None:
    """AUD-1, QRY-7: each photograph printed is a view."""
    where = asked(client)
    with recorded() as events:
        content = printed(client, where, read_ids[:2], form).content
    photographs = [Kind.RESULT_PHOTO_VIEWED] * 4
    assert [event.kind for event in events] == [Kind.RESULT_VIEWED, *photographs, kind]
    fields = events[-1].fields
    assert fields["sha256"] == hashlib.sha256(content).hexdigest()
    assert (fields["count"], fields["format"]) == (2, form)
    assert fields["pages"] == (3 if form == "pdf" else None)
    assert fields["opened"] == str(events[0].id)
    if form == "pdf":
        assert str(events[0].id) in text_of(content)[0]


def test_no_event_no_report(client: Client, read_ids: list[str]) -> None:  # QRY-16
    where = asked(client)
    with broken_log():
        response = printed(client, where, read_ids)
    assert response.status_code == 503
    assert not response.content.startswith(b"%PDF")


# --- who, and what is wrong ---------------------------------------------------------------------


@pytest.mark.parametrize("name", MAY_NOT)
def test_who_may_not_ask_prints_nothing(cast: Cast, name: str) -> None:
    path = "/queries/018f0000-0000-7000-8000-000000000000/"
    assert printed(client_for(cast.everybody[name]), path, []).status_code == 403
    assert printed(new_client(), path, []).status_code == 302


@pytest.mark.parametrize("name", ["colleague", "supervisor", "other"])
def test_nobody_prints_anothers_answer(
    cast: Cast, client: Client, read_ids: list[str], name: str
) -> None:
    where = asked(client)
    with recorded() as events:
        assert printed(client_for(cast.everybody[name]), where, read_ids).status_code == 404
    kinds = {event.kind for event in events}
    assert Kind.ACCESS_REFUSED in kinds
    assert not kinds & {Kind.REPORT_PRINTED, Kind.RESULT_PHOTO_VIEWED}


def test_hit_of_another_plate_is_not_printed(
    client: Client, cast: Cast, read_ids: list[str]
) -> None:
    foreign = store(make_source(cast, "NJ-LOT"), [read_in("XYZ9", days_ago(5), camera="NJ-LOT-1")])
    where = asked(client)
    assert printed(client, where, [read_ids[0], *foreign]).status_code == 404
    assert not Event.objects.filter(kind=Kind.REPORT_PRINTED).exists()


@pytest.mark.parametrize(("hits", "form"), [(0, "pdf"), (1, "doc"), (1, "")])
def test_wrong_choice_is_named(client: Client, read_ids: list[str], hits: int, form: str) -> None:
    response = printed(client, asked(client), read_ids[:hits], form)
    assert response.status_code == 422
    assert b"Choose" in response.content


def test_too_many_hits_are_refused(
    client: Client, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queries.services.reports.MOST_PRINTED", 2)
    response = printed(client, asked(client), read_ids)
    assert response.status_code == 422
    assert b"2 hits at most" in response.content
    assert rules.MOST_PRINTED == 25


def test_result_page_offers_the_choice(client: Client, read_ids: list[str]) -> None:
    page = client.get(asked(client)).content.decode()
    assert page.count('form="report-form"') == 3
    assert "PDF of ticked hits" in page


def test_wrong_method(client: Client, read_ids: list[str]) -> None:
    assert client.get(f"{asked(client)}report/").status_code == 405


def test_what_is_not_relevant_can_not_be_printed(
    client: Client, read_ids: list[str], cast: Cast
) -> None:
    """QRY-11."""
    where = asked(client)
    pk = UUID(where.strip("/").rpartition("/")[2])
    person, now = cast.investigator.person, timezone.now()
    read_id = UUID(read_ids[0])
    until = now + timedelta(days=1)
    name = sign_hit(user_id=person.user_id, query_id=pk, read_id=read_id, until=until)
    mark_hits(person=person, pk=pk, names=[name], is_relevant=False, now=now)
    with recorded() as events:
        assert printed(client, where, read_ids).status_code == 403
    assert events[-1].fields["outcome_code"] == "not_relevant"
    assert printed(client, where, read_ids[1:]).status_code == 200
