"""Correcting a read (QRY-10): what the index holds after it, what is kept, who is owed a mail."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections, transaction

from accounts.models import Notice
from accounts.services.people import suspend_user
from audit.actors import system
from audit.kinds import Kind
from audit.services import Behalf, record
from ingest.models import (
    Batch,
    CorrectionOutcome,
    Coverage,
    ErrorReport,
    ReportStatus,
    Wrong,
    read_id,
)
from ingest.revision import Revision, as_revision
from ingest.services import corrections, reviewing
from ingest.services.corrections import Corrected, correct_read
from ingest.services.coverage import rebuild_coverage, roll_up
from ingest.services.mistakes import Claim, NamedRead, ReadChanged, report_error
from ingest.services.reviewing import Review, reject_reports, view_report
from ingest.services.sources import pause_source
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from tests.audited import assert_audited, events_of, recorded
from tests.cast import Cast, Member, cast
from tests.harness.database import AsRole, Connect
from tests.harness.plugin import this_database, this_run
from tests.ingest.feed import CAPTURED, NOW, Feed, hits, ids_of, payload

__all__ = ["cast"]

WHY = "The photograph shows an 8 for the 3."
LATER = NOW + timedelta(hours=1)
_DAY = timedelta(days=1)


def see(member: Member, *, plate: str = "ABC123", kind: Kind = Kind.QUERY_RUN, **more: Any) -> UUID:
    """What a query leaves in the log, without the rest of it."""
    fields = {
        "plate": plate,
        "state": "US-PA",
        "start": (CAPTURED - _DAY).isoformat(),
        "end": (CAPTURED + _DAY).isoformat(),
    }
    with transaction.atomic():
        return record(actor=member.person, kind=kind, fields=fields | more).id


def report(member: Member, read: UUID, *, plate: str = "ABC128", **more: Any) -> ErrorReport:
    """A report by somebody who saw the read in a query of theirs."""
    named = NamedRead(
        read_id=read,
        plate_key="ABC123",
        state="US-PA",
        start=CAPTURED - _DAY,
        end=CAPTURED + _DAY,
    )
    claim = Claim(**{"wrong": (Wrong.PLATE,), "plate": plate, "text": "It is an 8."} | more)
    with transaction.atomic():
        cause = see(member, kind=Kind.RESULT_ERROR_REPORTED, read=str(read))
        return report_error(person=member.person, read=named, claim=claim, cause=cause, now=NOW)


@pytest.fixture
def read(feed: Feed) -> UUID:
    """ABC 123 of Pennsylvania, read an hour ago."""
    receipt = feed.store(payload())
    assert receipt.stored == 1
    return ids_of(receipt)[0]


@pytest.fixture
def review(cast: Cast, read: UUID) -> Review:
    """The read, reported by the investigator and looked at by the vendor."""
    made = report(cast.investigator, read)
    return view_report(person=cast.vendor.person, pk=made.pk, now=NOW)


def revision_of(review: Review, **changes: Any) -> Revision:
    assert review.read is not None
    return replace(as_revision(review.read), **changes)


TO_128 = {"plate_text": "ABC 128", "plate_key": "ABC128"}


def correct(
    cast: Cast, review: Review, *, withdraw: bool = False, seen: Any = None, **changes: Any
) -> Corrected:
    return correct_read(
        person=cast.vendor.person,
        report_id=review.report.pk,
        seen=seen or frozenset(one.pk for one in review.reports),
        revision=None if withdraw else revision_of(review, **(changes or TO_128)),
        reason=WHY,
        now=LATER,
    )


def originals(plate: str = "ABC123") -> list[dict[str, Any]]:
    """All that is kept of corrected reads, as only the database's administrator sees it."""
    with this_run().connect("postgres", this_database()) as superuser:
        cursor = superuser.execute(
            "SELECT * FROM ingest_correction WHERE plate_key = %s ORDER BY version", [plate]
        )
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# --- the index ------------------------------------------------------------------------------------


