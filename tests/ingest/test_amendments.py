"""An individual's request, entered by the privacy office, who sees no read (QRY-10)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import Notice
from accounts.roles import Role
from audit.kinds import Kind
from ingest.models import Amendment, ErrorReport, ReportStatus, Wrong
from ingest.services.amendments import (
    NewAmendment,
    request_amendment,
    view_amendment,
    view_amendments,
    withdraw_amendment,
)
from ingest.services.corrections import correct_read
from ingest.services.mistakes import Claim, view_own_reports
from ingest.services.reviewing import reject_reports, view_report
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from tests.audited import assert_audited, recorded
from tests.cast import Cast, Member, cast, client_for, make_user
from tests.ingest.feed import NOW, Feed, hits, ids_of, payload

__all__ = ["cast"]

TODAY = NOW.date()
NEW = NewAmendment(
    plate="abc-123",
    state="US-PA",
    first_day=TODAY - timedelta(days=2),
    last_day=TODAY - timedelta(days=1),
    reference="Jane Roe, PRIV-2026-17",
    basis="5 U.S.C. 552a(d)(2)",
    claim=Claim(wrong=(Wrong.PLATE,), text="My car was in the garage."),
)


@pytest.fixture
def reads(feed: Feed) -> list[UUID]:
    """Two reads of the plate in the days, and one before them."""
    at = [NOW - timedelta(hours=36), NOW - timedelta(hours=35), NOW - timedelta(days=20)]
    receipt = feed.store(*[payload(captured_at=moment.isoformat()) for moment in at])
    return ids_of(receipt)


def ask(cast: Cast, **changes: Any) -> Amendment:
    return request_amendment(person=cast.privacy.person, new=replace(NEW, **changes), now=NOW)


def reject(cast: Cast, report: ErrorReport) -> None:
    review = view_report(person=cast.vendor.person, pk=report.pk, now=NOW)
    reject_reports(
        person=cast.vendor.person,
        report_id=report.pk,
        seen=frozenset(one.pk for one in review.reports),
        reason="The photographs show this plate.",
        now=NOW,
    )


def withdraw_read(cast: Cast, report: ErrorReport) -> None:
    review = view_report(person=cast.vendor.person, pk=report.pk, now=NOW)
    correct_read(
        person=cast.vendor.person,
        report_id=report.pk,
        seen=frozenset(one.pk for one in review.reports),
        revision=None,
        reason="The plate cannot be read.",
        now=NOW,
    )


def test_each_read_of_the_days_becomes_a_report(cast: Cast, reads: list[UUID]) -> None:
    amendment = ask(cast)
    reports = ErrorReport.objects.filter(amendment=amendment)
    assert {report.read_id for report in reports} == set(reads[:2])
    for report in reports:
        assert (report.status, report.text) == (ReportStatus.OPEN, NEW.claim.text)
        # Ten business days (5 U.S.C. 552a(d)(2)(A)).
        assert timedelta(days=12) <= report.due_at - NOW <= timedelta(days=20)


def test_request_is_recorded_with_what_it_rests_on(cast: Cast, reads: list[UUID]) -> None:
    [event] = assert_audited(lambda: ask(cast), Kind.READ_AMENDMENT_REQUESTED)
    assert event.log_id == cast.agency.log_id
    assert (event.plate, event.fields["reference"]) == ("ABC123", NEW.reference)
    assert event.fields["basis"] == NEW.basis
    # Not what was found, nor whether anything was.
    assert not any(str(read) in str(event.fields) for read in reads)


def test_office_learns_nothing_of_a_read_until_all_is_decided(
    cast: Cast, reads: list[UUID]
) -> None:
    client = client_for(cast.privacy)
    found, nothing = ask(cast), ask(cast, plate="NONE999")

    def page(amendment: Amendment) -> str:
        text = client.get(f"/amendments/{amendment.pk}/").content.decode()
        return text.replace("abc-123", "PLATE").replace("NONE999", "PLATE")

    def told(text: str) -> str:
        return text[text.index("<main") : text.index("</main")].replace(
            str(found.pk), "PK"
        ).replace(str(nothing.pk), "PK")  # fmt: skip

    assert told(page(found)) == told(page(nothing))
    first, second = ErrorReport.objects.filter(amendment=found)
    reject(cast, first)
    assert "The vendor is looking at it." in page(found)
    assert "The photographs show" not in page(found)
    withdraw_read(cast, second)
    answered = page(found)
    assert "1 read corrected or withdrawn by the vendor; 1 read left as recorded." in answered
    assert "The photographs show this plate." in answered
    assert "DE-TOLL camera" not in answered


def test_office_is_mailed_once_when_the_last_report_is_decided(
    cast: Cast, reads: list[UUID]
) -> None:
    amendment = ask(cast)
    first, second = ErrorReport.objects.filter(amendment=amendment)
    reject(cast, first)
    assert not Notice.objects.exists()
    reject(cast, second)
    [notice] = Notice.objects.all()
    assert (notice.kind, notice.about) == ("amendment_answered", f"amendment:{amendment.pk}")
    assert notice.recipient == cast.privacy.email


def test_plate_that_was_never_read_is_for_the_vendor_to_say(cast: Cast) -> None:
    amendment = ask(cast)
    [report] = ErrorReport.objects.filter(amendment=amendment)
    assert report.read_id is None
    review = view_report(person=cast.vendor.person, pk=report.pk, now=NOW)
    assert (review.read, review.consequences.viewers) == (None, 0)
    reject(cast, report)
    assert Notice.objects.get().kind == "amendment_answered"


def test_one_who_reported_the_same_read_is_decided_along(cast: Cast, reads: list[UUID]) -> None:
    ask(cast)
    again = ask(cast)
    report = ErrorReport.objects.filter(amendment=again, read_id=reads[0]).get()
    review = view_report(person=cast.vendor.person, pk=report.pk, now=NOW)
    assert len(review.reports) == 2
    reject(cast, report)
    statuses = ErrorReport.objects.filter(read_id=reads[0]).values_list("status", flat=True)
    assert set(statuses) == {ReportStatus.REJECTED}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"plate": "ABC%"}, "recorded_plate"),
        ({"plate": ""}, "recorded_plate"),
        ({"state": "PA"}, "recorded_state"),
        ({"last_day": TODAY - timedelta(days=3)}, "last_day"),
        ({"last_day": TODAY + timedelta(days=2)}, "last_day"),
        ({"last_day": date(9999, 12, 31)}, "last_day"),
        ({"first_day": TODAY - timedelta(days=40)}, "last_day"),
        ({"first_day": date(1, 1, 1)}, "first_day"),
        ({"reference": "  "}, "reference"),
        ({"reference": "x" * 201}, "reference"),
        ({"reference": "a\0"}, "reference"),
        ({"basis": ""}, "basis"),
        ({"claim": Claim(wrong=())}, "wrong"),
        ({"claim": Claim(wrong=(Wrong.PLATE,), plate="ABC 123")}, "plate"),
        ({"claim": Claim(wrong=(Wrong.STATE,), state="US-PA")}, "state"),
    ],
)
def test_what_cannot_be_asked_for_is_named_beside_its_field(
    cast: Cast, reads: list[UUID], changes: dict[str, Any], field: str
) -> None:
    with recorded() as events, pytest.raises(InvalidInput) as refused:
        ask(cast, **changes)
    assert list(refused.value.errors) == [field]
    assert [(event.kind, event.outcome) for event in events] == [(Kind.READ_REFUSED, "refused")]
    assert not Amendment.objects.exists()


@pytest.mark.parametrize("who", ["investigator", "supervisor", "manager", "auditor", "vendor"])
def test_nobody_but_the_privacy_office_asks(cast: Cast, who: str) -> None:
    person = cast.everybody[who].person
    with pytest.raises(PolicyDenied):
        request_amendment(person=person, new=NEW, now=NOW)
    with pytest.raises(PolicyDenied):
        view_amendments(person=person)


def test_privacy_office_sees_no_read_by_any_other_way(cast: Cast, reads: list[UUID]) -> None:
    client = client_for(cast.privacy)
    for address in ("/queries/", "/queries/new/", "/alerts/", "/error-reports/", "/admin/"):
        assert client.get(address).status_code == 403
    with pytest.raises(PolicyDenied):
        view_own_reports(person=cast.privacy.person, now=NOW)


def test_another_agencys_office_sees_nothing_of_it(cast: Cast, reads: list[UUID]) -> None:
    amendment = ask(cast)
    stranger = _office(cast)
    assert view_amendments(person=stranger.person) == []
    with pytest.raises(NotFound):
        view_amendment(person=stranger.person, pk=amendment.pk)
    with pytest.raises(NotFound):
        withdraw_amendment(person=stranger.person, pk=amendment.pk, reason="x", now=NOW)


def _office(cast: Cast) -> Member:
    return make_user("privacy-2", "Pia Other", [Role.PRIVACY_OFFICER], agency=cast.other_agency)


def test_withdrawing_leaves_what_is_decided(cast: Cast, reads: list[UUID]) -> None:
    amendment = ask(cast)
    first, second = ErrorReport.objects.filter(amendment=amendment)
    reject(cast, first)

    def withdraw() -> int:
        return withdraw_amendment(
            person=cast.privacy.person, pk=amendment.pk, reason="Settled.", now=NOW
        )

    assert_audited(withdraw, Kind.READ_REPORT_WITHDRAWN)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (ReportStatus.REJECTED, ReportStatus.WITHDRAWN)
    with pytest.raises(PolicyDenied):
        withdraw()


# --- pages ----------------------------------------------------------------------------------------

FORM = {
    "recorded_plate": "ABC-123",
    "recorded_state": "US-PA",
    "first_day": (TODAY - timedelta(days=2)).isoformat(),
    "last_day": (TODAY - timedelta(days=1)).isoformat(),
    "wrong": ["plate"],
    "text": "My car was in the garage.",
    "reference": "Jane Roe",
    "basis": "5 U.S.C. 552a(d)(2)",
}


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_for(cast.privacy)


def test_page_asks_lists_and_withdraws(client: Client, reads: list[UUID]) -> None:
    assert "No request yet" in client.get("/amendments/").content.decode()
    assert "5 U.S.C. 552a(d)(2)" in client.get("/amendments/new/").content.decode()
    answer = client.post("/amendments/new/", FORM)
    amendment = Amendment.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/amendments/{amendment.pk}/")
    assert "Jane Roe" in client.get("/amendments/").content.decode()
    address = f"/amendments/{amendment.pk}/withdraw/"
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Settled."}).status_code == 302
    assert "Nothing of what was asked for" in client.get("/amendments/?waiting=1").content.decode()


def test_page_shows_faults_beside_their_fields(client: Client) -> None:
    answer = client.post("/amendments/new/", FORM | {"recorded_plate": "A%", "basis": ""})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "This field is required" in text
    answer = client.post("/amendments/new/", FORM | {"recorded_plate": "A%"})
    assert "cannot be part of a plate number" in answer.content.decode()
    assert not Amendment.objects.exists()
    assert hits() == []
