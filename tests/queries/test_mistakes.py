"""Saying that a hit is wrong (QRY-10): the form, what is recorded, and every wrong person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from audit.kinds import Kind
from ingest.models import ErrorReport, ReportStatus, Source, Wrong
from ingest.rules import REPORT_KEPT
from ingest.services.mistakes import (
    Claim,
    erase_closed,
    view_own_report,
    view_own_reports,
    withdraw_report,
)
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from queries.services.mistakes import report_hit
from tests.audited import assert_audited, recorded
from tests.cast import Cast, cast, client_for
from tests.harness.database import AsRole
from tests.queries.reads import NOW, days_ago, make_source, read_in, store
from tests.queries.test_services import ask

__all__ = ["cast"]

CLAIM = Claim(wrong=(Wrong.PLATE,), plate="ABC-128", text="The last figure is an 8.")
Report = Callable[..., ErrorReport]


@pytest.fixture
def source(cast: Cast) -> Source:
    return make_source(cast)


@pytest.fixture
def hit(cast: Cast, source: Source) -> tuple[UUID, UUID]:
    """One read, and the investigator's query that it answers: (query, read)."""
    [read] = store(source, [read_in("ABC 123", days_ago(10))])
    return ask(cast.investigator.person).query.pk, UUID(read)


def report(cast: Cast, hit: tuple[UUID, UUID], **changes: Any) -> ErrorReport:
    arguments: dict[str, Any] = {
        "person": cast.investigator.person,
        "pk": hit[0],
        "read_id": hit[1],
        "claim": CLAIM,
        "now": NOW,
    }
    return report_hit(**arguments | changes)


def test_report_names_the_read_and_what_is_wrong(cast: Cast, hit: tuple[UUID, UUID]) -> None:
    made = report(cast, hit)
    found = ErrorReport.objects.get(pk=made.pk)
    assert (found.read_id, found.version, found.captured_at) == (hit[1], 1, days_ago(10))
    assert (found.plate_key, found.plate_text, found.state) == ("ABC123", "ABC 123", "US-PA")
    assert (found.wrong, found.claimed) == (["plate"], {"plate": "ABC-128"})
    assert (found.status, found.agency_id) == (ReportStatus.OPEN, cast.agency.pk)
    assert found.reporter_id == cast.investigator.pk
    assert NOW < found.due_at < NOW + timedelta(days=10)


def test_report_is_recorded_with_all_that_was_said(cast: Cast, hit: tuple[UUID, UUID]) -> None:
    [event] = assert_audited(lambda: report(cast, hit), Kind.RESULT_ERROR_REPORTED)
    assert event.fields["wrong"] == ["plate"]
    assert event.fields["claimed"] == {"plate": "ABC-128"}
    assert event.fields["text"] == CLAIM.text
    assert event.fields["read"] == str(hit[1])
    assert event.parent == str(hit[0])
    assert ErrorReport.objects.get().cause == event.pk


@pytest.mark.parametrize(
    ("claim", "field"),
    [
        (Claim(wrong=()), "wrong"),
        (Claim(wrong=(Wrong.PLATE,), plate="ABC%"), "plate"),
        (Claim(wrong=(Wrong.PLATE,), plate="abc.123"), "plate"),  # as it is recorded
        (Claim(wrong=(Wrong.PLATE,), plate="ABCDEFGHIJK"), "plate"),
        (Claim(wrong=(Wrong.STATE,), state="US-PA"), "state"),
        (Claim(wrong=(Wrong.STATE,), state="Atlantis"), "state"),
        (Claim(wrong=(Wrong.VEHICLE,), make="Toyota", color="silver"), "make"),
        (Claim(wrong=(Wrong.VEHICLE,), make="x" * 61), "make"),
        (Claim(wrong=(Wrong.PHOTOGRAPH,)), "text"),
        (Claim(wrong=(Wrong.PLACE,), place=" "), "text"),
        # What is not ticked does not count.
        (Claim(wrong=(Wrong.PLATE,), color="red"), "text"),
        (Claim(wrong=(Wrong.PHOTOGRAPH,), text="x" * 2_001), "text"),
        (Claim(wrong=(Wrong.PHOTOGRAPH,), text="a\0b"), "text"),
    ],
)
def test_claim_that_says_nothing_new_is_refused_beside_its_field(
    cast: Cast, hit: tuple[UUID, UUID], claim: Claim, field: str
) -> None:
    with recorded() as events, pytest.raises(InvalidInput) as refused:
        report(cast, hit, claim=claim)
    assert list(refused.value.errors) == [field]
    assert [(event.kind, event.outcome) for event in events] == [(Kind.READ_REFUSED, "refused")]
    assert not ErrorReport.objects.exists()


