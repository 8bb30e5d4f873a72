"""What people get wrong or try, each sent by the form: named, nothing searched, logged (QRY-15)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import TrainingRecord
from accounts.services.training import withdraw_completion
from audit.actors import system
from audit.kinds import Kind
from audit.models import Event
from queries.models import RecentQuery
from queries.services.offenses import delete_offense, withdraw_offense
from queries.timeframes import local_date, years_before
from tests.audited import events_of
from tests.cast import Cast, cast, client_for
from tests.queries.reads import days_ago, make_source, read_in, store
from tests.queries.test_offenses import by_offense, made
from tests.queries.test_views import ENTRIES, form_token, send, text

__all__ = ["cast"]


@pytest.fixture
def client(cast: Cast) -> Client:
    """With a read to be found by whoever gets through."""
    store(make_source(cast), [read_in("ABC123", days_ago(10))])
    return client_for(cast.investigator)


def today() -> date:
    return local_date(timezone.now(), "America/New_York")


def two_dates(first: date, last: date) -> dict[str, str]:
    return {"period": "dates", "start": first.isoformat(), "end": last.isoformat()}


DAY = timedelta(days=1)
# What is changed in the PIA's own example → the field that says so, the rule in the log.
WRONG: dict[str, tuple[dict[str, str], str, str]] = {
    "Cyrillic A": ({"plate": "АBC123"}, "plate", "plate_invalid"),
    "Greek O": ({"plate": "ABCΟ12"}, "plate", "plate_invalid"),
    "dotless i": ({"plate": "ıBC12"}, "plate", "plate_invalid"),
    "emoji": ({"plate": "ABC🚗"}, "plate", "plate_invalid"),
    "11 characters": ({"plate": "ABCDE123456"}, "plate", "plate_invalid"),
    "percent": ({"plate": "ABC%"}, "plate", "plate_invalid"),
    "asterisk": ({"plate": "AB*"}, "plate", "plate_invalid"),
    "SQL": ({"plate": "' OR 1=1 --"}, "plate", "plate_invalid"),
    "no state": ({"state": ""}, "state", "state_missing"),
    "note of blanks": ({"case_reference": " \n\t "}, "case_reference", "note_insufficient"),
    "note of one word": (
        {"case_reference": "investigation"},
        "case_reference",
        "note_insufficient",
    ),
    "note of 10,000 characters": (
        {"case_reference": "case 1 " * 1_429},
        "case_reference",
        "note_too_long",
    ),
    "end before start": (
        two_dates(today() - 5 * DAY, today() - 9 * DAY),
        "end",
        "time_frame_reversed",
    ),
    "start in the future": (two_dates(today() + DAY, today() + DAY), "start", "time_frame_future"),
    "five years and a day": (
        two_dates(years_before(today(), 5) - DAY, today()),
        "start",
        "time_frame_too_long",
    ),
    "no leap day there": (
        {"period": "dates", "start": "2025-02-29", "end": "2025-03-01"},
        "start",
        "start_invalid",
    ),
    "colleague named as a stranger": (
        {"for_whom": "officer", "on_behalf_of": "Bob Lindqvist", "officer_unit": "HSI"},
        "on_behalf_of",
        "behalf_has_account",
    ),
    "officer by surname": (
        {"for_whom": "officer", "on_behalf_of": "Roe", "officer_unit": "ERO"},
        "on_behalf_of",
        "behalf_unknown",
    ),
    "officer without a unit": (
        {"for_whom": "officer", "on_behalf_of": "Jane Roe"},
        "officer_unit",
        "behalf_unknown",
    ),
}


@pytest.mark.parametrize(("changes", "field", "rule"), WRONG.values(), ids=WRONG)
def test_it_is_named_beside_its_field_and_logged_and_nothing_is_searched(
    client: Client, changes: dict[str, str], field: str, rule: str
) -> None:  # QRY-1, QRY-5, QRY-15
    response = send(client, **changes)
    assert response.status_code == 422
    page = response.content.decode()
    assert f'id="id_{field}_error"' in page
    assert "Nothing was searched" in page
    [refused] = Event.objects.filter(kind__startswith="query.")
    assert (refused.kind, refused.fields["outcome_code"]) == (Kind.QUERY_REFUSED, rule)
    assert not RecentQuery.objects.exists()


@pytest.mark.parametrize(
    ("entered", "hits"), [("ABC123", 1), (" a.b-c 123 ", 1), ("ABCI23", 0), ("ABC1Z3", 0)]
)
def test_nothing_is_bent_but_case_and_separators(client: Client, entered: str, hits: int) -> None:
    page = text(client.get(send(client, plate=entered)["Location"]))  # QRY-5
    assert f"{hits} hit" in page


def test_o_is_not_0(cast: Cast, client: Client) -> None:  # QRY-5
    store(make_source(cast, "NJ-LOT", "Lot"), [read_in("O0O", days_ago(1), camera="NJ-LOT-1")])
    found = {
        plate: text(client.get(send(client, plate=plate)["Location"]))
        for plate in ("O0O", "OOO", "000", "0O0")
    }
    assert {plate: "1 hit for" in page for plate, page in found.items()} == {
        "O0O": True,
        "OOO": False,
        "000": False,
        "0O0": False,
    }


@pytest.mark.parametrize("first", [lambda: years_before(today(), 5), lambda: date(2024, 2, 29)])
def test_five_years_to_the_day_and_a_leap_day_are_lawful(client: Client, first: Any) -> None:
    assert send(client, **two_dates(first(), today())).status_code == 303  # QRY-3


def test_training_that_lapsed_while_the_form_was_open_refuses_it(
    cast: Cast, client: Client
) -> None:  # ACC-8, QRY-15
    filled = ENTRIES | {"token": form_token(client)}
    [record] = TrainingRecord.objects.filter(user=cast.investigator)
    withdraw_completion(actor=system("tests"), record=record, reason="tests", now=timezone.now())
    response = client.post("/queries/new/", filled)
    assert response.status_code == 403
    assert "raining" in response.content.decode()
    [refused] = events_of(Kind.QUERY_REFUSED)
    assert refused.fields["outcome_code"] == "training_missing"
    assert refused.fields["plate"] == "ABC123"
    assert not RecentQuery.objects.exists()


@pytest.mark.parametrize("how", ["withdrawn", "deleted"])
def test_offense_that_went_while_the_form_was_open_is_named_beside_its_field(
    cast: Cast, how: str
) -> None:
    """QRY-3, QRY-15."""
    offense, asker = made(), client_for(cast.colleague)
    by_offense(cast)
    filled = ENTRIES | {"token": form_token(asker), "offense": offense.code}
    gone = {"withdrawn": withdraw_offense, "deleted": delete_offense}[how]
    gone(actor=cast.vendor.person, offense=offense, reason="tests", now=timezone.now())
    response = asker.post("/queries/new/", filled)
    assert response.status_code == 422
    page = response.content.decode()
    assert 'id="id_offense_error"' in page
    assert 'value="abc-123"' in page  # what was entered stays, to be mended
    [refused] = events_of(Kind.QUERY_REFUSED)
    assert refused.fields["outcome_code"] == "offense_unknown"
    assert refused.fields["offense"] == offense.code
    assert not RecentQuery.objects.exists()


def test_double_click_is_one_query(client: Client) -> None:
    filled = ENTRIES | {"token": form_token(client)}
    answers = {client.post("/queries/new/", filled)["Location"] for _ in range(3)}
    assert len(answers) == 1
    assert len(events_of(Kind.QUERY_RUN)) == 1


def test_back_button_and_another_plate_is_another_query(client: Client) -> None:
    filled = ENTRIES | {"token": form_token(client)}
    first = client.post("/queries/new/", filled)["Location"]
    second = client.post("/queries/new/", filled | {"plate": "XYZ1"})["Location"]
    assert first != second
    assert [run.fields["plate"] for run in events_of(Kind.QUERY_RUN)] == ["ABC123", "XYZ1"]


def test_back_button_after_a_refusal_asks_what_was_mended(client: Client) -> None:
    filled = ENTRIES | {"token": form_token(client)}
    assert client.post("/queries/new/", filled | {"plate": "ABC%"}).status_code == 422
    assert client.post("/queries/new/", filled).status_code == 303
    assert len(events_of(Kind.QUERY_REFUSED)) == len(events_of(Kind.QUERY_RUN)) == 1