def test_corrected_plate_answers_for_the_right_plate_alone(cast: Cast, review: Review) -> None:
    made = correct(cast, review)
    assert made.outcome == CorrectionOutcome.CORRECTED
    assert hits("ABC123") == []
    [found] = hits("ABC128")
    assert (found.id, found.version) == (review.report.read_id, 2)
    assert (found.plate_text, found.state, found.captured_at) == ("ABC 128", "US-PA", CAPTURED)
    assert (found.make, found.model, found.color) == ("Toyota", "Camry", "silver")
    # How sure the machine was of the wrong plate says nothing of the right one.
    assert found.confidence is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"make": "Honda", "model": "", "color": "gray"}, ("Honda", None, "gray")),
        ({"latitude_e7": 400_000_000, "longitude_e7": -751_000_000}, ("Toyota", "Camry", "silver")),
    ],
)
def test_vehicle_or_place_is_corrected_where_the_read_stands(
    cast: Cast, review: Review, changes: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    correct(cast, review, **changes)
    [found] = hits("ABC123")
    assert (found.id, found.version) == (review.report.read_id, 2)
    assert (found.make, found.model, found.color) == expected
    assert found.latitude_e7 == changes.get("latitude_e7", 399_500_000)
    assert found.confidence == pytest.approx(0.97)


def test_corrected_state_is_another_read(cast: Cast, review: Review) -> None:
    correct(cast, review, state="US-NJ")
    assert hits("ABC123") == []
    assert [one.id for one in hits("ABC123", "US-NJ")] == [review.report.read_id]


def test_withdrawn_read_answers_nothing(cast: Cast, review: Review) -> None:
    made = correct(cast, review, withdraw=True)
    assert made.outcome == CorrectionOutcome.WITHDRAWN
    assert hits("ABC123") == []


def test_read_that_has_the_corrected_key_already_is_the_one_that_stays(
    cast: Cast, feed: Feed, review: Review
) -> None:
    feed.store(payload(plate="ABC 128", color="white"))
    [there] = hits("ABC128")
    made = correct(cast, review)
    assert (made.outcome, made.merged_into) == (CorrectionOutcome.MERGED, there.id)
    assert hits("ABC123") == []
    assert [(one.id, one.color) for one in hits("ABC128")] == [(there.id, "white")]


def test_redelivery_does_not_bring_the_wrong_read_back(  # ING-4
    cast: Cast, feed: Feed, review: Review
) -> None:
    correct(cast, review)
    again = feed.store(payload(), now=LATER)
    assert (again.stored, again.duplicate) == (0, 1)
    assert again.reads[0].id == review.report.read_id
    corrected_again = feed.store(payload(plate="ABC128"), now=LATER)
    assert (corrected_again.stored, corrected_again.duplicate) == (0, 1)
    # A large one goes another way in.
    many = [payload()] + [payload(captured_at=(CAPTURED + timedelta(seconds=n)).isoformat())
                          for n in range(1, 30)]  # fmt: skip
    assert (feed.store(*many, now=LATER).duplicate) == 1
    assert len(hits("ABC123")) == 29


def test_correcting_twice_and_back_keeps_each_version(cast: Cast, review: Review) -> None:
    person = cast.vendor.person
    correct(cast, review)
    named = NamedRead(
        read_id=review.report.read_id or uuid4(),
        plate_key="ABC128",
        state="US-PA",
        start=CAPTURED - _DAY,
        end=CAPTURED + _DAY,
    )
    claim = Claim(wrong=(Wrong.PLATE,), plate="ABC123")
    with transaction.atomic():
        cause = see(cast.investigator, plate="ABC128", kind=Kind.RESULT_ERROR_REPORTED)
        second = report_error(
            person=cast.investigator.person, read=named, claim=claim, cause=cause, now=LATER
        )
    again = view_report(person=person, pk=second.pk, now=LATER)
    assert [one.version for one in again.earlier] == [1]
    correct(cast, again, plate_text="ABC 123", plate_key="ABC123")
    [found] = hits("ABC123")
    assert (found.id, found.version) == (review.report.read_id, 3)
    assert hits("ABC128") == []


# --- what is kept ---------------------------------------------------------------------------------


def test_original_is_kept_with_who_when_and_why(
    committed_db: None, cast: Cast, feed: Feed, read: UUID
) -> None:
    made = report(cast.investigator, read)
    review = view_report(person=cast.vendor.person, pk=made.pk, now=NOW)
    corrected = correct(cast, review)
    [kept] = originals()
    [event] = events_of(Kind.READ_CORRECTED)
    assert (kept["id"], kept["event_id"]) == (corrected.correction, event.pk)
    assert (kept["read_id"], kept["version"], kept["key_id"]) == (read, 1, read)
    assert (kept["valid_from"], kept["valid_until"]) == (NOW, LATER)
    assert (kept["corrected_by"], kept["reason"]) == (cast.vendor.person.id, WHY)
    assert (kept["plate_text"], kept["color"], kept["camera_id"]) == (
        "ABC 123",
        "silver",
        feed.fixed.pk,
    )
    # What holds now has held since the correction: the two stretches of time meet.
    [now_there] = hits("ABC128")
    assert Batch.objects.get(pk=now_there.batch_id).received_at == LATER


def test_database_calls_a_redelivery_as_the_program_does(
    committed_db: None, connect_as: Connect
) -> None:
    moment = datetime(2026, 3, 2, 15, 4, 5, 60_007, tzinfo=UTC)
    for plate, state, camera in (("ABC123", "US-PA", 7), ("Z", "CA-QC", 9_000_000_001)):
        [[found]] = connect_as("postgres").execute(
            "SELECT ingest_key_id(%s, %s, %s, %s)", [plate, state, moment, camera]
        )
        assert found == read_id(plate_key=plate, state=state, captured_at=moment, camera_id=camera)


# --- matching -------------------------------------------------------------------------------------


def waiting() -> list[tuple[str, list[str]]]:
    with this_run().connect("postgres", this_database()) as superuser:
        return superuser.execute(
            "SELECT b.format, o.plate_keys FROM ingest_outbox o"
            " JOIN ingest_batch b ON b.id = o.batch_id ORDER BY o.stored_at, b.id"
        ).fetchall()


def test_correction_is_matched_again_and_the_wrong_plate_no_more(  # ING-8
    committed_db: None, cast: Cast, feed: Feed
) -> None:
    receipt = feed.store(
        payload(), payload(captured_at=(CAPTURED + timedelta(seconds=1)).isoformat())
    )
    alone = feed.store(payload(captured_at=(CAPTURED + timedelta(seconds=2)).isoformat()))
    assert [keys for _, keys in waiting()] == [["ABC123", "ABC123"], ["ABC123"]]
    for read_id_ in (ids_of(receipt)[0], ids_of(alone)[0]):
        made = report(cast.investigator, read_id_)
        review = view_report(person=cast.vendor.person, pk=made.pk, now=NOW)
        correct(cast, review)
    assert waiting() == [
        ("generic", ["ABC123"]),
        ("correction", ["ABC128"]),
        ("correction", ["ABC128"]),
    ]


@pytest.mark.parametrize(
    "changes", [{"color": "gray"}, {"latitude_e7": 400_000_000, "longitude_e7": -751_000_000}]
)
def test_correction_of_the_same_plate_is_not_matched_again(
    committed_db: None, cast: Cast, feed: Feed, changes: dict[str, Any]
) -> None:
    """QRY-10: what alerts made since would find was no new read."""
    receipt = feed.store(
        payload(), payload(captured_at=(CAPTURED + timedelta(seconds=1)).isoformat())
    )
    made = report(cast.investigator, ids_of(receipt)[0])
    correct(cast, view_report(person=cast.vendor.person, pk=made.pk, now=NOW), **changes)
    # Where it waits it goes on waiting, once, at its right place.
    assert waiting() == [("generic", ["ABC123", "ABC123"])]
    with this_run().connect("postgres", this_database()) as superuser:
        [(ids, latitudes)] = superuser.execute(
            "SELECT read_ids, latitudes_e7 FROM ingest_outbox"
        ).fetchall()
    wanted = changes.get("latitude_e7", 399_500_000)
    assert dict(zip(ids, latitudes, strict=True)) == {
        ids_of(receipt)[0]: wanted,
        ids_of(receipt)[1]: 399_500_000,
    }


def test_corrections_are_not_collected_twice(
    committed_db: None, cast: Cast, feed: Feed, as_role: AsRole
) -> None:
    """ING-7: one capture, however often it is corrected; original and correction are both held."""
    [read_id_] = ids_of(feed.store(payload()))
    for color in ("gray", "black"):
        made = report(cast.investigator, read_id_)
        review = view_report(person=cast.vendor.person, pk=made.pk, now=NOW)
        correct(cast, review, color=color)
    with as_role("lpr_worker"):
        roll_up()
        counted = Coverage.objects.values_list("collected", "held")
        assert list(counted) == [(1, 3)]
        day = CAPTURED.date()
        assert (
            rebuild_coverage(
                actor=system("tests"), since=day, until=day + timedelta(days=1), now=NOW
            )
            == 0
        )


def test_source_that_is_paused_does_not_keep_its_reads_wrong(
    cast: Cast, feed: Feed, review: Review
) -> None:
    pause_source(actor=cast.vendor.person, source=feed.source, reason="x", now=NOW)
    correct(cast, review)
    assert len(hits("ABC128")) == 1


# --- what is recorded, and who is refused ---------------------------------------------------------


def test_correction_is_recorded_once_in_each_log_or_does_not_happen(
    cast: Cast, review: Review
) -> None:
    corrected, told = assert_audited(
        lambda: correct(cast, review), Kind.READ_CORRECTED, Kind.READ_REPORT_CORRECTED
    )
    assert corrected.log_id == cast.vendor.person.log_id
    assert corrected.fields["after"]["plate"] == "ABC128"
    assert (corrected.fields["plate"], corrected.fields["version"]) == ("ABC123", 1)
    assert corrected.fields["reason"] == WHY
    assert told.log_id == cast.agency.log_id
    assert told.fields["report"] == str(review.report.pk)
    assert told.parent == str(corrected.pk)


@pytest.mark.parametrize("who", ["investigator", "manager", "auditor", "privacy", "other"])
def test_nobody_but_the_vendor_reviews_or_decides(cast: Cast, review: Review, who: str) -> None:
    person = cast.everybody[who].person
    pk, seen = review.report.pk, frozenset({review.report.pk})
    acts: list[Callable[[], object]] = [
        lambda: view_report(person=person, pk=pk, now=NOW),
        lambda: reject_reports(person=person, report_id=pk, seen=seen, reason="no", now=NOW),
        lambda: correct_read(
            person=person, report_id=pk, seen=seen, revision=None, reason="no", now=NOW
        ),
        lambda: reviewing.view_photograph(person=person, pk=pk, role="scene", token="x", now=NOW),
    ]
    for act in acts:
        with recorded() as events, pytest.raises(PolicyDenied):
            act()
        assert [(event.kind, event.outcome) for event in events] == [(Kind.READ_REFUSED, "refused")]
    assert len(hits("ABC123")) == 1


def test_correction_that_changes_nothing_is_refused(cast: Cast, review: Review) -> None:
    with pytest.raises(InvalidInput):
        correct(cast, review, plate_text="ABC-123")
    [found] = hits("ABC123")
    assert (found.version, found.plate_text) == (1, "ABC 123")


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"plate": "ABC*"}, "plate"),
        ({"plate": ""}, "plate"),
        ({"state": "PA"}, "state"),
        ({"make": "x" * 61}, "make"),
        ({"color": "a\0"}, "color"),
        ({"latitude": -75.16, "longitude": 39.95}, "latitude"),
        ({"latitude": float("nan")}, "latitude"),
    ],
)
def test_entered_values_that_cannot_be_are_named(entered: dict[str, Any], field: str) -> None:
    good: dict[str, Any] = {
        "plate": "ABC 128",
        "state": "US-PA",
        "make": "",
        "model": "",
        "color": "",
        "latitude": 39.95,
        "longitude": -75.16,
    }
    Revision.entered(**good)
    with pytest.raises(InvalidInput) as refused:
        Revision.entered(**good | entered)
    assert list(refused.value.errors) == [field]


