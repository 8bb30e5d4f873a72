"""The coverage page: what is collected where, against the contract's line (ING-7)."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from audit.kinds import Kind
from ingest.coverage import By, Chosen, Show, Sort, coverage_of
from ingest.coverage_page import SHADES, bands, shade_of, timeline
from ingest.maps.national import HEIGHT, WIDTH, area_point, state_shapes
from ingest.metropolitan import largest_areas
from ingest.services.coverage import roll_up
from tests.audited import recorded
from tests.cast import Cast, client_for
from tests.harness.database import AsRole
from tests.ingest.feed import NOW, Feed, payload

PAGE = "/coverage/"
TODAY = NOW.date()
DAY = timedelta(days=1)
USUAL = Chosen(start=TODAY - 29 * DAY, end=TODAY)


def chosen(**changes: Any) -> Chosen:
    return Chosen(**({"start": USUAL.start, "end": USUAL.end} | changes))


@pytest.fixture
def counted(feed: Feed, as_role: AsRole) -> None:
    """Three reads in Philadelphia by two cameras, one in Pittsburgh, an old one in Philadelphia."""
    mobile = {"camera": "MOBILE", "latitude": 40.4406, "longitude": -79.9959}
    feed.store(
        payload(),
        payload(plate="B2"),
        payload(plate="C3", camera="MOBILE"),
        payload(plate="D4", **mobile),
        payload(plate="E5", captured_at=(NOW - 60 * DAY).isoformat()),
    )
    with as_role("lpr_worker"):
        roll_up()


def test_reads_and_cameras_are_counted_by_state(counted: None) -> None:
    found = coverage_of(USUAL)
    row = found.states["US-PA"]
    # The camera that moved between two counties is one.
    assert (row.reads, row.held, row.cameras) == (4, 4, 2)
    assert (found.reads, found.cameras) == (4, 2)
    assert found.states["US-NY"].reads == 0
    assert sum(found.by_day.values()) == 4


def test_reads_and_cameras_are_counted_by_metropolitan_area(counted: None) -> None:
    found = coverage_of(chosen(by=By.AREA, show=Show.COVERED))
    assert [(row.name.split("-")[0], row.reads, row.cameras) for row in found.rows] == [
        ("Philadelphia", 3, 2),
        ("Pittsburgh, PA", 1, 1),
    ]
    missing = coverage_of(chosen(by=By.AREA, show=Show.MISSING)).rows
    assert len(missing) == 28
    assert all(row.rank for row in missing)


def test_contract_lines_count_states_and_largest_areas(counted: None) -> None:
    states, areas = coverage_of(USUAL).lines
    assert (states.covered, states.of, states.demanded, states.is_kept) == (1, 50, 25, False)
    assert (areas.covered, areas.of, areas.demanded, areas.short) == (2, 30, 24, 22)
    assert "District of Columbia" not in states.missing
    assert len(states.missing) == 49


def test_contract_lines_look_at_every_kind_of_source(counted: None) -> None:
    found = coverage_of(chosen(kind="parking"))
    assert (found.reads, sum(found.by_day.values())) == (0, 0)
    assert found.lines[0].covered == 1


def test_rows_go_by_what_is_asked_for(counted: None) -> None:
    def order(**changes: Any) -> list[str]:
        return [row.name for row in coverage_of(chosen(**changes)).rows]

    assert order()[:2] == ["Pennsylvania", "Alabama"]
    assert order(sort=Sort.NAME, is_descending=False)[0] == "Alabama"
    assert order(sort=Sort.NAME)[0] == "Wyoming"
    assert order(sort=Sort.LAST)[0] == "Pennsylvania"
    by_rank = order(by=By.AREA, sort=Sort.RANK, is_descending=False)
    assert by_rank[0].startswith("New York")


def test_number_of_queries_does_not_grow(counted: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        coverage_of(USUAL)


# --- drawing --------------------------------------------------------------------------------------


def test_map_holds_every_state_within_its_frame() -> None:
    shapes = state_shapes()
    assert len(shapes) == 51
    for shape in shapes.values():
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for ring in shape.rings for x, y in ring)
    assert all(area_point(area) for area in largest_areas())


def test_shades_tell_more_from_less() -> None:
    assert [shade_of(reads, 1_000_000) for reads in (0, 1, 1_000_000)] == [0, 1, SHADES]
    assert shade_of(1, 1) == SHADES
    shades = [shade_of(10**power, 10**6) for power in range(7)]
    assert shades == sorted(shades)


def test_key_and_time_line_say_what_is_drawn(counted: None) -> None:
    found = coverage_of(USUAL)
    assert [(band.least, band.most) for band in bands(found)] == [(4, 4)]
    chart = timeline(found)
    assert sum(row.cells[0] for row in chart.rows) == 4
    assert "Most in one day" in chart.summary


# --- the page -------------------------------------------------------------------------------------


def page(client: Client, status: int = 200, **query: Any) -> str:
    response = client.get(PAGE, query)
    assert response.status_code == status
    return str(response.content.decode())


def test_page_shows_map_table_chart_and_contract(counted: None, cast: Cast) -> None:
    client = client_for(cast.vendor)
    with recorded() as events:
        shown = page(client)
    assert [(one.kind, one.fields["object"]) for one in events] == [(Kind.ADMIN_VIEWED, "coverage")]
    assert "1 of 50 states" in shown
    assert "not kept, 24 short" in shown
    assert "Pennsylvania: 4 reads, 2 cameras" in shown
    assert 'id="chart-coverage"' in shown
    assert shown.count("<circle") == 2
    # No plate: this is no way to see reads (QRY-2).
    assert "ABC" not in shown


@pytest.mark.parametrize("who", ["vendor", "manager", "auditor"])
def test_page_opens_for_those_who_answer_for_it(counted: None, cast: Cast, who: str) -> None:
    assert "Pennsylvania" in page(client_for(cast.everybody[who]))


@pytest.mark.parametrize("who", ["investigator", "supervisor", "privacy"])
def test_page_is_shut_for_others(counted: None, cast: Cast, who: str) -> None:
    client = client_for(cast.everybody[who])
    for address in (PAGE, "/coverage.pdf", "/coverage.xlsx"):
        assert client.get(address).status_code == 403


def test_page_without_reads_says_so(feed: Feed, cast: Cast) -> None:
    shown = page(client_for(cast.vendor))
    assert "No read was collected in this period" in shown
    assert "0 of 50 states" in shown
    assert "chart-coverage" not in shown


def test_choice_stands_in_the_address(counted: None, cast: Cast) -> None:
    client = client_for(cast.vendor)
    shown = page(client, by="area", show="covered", sort="name", kind="toll_road")
    assert re.search(r'aria-sort="ascending"><a[^>]*>Place', shown)
    assert "sort=-name" in shown
    assert "by=area" in shown
    assert "Without reads" in shown
    early = page(client, start=(TODAY - 90 * DAY).isoformat(), end=(TODAY - 40 * DAY).isoformat())
    assert "Pennsylvania: 1 reads" in early


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"start": "2026-02-30"}, "Enter a valid date"),
        ({"start": "2026-02-03", "end": "2026-02-01"}, "2026-02-01 is before 2026-02-03"),
        ({"start": "2020-01-01", "end": "2026-02-01"}, "longer than 400 days"),
        ({"kind": "boat"}, "Select a valid choice"),
    ],
)
def test_bad_choice_is_told_beside_its_field(cast: Cast, query: dict[str, str], told: str) -> None:
    client = client_for(cast.vendor)
    assert told in page(client, 422, **query)
    assert client.get("/coverage.pdf", query).status_code == 422


def test_files_hold_what_the_page_shows(counted: None, cast: Cast) -> None:
    client = client_for(cast.vendor)
    with recorded() as events:
        response = client.get("/coverage.xlsx", {"show": "covered"})
    assert [one.kind for one in events] == [Kind.ADMIN_VIEWED, Kind.REPORT_DOWNLOADED]
    assert "attachment" in response["Content-Disposition"]
    book = load_workbook(io.BytesIO(response.content))
    rows = list(book["States"].iter_rows(values_only=True))
    assert rows[1][:2] == ("US-PA", "Pennsylvania")
    assert rows[1][3:6] == (2, 4, 4)
    assert len(rows) == 2
    assert book.sheetnames == ["States", "Metropolitan areas", "Days", "About"]
    paper = PdfReader(io.BytesIO(client.get("/coverage.pdf").content))
    text = "".join(one.extract_text() for one in paper.pages)
    assert "1 of 50 states; the contract's line is 25: not kept." in text
    assert "Pennsylvania" in text


def test_other_kinds_of_files_are_not_found(cast: Cast) -> None:
    assert client_for(cast.vendor).get("/coverage.exe").status_code == 404
