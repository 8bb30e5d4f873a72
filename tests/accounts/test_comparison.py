"""Users against training records, both ways (ACC-8)."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook

from accounts.models import TrainingRecord, User
from accounts.reports.comparison import ComparisonFilter, compare
from accounts.reports.spreadsheet import Sheet, csv_text, workbook
from accounts.roles import Role
from accounts.services.training import Completion, record_completion
from audit.kinds import Kind
from lprsvc.lib.cells import neutral
from tests.audited import broken_log, recorded
from tests.cast import COURSE, NOW, Cast, client_for, make_user

PAGE = "/admin/accounts/trainingrecord/comparison"


@pytest.fixture
def stranger(cast: Cast) -> TrainingRecord:
    """A completion of somebody without account, whose name begins like a formula."""
    return record_completion(
        actor=cast.manager.person,
        agency=cast.agency,
        aor=cast.new_york,
        completion=Completion(
            course_code=COURSE,
            completed_on=date(2026, 2, 1),
            email="stranger@example.test",
            full_name="=cmd|'/c calc'!A1",
        ),
        reason="list of the course",
        now=NOW,
    )


@pytest.fixture
def untrained(cast: Cast) -> User:
    """Somebody of New York without the course."""
    return make_user(
        "untrained", "Uma Todd", [Role.INVESTIGATOR],
        component=cast.ero, aor=cast.new_york, is_trained=False,
    )  # fmt: skip


def test_both_directions_within_the_managers_areas(
    cast: Cast, stranger: TrainingRecord, untrained: User
) -> None:
    found = compare(cast.manager.person, ComparisonFilter(), now=NOW)
    assert [line.user for line in found.users] == [untrained]
    assert [line.record for line in found.records] == [stranger]
    chicago = make_user(
        "chicago-manager", "Olga Hahn", [Role.AGENCY_MANAGER], component=cast.hsi, aor=cast.chicago
    )
    theirs = compare(chicago.person, ComparisonFilter(), now=NOW)
    assert (theirs.users, theirs.records) == ([], [])


def test_a_record_finds_its_user_and_leaves_the_list(cast: Cast, stranger: TrainingRecord) -> None:
    user = make_user(
        "stranger", "S. T. Ranger", [Role.INVESTIGATOR],
        component=cast.ero, aor=cast.new_york, is_trained=False,
    )  # fmt: skip
    found = compare(cast.manager.person, ComparisonFilter(state="all"), now=NOW)
    assert found.records == []
    assert user in [line.user for line in found.users]


def test_records_of_closed_accounts_stand_alone(cast: Cast) -> None:
    User.objects.filter(pk=cast.suspended.pk).update(deleted_at=NOW)
    found = compare(cast.manager.person, ComparisonFilter(), now=NOW)
    assert [line.why for line in found.records] == ["the account is closed for ever"]


def test_filters_stand_in_the_address(
    cast: Cast, stranger: TrainingRecord, untrained: User
) -> None:
    client = client_for(cast.manager)
    page = client.get(f"{PAGE}/").content.decode()
    assert "Uma Todd" in page
    assert "Alice Moreno" not in page
    everybody = client.get(f"{PAGE}/", {"state": "all", "q": "ali", "course": COURSE})
    assert "Alice Moreno" in everybody.content.decode()
    assert "Uma Todd" not in everybody.content.decode()
    for nonsense in ({"state": "%00"}, {"course": "x" * 500}, {"aor": "Chicago"}, {"q": "\0"}):
        assert client.get(f"{PAGE}/", nonsense).status_code == 200
    assert "No user of this kind" in client.get(f"{PAGE}/", {"q": "zzz"}).content.decode()


def test_workbook_holds_both_and_no_formula(
    cast: Cast, stranger: TrainingRecord, untrained: User
) -> None:
    client = client_for(cast.manager)
    with recorded() as events:
        answer = client.get(f"{PAGE}.xlsx")
    assert [event.kind for event in events] == [Kind.REPORT_DOWNLOADED]
    assert events[0].fields["format"] == "xlsx"
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["Users", "Records without user", "About"]
    assert book.properties.title == "Users against training records"
    assert book["Users"]["A2"].value == "Uma Todd"
    name = book["Records without user"]["A2"]
    assert (name.data_type, name.value) == ("s", "'=cmd|'/c calc'!A1")
    assert book["Records without user"]["F2"].is_date


def test_pdf_says_what_it_is(cast: Cast, untrained: User) -> None:
    content = client_for(cast.manager).get(f"{PAGE}.pdf").content
    assert content.startswith(b"%PDF-")
    assert b"/Lang (en-US)" in content
    assert b"/DisplayDocTitle true" in content
    assert b"Users against training records" in content


def test_no_report_that_cannot_be_recorded_and_no_other_kind(cast: Cast) -> None:
    client = client_for(cast.manager)
    assert client.get(f"{PAGE}.doc").status_code == 404
    with broken_log():
        assert client.get(f"{PAGE}.pdf").status_code == 503
        assert client.get(f"{PAGE}/").status_code == 503


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"])
def test_cells_that_begin_a_formula_are_neutralised(text: str) -> None:
    assert neutral(text) == f"'{text}"
    table = Sheet("T", ["H"], [[text], ["plain"], [7], [None]])
    book = load_workbook(io.BytesIO(workbook("T", [table], made_at=NOW)))
    assert book["T"]["A2"].data_type == "s"
    assert csv_text(table).startswith(b"\xef\xbb\xbfH\r\n")
    assert neutral(7) == 7