def test_report_must_be_looked_at_before_it_is_decided(cast: Cast, read: UUID) -> None:
    made = report(cast.investigator, read)
    with pytest.raises(PolicyDenied) as refused:
        reject_reports(
            person=cast.vendor.person,
            report_id=made.pk,
            seen=frozenset({made.pk}),
            reason="no",
            now=NOW,
        )
    assert refused.value.code == "report_not_reviewed"


def test_deciding_twice_finds_it_decided(cast: Cast, review: Review) -> None:
    correct(cast, review)
    with pytest.raises(NotFound):
        correct(cast, review)
    with pytest.raises(NotFound):
        view_report(person=cast.vendor.person, pk=review.report.pk, now=LATER)
    assert len(hits("ABC128")) == 1


def test_report_that_came_in_meanwhile_is_not_decided_unread(cast: Cast, review: Review) -> None:
    read = review.report.read_id or uuid4()
    second = report(cast.supervisor, read, wrong=(Wrong.VEHICLE,), color="gray")
    with pytest.raises(ReadChanged):
        correct(cast, review)
    again = view_report(person=cast.vendor.person, pk=second.pk, now=LATER)
    assert {one.pk for one in again.reports} == {review.report.pk, second.pk}
    assert correct(cast, again).reports == 2
    assert set(ErrorReport.objects.values_list("status", flat=True)) == {ReportStatus.CORRECTED}


