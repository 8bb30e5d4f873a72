"""The vendor's queue and the page of a review (QRY-10, QRY-2, AUD-5): what is shown and what is
not, each wrong person, each fault, and what is done."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Notice
from audit.kinds import Kind
from ingest.models import ErrorReport, ReportStatus, Wrong
from ingest.services.amendments import request_amendment
from tests.audited import recorded
from tests.cast import Cast, cast, client_for
from tests.ingest.feed import CAPTURED, NOW, SCENE, Feed, hits, ids_of, payload
from tests.ingest.test_amendments import NEW
from tests.ingest.test_corrections import report, see

__all__ = ["cast"]

QUEUE = "/admin/ingest/errorreport/"
_SECRET = "Case 2026-17 of Jane Roe"


@pytest.fixture
def vendor(cast: Cast) -> Client:
    return client_for(cast.vendor)


@pytest.fixture
def made(cast: Cast, feed: Feed) -> ErrorReport:
    """A report of the investigator's, who saw the read for a case."""
    [read] = ids_of(feed.store(payload()))
    see(cast.investigator, note=_SECRET)
    return report(cast.investigator, read)


def page_of(made: ErrorReport) -> str:
    return f"{QUEUE}{made.pk}/review/"


def decision(made: ErrorReport, **changes: Any) -> dict[str, Any]:
    """The form as the page sends it: corrected to ABC 128."""
    return {
        "decision": "correct",
        "plate": "ABC 128",
        "state": "US-PA",
        "make": "Toyota",
        "model": "Camry",
        "color": "silver",
        "latitude": "39.95",
        "longitude": "-75.16",
        "reason": "The last figure is an 8.",
        "seen": str(made.pk),
    } | changes


# --- the queue ------------------------------------------------------------------------------------


def test_queue_shows_the_oldest_first_with_age_and_countdown(
    cast: Cast, vendor: Client, feed: Feed, made: ErrorReport
) -> None:
    before = NOW - timedelta(days=20)
    day = before.date() - timedelta(days=2)
    new = replace(NEW, first_day=day, last_day=day)
    old = request_amendment(person=cast.privacy.person, new=new, now=before)
    text = vendor.get(QUEUE).content.decode()
    first = ErrorReport.objects.get(amendment=old)
    assert text.index(str(first.pk)[-8:]) < text.index(str(made.pk)[-8:])
    assert "overdue by" in text
    assert " left</span>" in text
    assert "2\xa0weeks" in text
    assert "Plate number (amendment)" in text
    # Leads to the review.
    assert page_of(made) in text


def test_queue_names_agency_and_source_and_nothing_of_the_person_or_the_plate(
    cast: Cast, vendor: Client, made: ErrorReport
) -> None:  # AUD-5
    for address in (QUEUE, f"{QUEUE}{made.pk}/change/"):
        text = vendor.get(address).content.decode()
        assert cast.agency.name in text
        assert "DE-TOLL camera" in text
        for secret in (cast.investigator.full_name, cast.investigator.username, "ABC", _SECRET):
            assert secret not in text, secret


def test_queue_is_filtered_by_its_address(
    cast: Cast, vendor: Client, feed: Feed, made: ErrorReport
) -> None:
    def found(query: str) -> int:
        count: int = vendor.get(f"{QUEUE}?{query}").context["cl"].result_count
        return count

    assert (found(""), found("standing=open"), found("standing=corrected")) == (1, 1, 0)
    assert (found("wrong=plate"), found("wrong=place")) == (1, 0)
    assert found(f"agency__id__exact={cast.agency.pk}") == 1
    assert found(f"agency__id__exact={cast.other_agency.pk}") == 0
    ErrorReport.objects.update(
        status=ReportStatus.REJECTED, closed_at=NOW, erase_after=NOW + timedelta(days=60)
    )
    assert (found(""), found("standing=all"), found("standing=rejected")) == (0, 1, 1)
    # Nothing else can be probed by the address.
    assert vendor.get(f"{QUEUE}?plate_key=ABC123").status_code in {302, 400}