def test_second_report_of_the_same_person_is_refused_while_the_first_waits(
    cast: Cast, hit: tuple[UUID, UUID]
) -> None:
    first = report(cast, hit)
    with pytest.raises(PolicyDenied) as refused:
        report(cast, hit)
    assert refused.value.code == "already_reported"
    withdraw_report(person=cast.investigator.person, pk=first.pk, reason="a mistake", now=NOW)
    assert report(cast, hit).pk != first.pk


def test_colleague_reports_the_same_read_as_well(cast: Cast, hit: tuple[UUID, UUID]) -> None:
    report(cast, hit)
    query = ask(cast.supervisor.person).query.pk
    report(cast, (query, hit[1]), person=cast.supervisor.person)
    assert ErrorReport.objects.count() == 2


@pytest.mark.parametrize("who", ["colleague", "other", "auditor", "manager", "vendor"])
def test_nobody_reports_a_hit_of_anothers_query(
    cast: Cast, hit: tuple[UUID, UUID], who: str
) -> None:
    with pytest.raises((NotFound, PolicyDenied)):
        report(cast, hit, person=cast.everybody[who].person)
    assert not ErrorReport.objects.exists()


def test_read_that_the_query_does_not_hold_cannot_be_reported(
    cast: Cast, source: Source, hit: tuple[UUID, UUID]
) -> None:
    [other] = store(source, [read_in("ABC 124", days_ago(10))])
    for read_id in (UUID(other), uuid4()):
        with pytest.raises(NotFound):
            report(cast, (hit[0], read_id))


# --- what the reporter sees -----------------------------------------------------------------------


def test_reporter_sees_own_reports_and_nobody_elses(cast: Cast, hit: tuple[UUID, UUID]) -> None:
    made = report(cast, hit)
    person = cast.investigator.person
    assert [one.pk for one in view_own_reports(person=person, now=NOW)] == [made.pk]
    for who in ("colleague", "supervisor", "other"):
        stranger = cast.everybody[who].person
        assert view_own_reports(person=stranger, now=NOW) == []
        with pytest.raises(NotFound):
            view_own_report(person=stranger, pk=made.pk, now=NOW)
        with pytest.raises(NotFound):
            withdraw_report(person=stranger, pk=made.pk, reason="not mine", now=NOW)


@pytest.mark.parametrize("who", ["auditor", "manager", "vendor"])
def test_who_sees_no_reads_has_no_reports(cast: Cast, who: str) -> None:
    with pytest.raises(PolicyDenied):
        view_own_reports(person=cast.everybody[who].person, now=NOW)


def test_withdrawing_is_recorded_and_final(cast: Cast, hit: tuple[UUID, UUID]) -> None:
    made = report(cast, hit)
    person = cast.investigator.person

    def withdraw() -> None:
        withdraw_report(person=person, pk=made.pk, reason="Looked again: it is a 3.", now=NOW)

    [event] = assert_audited(withdraw, Kind.READ_REPORT_WITHDRAWN)
    assert event.fields["reason"] == "Looked again: it is a 3."
    found = view_own_report(person=person, pk=made.pk, now=NOW)
    assert (found.status, found.closed_at) == (ReportStatus.WITHDRAWN, NOW)
    with pytest.raises(PolicyDenied) as refused:
        withdraw()
    assert refused.value.code == "report_closed"