def test_rejection_leaves_the_read_and_says_why(cast: Cast, review: Review) -> None:
    pk = review.report.pk

    def reject() -> None:
        reject_reports(
            person=cast.vendor.person,
            report_id=pk,
            seen=frozenset({pk}),
            reason="It is a 3.",
            now=LATER,
        )

    [event] = assert_audited(reject, Kind.READ_REPORT_REJECTED)
    assert event.log_id == cast.agency.log_id
    found = ErrorReport.objects.get(pk=pk)
    assert (found.status, found.answer) == (ReportStatus.REJECTED, "It is a 3.")
    [notice] = Notice.objects.all()
    assert (notice.kind, notice.recipient) == ("report_rejected", cast.investigator.email)
    assert [one.version for one in hits("ABC123")] == [1]


def test_first_look_takes_the_report_up_and_is_recorded(cast: Cast, read: UUID) -> None:
    made = report(cast.investigator, read)

    def look() -> None:
        review = view_report(person=cast.vendor.person, pk=made.pk, now=NOW)
        assert review.read is not None

    [event] = assert_audited(look, Kind.READ_REVIEWED)
    assert event.fields["read"] == str(read)
    found = ErrorReport.objects.get(pk=made.pk)
    assert (found.status, found.reviewer_id) == (ReportStatus.UNDER_REVIEW, cast.vendor.pk)
    assert len(assert_audited(look, Kind.READ_REVIEWED)) == 1