def test_queue_asks_the_database_no_more_for_more_reports(
    cast: Cast, vendor: Client, feed: Feed, django_assert_max_num_queries: Any
) -> None:
    times = [(CAPTURED + timedelta(seconds=n)).isoformat() for n in range(12)]
    for read in ids_of(feed.store(*[payload(captured_at=at) for at in times])):
        report(cast.investigator, read)
    with django_assert_max_num_queries(25):
        assert vendor.get(QUEUE).status_code == 200


def test_countdowns_renew_themselves_without_an_entry_in_the_log(
    vendor: Client, made: ErrorReport
) -> None:
    vendor.get(QUEUE)
    with recorded() as events:
        text = vendor.get(f"{QUEUE}countdowns/").content.decode()
    assert f"countdown-{made.pk}" in text
    assert events == []


def test_board_counts_what_waits(vendor: Client, made: ErrorReport) -> None:
    text = vendor.get("/admin/").content.decode()
    board = text[text.index('id="board-reports"') :]
    assert page_of(made) in board
    assert "plate number" in board


# --- the review -----------------------------------------------------------------------------------


def test_review_shows_read_claim_and_photographs_side_by_side(
    vendor: Client, made: ErrorReport
) -> None:
    with recorded() as events:
        text = vendor.get(page_of(made)).content.decode()
    assert [event.kind for event in events] == [Kind.READ_REVIEWED]
    assert events[0].fields["report"] == str(made.pk)
    for shown in ("ABC 123", "ABC128", "Pennsylvania", "Toyota", "It is an 8.", "39.95000"):
        assert shown in text, shown
    assert str(events[0].pk) in text
    assert ErrorReport.objects.get(pk=made.pk).status == ReportStatus.UNDER_REVIEW


def test_review_tells_nothing_of_who_reported_or_why_they_asked(
    cast: Cast, vendor: Client, made: ErrorReport
) -> None:  # AUD-5
    text = vendor.get(page_of(made)).content.decode()
    for secret in (
        cast.investigator.full_name,
        cast.investigator.username,
        cast.investigator.email,
        str(cast.investigator.pk),
        _SECRET,
    ):
        assert secret not in text


def test_amendment_shows_its_basis_and_not_whose_it_is(cast: Cast, vendor: Client) -> None:
    amendment = request_amendment(person=cast.privacy.person, new=NEW, now=NOW)
    made = ErrorReport.objects.get(amendment=amendment)
    text = vendor.get(page_of(made)).content.decode()
    assert NEW.basis in text
    assert NEW.reference not in text
    assert "No read of abc-123 Pennsylvania is kept" in text
    # Nothing is there that could be corrected.
    assert 'value="correct"' not in text
    answer = vendor.post(page_of(made), decision(made))
    assert answer.status_code == 422
    done = vendor.post(
        page_of(made), {"decision": "reject", "reason": "None.", "seen": made.pk, "confirmed": "x"}
    )
    assert done.status_code == 302
    assert ErrorReport.objects.get(pk=made.pk).status == ReportStatus.REJECTED


def photographs(text: str) -> list[str]:
    return [address.replace("&amp;", "&") for address in re.findall(r'<img src="([^"]+)"', text)]


def test_each_photograph_is_a_view_of_its_own(vendor: Client, made: ErrorReport) -> None:  # QRY-7
    scene, _plate = photographs(vendor.get(page_of(made)).content.decode())
    with recorded() as events:
        answer = vendor.get(scene)
    assert (answer.content, answer["Content-Type"]) == (SCENE, "image/jpeg")
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
    assert [event.kind for event in events] == [Kind.READ_PHOTO_VIEWED]
    assert events[0].fields["photograph"] == "scene"


def test_photograph_needs_its_link_its_person_and_a_waiting_report(
    cast: Cast, vendor: Client, made: ErrorReport
) -> None:
    scene, plate = photographs(vendor.get(page_of(made)).content.decode())
    assert vendor.get(scene.partition("?")[0]).status_code == 404
    assert vendor.get(scene.replace("/scene/", "/plate/")).status_code == 404
    assert vendor.get(scene.replace("/scene/", "/other/")).status_code == 404
    assert client_for(cast.manager).get(scene).status_code == 403
    vendor.post(page_of(made), decision(made, confirmed="yes"))
    assert vendor.get(plate).status_code == 404


# --- deciding -------------------------------------------------------------------------------------