def test_withdrawing_needs_a_reason(cast: Cast, hit: tuple[UUID, UUID]) -> None:
    made = report(cast, hit)
    with pytest.raises(InvalidInput):
        withdraw_report(person=cast.investigator.person, pk=made.pk, reason="  ", now=NOW)


def test_closed_report_is_erased_after_60_days_and_an_open_one_is_not(
    committed_db: None, cast: Cast, hit: tuple[UUID, UUID], as_role: AsRole
) -> None:
    made = report(cast, hit)
    person = cast.investigator.person
    withdraw_report(person=person, pk=made.pk, reason="a mistake", now=NOW)
    again = report(cast, hit)
    with as_role("lpr_worker"):
        assert erase_closed(now=NOW + REPORT_KEPT - timedelta(seconds=1)) == 0
        assert erase_closed(now=NOW + REPORT_KEPT) == 1
        assert erase_closed(now=NOW + REPORT_KEPT) == 0
    assert [one.pk for one in ErrorReport.objects.all()] == [again.pk]


# --- pages ----------------------------------------------------------------------------------------


def page_of(hit: tuple[UUID, UUID]) -> str:
    return f"/queries/{hit[0]}/hits/{hit[1]}/report/"


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_for(cast.investigator)


def test_hit_offers_the_form_and_then_says_that_it_is_reported(
    client: Client, cast: Cast, hit: tuple[UUID, UUID]
) -> None:
    hit_page = f"/queries/{hit[0]}/hits/{hit[1]}/"
    assert page_of(hit) in client.get(hit_page).content.decode()
    answer = client.post(
        page_of(hit), {"wrong": ["plate"], "plate": "ABC-128", "text": "It is an 8."}
    )
    made = ErrorReport.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/error-reports/{made.pk}/")
    assert "Reported: open" in client.get(hit_page).content.decode()
    assert "You have reported this read already" in client.get(page_of(hit)).content.decode()
    detail = client.get(answer["Location"]).content.decode()
    assert "ABC-128" in detail
    assert "Withdraw the report" in detail
    assert f"/error-reports/{made.pk}/" in client.get("/error-reports/").content.decode()


def test_double_click_makes_one_report(client: Client, hit: tuple[UUID, UUID]) -> None:
    form = {"wrong": ["photograph"], "text": "Another vehicle."}
    assert client.post(page_of(hit), form).status_code == 302
    second = client.post(page_of(hit), form)
    assert second.status_code == 200
    assert "You have reported this read already" in second.content.decode()
    assert ErrorReport.objects.count() == 1


def test_faults_stand_beside_their_fields_and_nothing_is_lost(
    client: Client, hit: tuple[UUID, UUID]
) -> None:
    answer = client.post(page_of(hit), {"wrong": ["plate"], "plate": "ABC%", "text": "see there"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "cannot be part of a plate number" in text
    assert "see there" in text
    assert not ErrorReport.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("colleague", 404), ("other", 404), ("auditor", 403)])
def test_form_is_shut_to_everybody_else(
    cast: Cast, hit: tuple[UUID, UUID], who: str, status: int
) -> None:
    client = client_for(cast.everybody[who])
    assert client.get(page_of(hit)).status_code == status
    assert client.post(page_of(hit), {"wrong": ["plate"]}).status_code == status


def test_withdrawing_by_the_page(client: Client, cast: Cast, hit: tuple[UUID, UUID]) -> None:
    made = report(cast, hit)
    address = f"/error-reports/{made.pk}/withdraw/"
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "It is a 3 after all."}).status_code == 302
    assert "Withdrawn" in client.get(f"/error-reports/{made.pk}/").content.decode()
    assert (
        "Nothing of what you reported still waits"
        in client.get("/error-reports/?waiting=1").content.decode()
    )


def test_list_asks_the_database_no_more_for_more_reports(
    client: Client, cast: Cast, source: Source, django_assert_max_num_queries: Any
) -> None:
    reads = store(source, [read_in("ABC 123", days_ago(day)) for day in range(1, 11)])
    query = ask(cast.investigator.person).query.pk
    for read in reads:
        report(cast, (query, UUID(read)))
    with django_assert_max_num_queries(15):
        assert client.get("/error-reports/").status_code == 200