# --- who is told ----------------------------------------------------------------------------------


def test_everybody_who_saw_the_read_is_owed_one_mail_and_the_reporter_another(
    cast: Cast, read: UUID
) -> None:
    see(cast.investigator)
    made = report(cast.investigator, read)
    for _ in range(3):
        see(cast.colleague, geography={"states": ["US-PA"]})
    see(cast.colleague, kind=Kind.RESULT_PHOTO_VIEWED, read=str(read))
    see(cast.other, kind=Kind.RESULT_VIEWED)
    see(cast.other, geography={"states": ["US-TX"]})
    # Limited to where the read does not lie: New Jersey's shore, and a circle in Texas.
    see(cast.supervisor, geography={"states": ["US-NJ"]})
    see(cast.supervisor, geography={"lat_e7": 300_000_000, "lon_e7": -970_000_000, "radius_m": 9})
    # Not of this read: another hit at its instant, another plate, a frame it does not fall into.
    see(cast.supervisor, kind=Kind.RESULT_VIEWED, read=str(uuid4()))
    see(cast.supervisor, plate="ABC124")
    see(cast.supervisor, start=(CAPTURED + timedelta(seconds=1)).isoformat())
    review = view_report(person=cast.vendor.person, pk=made.pk, now=NOW)
    assert (review.consequences.viewers, review.consequences.agencies) == (3, 2)
    assert correct(cast, review).told == 2
    owed = set(Notice.objects.values_list("kind", "recipient", "log_id"))
    assert owed == {
        ("report_corrected", cast.investigator.email, cast.agency.log_id),
        ("read_corrected", cast.colleague.email, cast.agency.log_id),
        ("read_corrected", cast.other.email, cast.other_agency.log_id),
    }
    assert Notice.objects.count() == 3