def test_consequence_is_named_before_anything_is_done(
    cast: Cast, vendor: Client, made: ErrorReport
) -> None:
    see(cast.colleague)
    see(cast.other)
    vendor.get(page_of(made))
    answer = vendor.post(page_of(made), decision(made))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "3 people of 2 agencies viewed this read and will be told; 0 alerts will be" in text
    assert "will answer for ABC128 Pennsylvania, and not for ABC123 Pennsylvania any more" in text
    assert "ABC 123" in text
    assert len(hits("ABC123")) == 1
    assert ErrorReport.objects.get(pk=made.pk).is_waiting


def test_confirming_corrects_and_says_what_was_done(
    cast: Cast, vendor: Client, made: ErrorReport
) -> None:
    see(cast.colleague)
    vendor.get(page_of(made))
    answer = vendor.post(page_of(made), decision(made, confirmed="Correct the read"), follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain == [(QUEUE, 302)]
    assert "Corrected and recorded. 1 report answered; 1 other person will be told." in text
    assert len(hits("ABC128")) == 1
    assert Notice.objects.count() == 2
    # The same form sent again finds it decided.
    again = vendor.post(page_of(made), decision(made, confirmed="x"), follow=True)
    assert "decided or withdrawn meanwhile" in again.content.decode()
    assert len(hits("ABC128")) == 1


def test_what_was_entered_is_there_again_when_it_is_changed(
    vendor: Client, made: ErrorReport
) -> None:
    vendor.get(page_of(made))
    text = vendor.post(page_of(made), decision(made, changing="x")).content.decode()
    assert 'value="ABC 128"' in text
    assert "The last figure is an 8." in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decision": ""}, "Choose what becomes of the read."),
        ({"reason": ""}, "Say why."),
        ({"plate": "A%"}, "cannot be part of a plate number"),
        ({"plate": ""}, "Enter it as it should be."),
        ({"state": "PA"}, "Select a valid choice"),
        ({"latitude": "north"}, "Enter a number."),
        ({"latitude": "-75.16", "longitude": "39.95"}, "swapped"),
        ({"plate": "ABC 123"}, "Nothing differs from what is recorded."),
        ({"seen": "x"}, "Open the page anew."),
    ],
)
@pytest.mark.parametrize("step", [{}, {"confirmed": "yes"}])
def test_fault_is_named_and_nothing_is_done(
    vendor: Client,
    made: ErrorReport,
    changes: dict[str, str],
    message: str,
    step: dict[str, str],
) -> None:
    vendor.get(page_of(made))
    answer = vendor.post(page_of(made), decision(made, **changes, **step))
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert [one.version for one in hits("ABC123")] == [1]


def test_report_that_came_in_meanwhile_is_looked_at_first(
    cast: Cast, vendor: Client, made: ErrorReport
) -> None:
    vendor.get(page_of(made))
    assert made.read_id is not None
    report(cast.supervisor, made.read_id, wrong=(Wrong.VEHICLE,), color="gray")
    answer = vendor.post(page_of(made), decision(made, confirmed="x"), follow=True)
    text = answer.content.decode()
    assert "Look at it again." in text
    assert "(2 reports)" in text
    assert len(hits("ABC123")) == 1


@pytest.mark.parametrize("who", ["investigator", "supervisor", "manager", "auditor", "privacy"])
def test_queue_and_review_are_the_vendors_alone(cast: Cast, made: ErrorReport, who: str) -> None:
    client = client_for(cast.everybody[who])
    for address in (QUEUE, page_of(made), f"{QUEUE}{made.pk}/change/", f"{QUEUE}countdowns/"):
        assert client.get(address).status_code == 403, address
        assert client.post(address, decision(made, confirmed="x")).status_code == 403
    assert ErrorReport.objects.get(pk=made.pk).status == ReportStatus.OPEN


@pytest.mark.parametrize("pk", ["4fb22b69-d70b-4099-9085-a09e77cad18c", "nothing", "1"])
def test_what_never_was_is_not_found(vendor: Client, cast: Cast, pk: str) -> None:
    assert vendor.get(f"{QUEUE}{pk}/review/").status_code == 404
    assert vendor.post(f"{QUEUE}{pk}/review/", {}).status_code == 404