def test_who_was_mailed_a_match_or_for_whom_was_asked_saw_it_as_well(
    cast: Cast, read: UUID
) -> None:
    made = report(cast.investigator, read)
    job = system("alerts", log_id=cast.agency.log_id)
    named = {"plate": "ABC123", "state": "US-PA", "read": str(read)}
    with transaction.atomic():
        record(
            actor=job,
            kind=Kind.ALERT_NOTIFIED,
            fields=named | {"recipient": cast.colleague.person.id},
        )
        record(actor=job, kind=Kind.ALERT_MATCHED, fields=named | {"entry": str(uuid4())})
        record(
            actor=cast.investigator.person,
            kind=Kind.QUERY_RUN,
            fields={
                "plate": "ABC123",
                "state": "US-PA",
                "start": (CAPTURED - _DAY).isoformat(),
                "end": (CAPTURED + _DAY).isoformat(),
            },
            behalf=Behalf(id=cast.supervisor.person.id, name="Sam"),
        )
    review = view_report(person=cast.vendor.person, pk=made.pk, now=NOW)
    assert review.consequences.alerts == 1
    correct(cast, review)
    told = Notice.objects.filter(kind="read_corrected").values_list("recipient", flat=True)
    assert set(told) == {cast.colleague.email, cast.supervisor.email}


def test_who_lost_access_is_owed_no_mail(cast: Cast, read: UUID) -> None:
    made = report(cast.investigator, read)
    see(cast.colleague)
    suspend_user(actor=system("tests"), user=cast.colleague, reason="x", now=NOW)
    review = view_report(person=cast.vendor.person, pk=made.pk, now=NOW)
    assert correct(cast, review).told == 0


# --- at once, and when something fails ------------------------------------------------------------


def test_two_of_the_vendor_at_once_correct_it_once(
    committed_db: None, cast: Cast, feed: Feed, read: UUID
) -> None:
    made = report(cast.investigator, read)
    review = view_report(person=cast.vendor.person, pk=made.pk, now=NOW)
    barrier, outcomes = threading.Barrier(2), []

    def act(plate: str) -> None:
        try:
            barrier.wait()
            correct(cast, review, plate_text=plate, plate_key=plate)
            outcomes.append(plate)
        except NotFound:
            outcomes.append("")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=[plate]) for plate in ("ABC128", "ABC188")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, outcomes)) == [False, True]
    [won] = filter(None, outcomes)
    assert len(hits(won)) == 1
    assert len(hits("ABC128") + hits("ABC188") + hits("ABC123")) == 1
    assert len(originals()) == 1
    assert len(events_of(Kind.READ_CORRECTED)) == 1


def test_redelivery_at_the_same_moment_does_not_slip_in(
    committed_db: None, cast: Cast, feed: Feed, read: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The delivery begins while the correction has taken the read out and is not committed."""
    made = report(cast.investigator, read)
    review = view_report(person=cast.vendor.person, pk=made.pk, now=NOW)
    stored: list[int] = []

    def deliver() -> None:
        try:
            stored.append(feed.store(payload(), now=LATER).stored)
        finally:
            connections.close_all()

    thread = threading.Thread(target=deliver)
    close_all = reviewing.close_all

    def close_while_delivering(*args: Any, **kwargs: Any) -> None:
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive()  # it waits
        close_all(*args, **kwargs)

    monkeypatch.setattr(corrections, "close_all", close_while_delivering)
    correct(cast, review)
    thread.join()
    assert stored == [0]
    assert hits("ABC123") == []
    assert len(hits("ABC128")) == 1


def test_failure_at_the_last_step_leaves_everything_as_it_was(
    cast: Cast, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(corrections, "close_all", fail)
    with recorded() as events, pytest.raises(RuntimeError):
        correct(cast, review)
    assert [(event.kind, event.outcome) for event in events] == [(Kind.READ_FAILED, "failed")]
    assert [one.version for one in hits("ABC123")] == [1]
    assert hits("ABC128") == []
    assert not Notice.objects.exists()
    assert ErrorReport.objects.get().status == ReportStatus.UNDER_REVIEW
